"""The menu: what a person with these roles can go to.

A page module lists its entries as ``NAVIGATION``; the factory collects them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Flask, request, url_for

from app.models import RoleKind
from app.web.session import current_roles, visitor
from app.web.translation import gettext


@dataclass(frozen=True)
class Entry:
    """One line of the menu.

    :param label: a msgid marked with ``N_``.
    :param icon: a name in ``macros/icons.html``.
    :param position: lower comes first; tens leave room.
    :param in_bar: whether it stands in the bar of every page; else on the first page alone,
        because a phone's bar has room for few.
    """

    endpoint: str
    label: str
    roles: tuple[RoleKind, ...]
    icon: str
    position: int
    in_bar: bool = True


@dataclass(frozen=True)
class Link:
    """An entry as the page shows it."""

    address: str
    label: str
    icon: str
    is_here: bool
    in_bar: bool


def install(app: Flask, entries: Iterable[Entry]) -> None:
    """Give the templates the menu of whoever is signed in."""
    ordered = sorted(entries, key=lambda entry: (entry.position, entry.endpoint))

    def menu() -> list[Link]:
        if visitor() is None:
            return []
        mine = {role.kind for role in current_roles()}
        return [_link(entry) for entry in ordered if mine & set(entry.roles)]

    app.jinja_env.globals["menu"] = menu


def _link(entry: Entry) -> Link:
    address = url_for(entry.endpoint)
    return Link(address, gettext(entry.label), entry.icon, request.path == address, entry.in_bar)
