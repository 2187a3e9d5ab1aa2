"""Which pickup point a buyer's pages are about: chosen once, remembered on the device."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.kernel.database import reading
from app.kernel.errors import N_, Refusal
from app.models import PickupPoint, RoleKind
from app.orders.offers import pickup_points
from app.web.forms import Form, NoSuchChoice
from app.web.guards import role_required
from app.web.redirects import back_or
from app.web.session import current_cooperative, current_roles
from app.web.words import place_name

blueprint = Blueprint("pickup_points", __name__)

POINT_COOKIE = "farmgate_point"
_LIFE_S = 400 * 24 * 3600


class NoPickupPoint(Refusal):
    """The cooperative has not set up where buyers collect."""

    code = "no_pickup_point"
    message = N_("There is no pickup point yet. Ask your cooperative where you can collect.")


@dataclass(frozen=True)
class Points:
    """The pickup points to choose from and the one that is chosen."""

    all: tuple[PickupPoint, ...]
    chosen: PickupPoint

    @property
    def options(self) -> list[tuple[int, str]]:
        """Return the pairs that a select field shows."""
        return [(point.id, place_name(point)) for point in self.all]


def points(session: Session) -> Points:
    """Return the pickup points with the one from this device, else the person's own, else any.

    :raises NoPickupPoint: if there is none.
    """
    found = pickup_points(session, cooperative_id=current_cooperative().id)
    if not found:
        raise NoPickupPoint
    wanted = [request.cookies.get(POINT_COOKIE, "")]
    wanted += [str(role.pickup_point_id) for role in current_roles(RoleKind.BUYER)]
    by_id = {str(point.id): point for point in found}
    chosen = next((by_id[point_id] for point_id in wanted if point_id in by_id), found[0])
    return Points(tuple(found), chosen)


@blueprint.post("/pickup-point")
@role_required(RoleKind.BUYER)
def choose() -> ResponseReturnValue:
    """Remember a pickup point on this device.

    :raises NoSuchChoice: if it is not one of the cooperative's.
    """
    with reading() as session:
        offered = [point.id for point in points(session).all]
    form = Form()
    point_id = form.identifier("pickup_point", offered)
    if not form.valid:
        raise NoSuchChoice
    response = back_or("/offers")
    remember(response, point_id)
    return response


def remember(response: Response, point_id: int) -> None:
    """Keep a pickup point on this device."""
    response.set_cookie(
        POINT_COOKIE,
        str(point_id),
        max_age=_LIFE_S,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
