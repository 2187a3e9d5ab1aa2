"""Who is on the other side of this request, and for which cooperative."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app, g, request
from flask import session as cookie_session
from werkzeug.wrappers import Response

from app.kernel.clock import Clock
from app.kernel.database import reading, transaction
from app.kernel.errors import N_, Refusal
from app.models import Cooperative, Person, Role, RoleKind
from app.people import cooperatives, roles, sessions

if TYPE_CHECKING:
    from collections.abc import Sequence

DEVICE_COOKIE = "farmgate_device"


class SignInNeeded(Refusal):
    """The page belongs to a person, and nobody is signed in on this device."""

    code = "sign_in_needed"
    message = N_("Sign in first.")
    status = 401


class NoCooperative(Refusal):
    """The installation is empty."""

    code = "no_cooperative"
    message = N_("No cooperative has been set up here yet.")
    status = 503


@dataclass(frozen=True)
class Visitor:
    """A signed-in person with the session of the device and every open role."""

    person: Person
    session_id: int
    seen_at: datetime
    roles: tuple[Role, ...]


def now() -> datetime:
    """Return the present instant by the application's clock (tests bring their own)."""
    return cast(Clock, current_app.extensions["clock"]).now()


def visitor() -> Visitor | None:
    """Return who is signed in on this device, or None."""
    if "visitor" not in g:
        g.visitor = _load_visitor()
    return cast("Visitor | None", g.visitor)


def current_person() -> Person:
    """Return the signed-in person.

    :raises SignInNeeded: if nobody is.
    """
    known = visitor()
    if known is None:
        raise SignInNeeded
    return known.person


def current_cooperative() -> Cooperative:
    """Return the cooperative this request is about.

    It is the one chosen on this device if the person has a role there, else that of the
    person's first role, else (nobody signed in) the installation's first.

    :raises NoCooperative: if there is none at all.
    """
    if "cooperative" not in g:
        g.cooperative = _load_cooperative()
    if g.cooperative is None:
        raise NoCooperative
    return cast(Cooperative, g.cooperative)


def cooperative_or_none() -> Cooperative | None:
    """Return the cooperative of this request, or None while none is set up."""
    try:
        return current_cooperative()
    except NoCooperative:
        return None


def current_roles(*kinds: RoleKind) -> Sequence[Role]:
    """Return the person's open roles in the current cooperative, all or of some kinds."""
    known = visitor()
    if known is None or not known.roles:
        return ()
    here = current_cooperative().id
    return tuple(
        role
        for role in known.roles
        if role.cooperative_id == here and (not kinds or role.kind in kinds)
    )


def choose_cooperative(cooperative_id: int) -> None:
    """Remember on this device which cooperative its pages show."""
    cookie_session["cooperative_id"] = cooperative_id
    g.pop("cooperative", None)


def look_at(cooperative: Cooperative) -> None:
    """Make this one request about a cooperative: its money, its clock, its languages."""
    g.cooperative = cooperative


def keep_on_device(response: Response, token: str) -> None:
    """Give the device its session cookie."""
    response.set_cookie(
        DEVICE_COOKIE,
        token,
        # Browsers keep no cookie longer than 400 days; the database ends a session sooner.
        max_age=timedelta(days=400),
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )


def forget_on_device(response: Response) -> None:
    """Take the session cookie away."""
    response.delete_cookie(DEVICE_COOKIE, httponly=True, samesite="Lax", secure=request.is_secure)


def _load_visitor() -> Visitor | None:
    token = request.cookies.get(DEVICE_COOKIE)
    if not token:
        return None
    with reading() as session:
        found = sessions.find(session, token=token, at=now())
        if found is None:
            return None
        person = session.get_one(Person, found.person_id)
        return Visitor(person, found.id, found.seen_at, tuple(roles.roles_of(session, person.id)))


def _load_cooperative() -> Cooperative | None:
    known = visitor()
    with reading() as session:
        if known is None or not known.roles:
            return cooperatives.first(session)
        mine = [role.cooperative_id for role in known.roles]
        chosen = cookie_session.get("cooperative_id")
        return session.get_one(Cooperative, chosen if chosen in mine else mine[0])


def install(app: Flask) -> None:
    """Tell the templates who is signed in and at which cooperative."""
    app.after_request(_note_use)
    app.jinja_env.globals["signed_in_name"] = _signed_in_name
    app.jinja_env.globals["cooperative_name"] = _cooperative_name
    app.jinja_env.globals["cooperative_phone"] = _cooperative_phone


def _note_use(response: Response) -> Response:
    """Note once a day that a device is in use, so that its session stays open."""
    known = cast("Visitor | None", g.get("visitor"))
    if known is not None and now() - known.seen_at >= sessions.TOUCH_AFTER:
        with transaction() as session:
            sessions.touch(session, session_id=known.session_id, at=now())
    return response


def _signed_in_name() -> str:
    known = visitor()
    return "" if known is None else known.person.name


def _cooperative_name() -> str:
    cooperative = cooperative_or_none()
    return "" if cooperative is None else cooperative.name


def _cooperative_phone() -> str:
    cooperative = cooperative_or_none()
    return "" if cooperative is None else cooperative.phone or ""
