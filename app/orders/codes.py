"""Find the order that a buyer's pickup code stands for."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, NotFound, Refusal
from app.models import Order, PickupPoint
from app.orders.opening import read_code


class WrongShop(Refusal):
    """The order is collected at another shop's pickup point."""

    code = "wrong_shop"
    message = N_("This order is collected at %(point)s, not here.")


def find_by_code(session: Session, *, pickup_point_ids: Sequence[int], code: str) -> int:
    """Return the id of the order that a buyer's code stands for.

    :param code: as it was typed; blanks, hyphens and small letters do not matter.
    :raises NotFound: if no order has this code.
    :raises WrongShop: if it is collected at another pickup point.
    """
    points = select(PickupPoint.cooperative_id).where(PickupPoint.id.in_(pickup_point_ids))
    found = session.execute(
        select(Order.id, Order.pickup_point_id, PickupPoint.called.label("called"))
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .where(
            Order.code == read_code(code),
            Order.cooperative_id.in_(points),
            Order.cancelled_at.is_(None),
        )
        .order_by(Order.id)
    ).all()
    if not found:
        raise NotFound(field="code")
    for row in found:
        if row.pickup_point_id in pickup_point_ids:
            return int(row.id)
    raise WrongShop(field="code", point=found[0].called)
