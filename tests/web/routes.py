"""Every page and action that the application has, to be tried by everybody.

A new feature joins by being registered: its routes are found in the application's own
map, and its guards by the marks that ``app.web.guards`` leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, PathConverter

from app.models import RoleKind

# Pages that Flask itself adds and that read nothing but files of the repository.
OWN_TO_FLASK = {"static"}


@dataclass(frozen=True)
class Route:
    """One address with one method, filled with values, and who may use it."""

    endpoint: str
    method: str
    address: str
    has_value: bool
    guard: tuple[RoleKind, ...] | None

    @property
    def name(self) -> str:
        """The route's name in a test's report."""
        return f"{self.method} {self.address}"


def routes(app: Flask, *, number: int = 999_999_999) -> Iterator[Route]:
    """Yield every route, with a number that no row has in place of every id."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in OWN_TO_FLASK:
            continue
        values = {name: _value(kind, number) for name, kind in rule._converters.items()}
        with app.test_request_context():
            address = app.url_for(rule.endpoint, **values)
        has_value = any(not isinstance(kind, AnyConverter) for kind in rule._converters.values())
        view = app.view_functions[rule.endpoint]
        guard = getattr(view, "guarded_for", None)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(rule.endpoint, method, address, has_value, guard)


def _value(kind: BaseConverter, number: int) -> object:
    if isinstance(kind, IntegerConverter):
        return number
    if isinstance(kind, AnyConverter):
        return sorted(kind.items)[0]
    if isinstance(kind, PathConverter):
        return "nowhere/at-all"
    return str(number)
