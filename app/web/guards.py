"""Who may open a page, and what those who may not are told."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from app.kernel.errors import N_, NotAllowed
from app.models import RoleKind
from app.web.session import current_person, current_roles

P = ParamSpec("P")
R = TypeVar("R")


class RoleNeeded(NotAllowed):
    """The page belongs to other roles than the person has."""

    code = "role_needed"
    message = N_("This page is for another role than yours.")

    def __init__(self, kinds: tuple[RoleKind, ...]) -> None:
        super().__init__()
        self.kinds = kinds


def role_required(*kinds: RoleKind) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Open a page to people with one of these roles in the current cooperative."""

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            current_person()
            if not current_roles(*kinds):
                raise RoleNeeded(kinds)
            return view(*args, **kwargs)

        return _mark(guarded, kinds)

    return guard


def signed_in_required(view: Callable[P, R]) -> Callable[P, R]:
    """Open a page to everyone who is signed in."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        current_person()
        return view(*args, **kwargs)

    return _mark(guarded, tuple(RoleKind))


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Open a page to everybody; said aloud, because a test refuses unguarded pages."""
    return _mark(view, ())


def _mark(view: Callable[P, R], kinds: tuple[RoleKind, ...]) -> Callable[P, R]:
    view.guarded_for = kinds  # type: ignore[attr-defined]
    return view
