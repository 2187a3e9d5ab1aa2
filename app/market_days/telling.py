"""Tell the farmers what a matching gave them: once, and again only if that changed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BigInteger, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from app import messages
from app.messages import Notice
from app.models import Allocation, Lot, MarketDay, Message

_KINDS = ("lot_sold", "lot_unsold")
# A market of a million lots is told in parts, so that it never lies in memory whole.
_STREAMED = 2_000


def tell_farmers(session: Session, *, day: MarketDay, attempt: int, at: datetime) -> None:
    """Tell the farmer of each lot of a day what was sold of it and for how much.

    After a second matching only those hear again whose lot has another result now.
    """
    live = (Allocation.lot_id == Lot.id, Allocation.released_at.is_(None))
    earned = func.sum(Allocation.quantity_g * Allocation.farmer_price_minor)
    lots = session.execute(
        select(
            Lot.id,
            Lot.farmer_id,
            Lot.crop_id,
            cast(func.coalesce(func.sum(Allocation.quantity_g), 0), BigInteger).label("sold_g"),
            cast(func.coalesce(earned, 0), BigInteger).label("earned"),
        )
        .outerjoin(Allocation, and_(*live, Allocation.market_day_id == day.id))
        .where(Lot.market_day_id == day.id, Lot.withdrawn_at.is_(None))
        .group_by(Lot.id, Lot.farmer_id, Lot.crop_id)
        .order_by(Lot.id)
        .execution_options(yield_per=_STREAMED)
    )
    suffix = f":{attempt}" if attempt > 1 else ""
    for part in lots.partitions():
        told = _told_before(session, day, {lot.farmer_id for lot in part}) if suffix else {}
        notices: dict[str, list[Notice]] = {kind: [] for kind in _KINDS}
        for lot in part:
            figures: dict[str, int | str] = {
                "lot_id": lot.id,
                "crop_id": lot.crop_id,
                "day_on": day.on.isoformat(),
            }
            if lot.sold_g:
                figures |= {"sold_g": lot.sold_g, "net_price": lot.earned // lot.sold_g}
            kind = "lot_sold" if lot.sold_g else "lot_unsold"
            if told.get(lot.id) != (kind, figures):
                event_key = f"lot:{lot.id}:{day.id}{suffix}"
                notices[kind].append(Notice(lot.farmer_id, event_key, figures))
        for kind, told_now in notices.items():
            messages.tell_all(
                session, cooperative_id=day.cooperative_id, kind=kind, notices=told_now, at=at
            )


def _told_before(
    session: Session, day: MarketDay, farmers: Collection[int]
) -> dict[int, tuple[str, dict[str, int | str]]]:
    """Return the last thing that was told about each lot of these farmers and this day."""
    rows = session.scalars(
        select(Message)
        .where(
            Message.person_id.in_(farmers),
            Message.kind.in_(_KINDS),
            or_(
                Message.event_key.like(f"lot:%:{day.id}"),
                Message.event_key.like(f"lot:%:{day.id}:%"),
            ),
        )
        .order_by(Message.id)
    )
    return {row.figures["lot_id"]: (row.kind, row.figures) for row in rows}
