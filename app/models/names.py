"""The two names of a place: in Latin letters, and as the people there write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Dialect, String, func, type_coerce
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped


class PlaceName(str):
    """A place's name in Latin letters that brings its local name along."""

    __slots__ = ("local_name",)

    local_name: str | None

    def __new__(cls, name: str, local_name: str | None = None) -> PlaceName:
        """Return the name; where there is no local one it stands alone."""
        called = super().__new__(cls, name)
        called.local_name = local_name
        return called

    def figure(self) -> dict[str, str | None]:
        """Return both names for a message, which is worded when somebody reads it."""
        return {"name": str(self), "local_name": self.local_name}


class _BothNames(TypeDecorator[PlaceName]):
    """Both names as one value of a query, a line each."""

    impl = String
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> PlaceName | None:
        if value is None:
            return None
        name, _, local_name = value.partition("\n")
        return PlaceName(name, local_name or None)


class TwiceNamed:
    """A place with a name in Latin letters and perhaps a local one."""

    if TYPE_CHECKING:
        name: Mapped[str]
        local_name: Mapped[str | None]

    @hybrid_property
    def called(self) -> PlaceName:
        """Return both names in one."""
        return PlaceName(self.name, self.local_name)

    @called.inplace.expression
    @classmethod
    def _called(cls) -> ColumnElement[PlaceName]:
        both = cls.name + "\n" + func.coalesce(cls.local_name, "")
        return type_coerce(both, _BothNames())
