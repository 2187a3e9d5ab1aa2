"""The shop that a shopkeeper's pages are about: the person's own, or one chosen of several."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint
from flask import session as cookie_session
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import N_, Refusal
from app.models import RoleKind, Shop
from app.orders.counter import points_of
from app.web.forms import Form, NoSuchChoice
from app.web.guards import role_required
from app.web.redirects import back_or
from app.web.session import current_cooperative, current_roles

blueprint = Blueprint("own_shop", __name__)


class NoShop(Refusal):
    """The person keeps a shop, but nobody said which."""

    code = "no_own_shop"
    message = N_("You are not assigned to a shop yet. Ask your cooperative to do it.")


@dataclass(frozen=True)
class OwnShop:
    """The shop at work, the others one may switch to, and its pickup points."""

    shop: Shop
    all: tuple[Shop, ...]
    pickup_point_ids: tuple[int, ...]


def own_shop(session: Session) -> OwnShop:
    """Return the shop that was chosen on this device, else the first of the person's.

    :raises NoShop: if the person has none.
    """
    ids = {role.shop_id for role in current_roles(RoleKind.SHOPKEEPER)} - {None}
    found = session.scalars(
        select(Shop)
        .where(Shop.id.in_(ids), Shop.cooperative_id == current_cooperative().id)
        .order_by(Shop.name, Shop.id)
    ).all()
    if not found:
        raise NoShop
    wanted = cookie_session.get("shop_id")
    shop = next((row for row in found if row.id == wanted), found[0])
    return OwnShop(shop, tuple(found), tuple(points_of(session, shop_id=shop.id)))


@blueprint.post("/shop/choice")
@role_required(RoleKind.SHOPKEEPER)
def choose() -> ResponseReturnValue:
    """Work at another of one's shops.

    :raises NoSuchChoice: if the person does not keep it.
    """
    with reading() as session:
        offered = [shop.id for shop in own_shop(session).all]
    form = Form()
    shop_id = form.identifier("shop", offered)
    if not form.valid:
        raise NoSuchChoice
    cookie_session["shop_id"] = shop_id
    return back_or("/shop")
