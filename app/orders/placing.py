"""Place direct orders and requests: all of it, or a refusal and nothing.

The order of work in the transaction is the key, the order and its line, what is set
aside for it, the message, and the lot's stock last, because everybody waits for that row.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.models import Grade, LineKind, PaymentMethod
from app.orders.bidding import Bid, bid
from app.orders.drafts import Placed, Terms, placed_before
from app.orders.taking import take_part


def order_direct(
    session: Session,
    *,
    buyer_id: int,
    lot_id: int,
    quantity_g: int,
    unit_code: str,
    unit_grams: int,
    pickup_point_id: int,
    payment_method: PaymentMethod,
    key: str,
    at: datetime,
    person_id: int | None = None,
) -> Placed:
    """Take part of a visible lot at its direct price, reserved at once.

    While the lot is being matched the line is kept as ``queued`` and tried afterwards.

    :param person_id: who orders, if that is not the buyer; the key is unique with it.
    :raises LotNotOffered: if the lot was withdrawn or is on no market day.
    :raises CutOffPassed: if the lot's day takes no more orders.
    :raises NotEnoughLeft: if less is left of the lot.
    :raises PickupPointClosed, PaymentDiffers, NoTariff, CardEmpty, AccountLimitReached:
        as their names say. Nothing of a refused order is kept.
    """
    terms = Terms(
        buyer_id=buyer_id,
        ordered_by_id=person_id or buyer_id,
        pickup_point_id=pickup_point_id,
        method=payment_method,
        quantity_g=quantity_g,
        unit_code=unit_code,
        unit_grams=unit_grams,
        key=key,
        at=at,
    )
    before = placed_before(session, terms, {"kind": LineKind.DIRECT, "lot_id": lot_id})
    return before or take_part(session, terms, lot_id)


def file_request(
    session: Session,
    *,
    buyer_id: int,
    crop_id: int,
    quantity_g: int,
    unit_code: str,
    unit_grams: int,
    limit_minor: int,
    least_grade: Grade,
    pickup_point_id: int,
    payment_method: PaymentMethod,
    first_on: date,
    last_on: date,
    key: str,
    at: datetime,
    all_or_nothing: bool = False,
    least_fill_g: int = 0,
    person_id: int | None = None,
) -> Placed:
    """File a bid for the matching of the first market day in the buyer's window.

    :param limit_minor: the most to pay per kg at the pickup point.
    :param least_fill_g: the buyer wants nothing rather than less than this.
    :raises NoMarketDay: if no day of the window takes orders any more.
    :raises WindowReversed, LeastFillTooLarge: if the figures contradict each other.
    :raises NotFound: if the crop is not traded where the pickup point is.
    :raises PickupPointClosed, PaymentDiffers, CardEmpty, AccountLimitReached: as their
        names say. Nothing of a refused request is kept.
    """
    terms = Terms(
        buyer_id=buyer_id,
        ordered_by_id=person_id or buyer_id,
        pickup_point_id=pickup_point_id,
        method=payment_method,
        quantity_g=quantity_g,
        unit_code=unit_code,
        unit_grams=unit_grams,
        key=key,
        at=at,
    )
    wanted = Bid(
        crop_id=crop_id,
        limit_minor=limit_minor,
        least_grade=least_grade,
        first_on=first_on,
        last_on=last_on,
        is_all_or_nothing=all_or_nothing,
        least_fill_g=least_fill_g,
    )
    before = placed_before(session, terms, {"kind": LineKind.REQUEST, **asdict(wanted)})
    return before or bid(session, terms, wanted)
