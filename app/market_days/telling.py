"""Tell the farmers what a matching gave them: once, and again only if that changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app import messages
from app.messages import Notice
from app.models import Allocation, Lot, MarketDay, Message

_KINDS = ("lot_sold", "lot_unsold")
_CHUNK = 2_000


def tell_farmers(session: Session, *, day: MarketDay, attempt: int, at: datetime) -> None:
    """Tell the farmer of each lot of a day what was sold of it and for how much.

    After a second matching only those hear again whose lot has another result now.
    """
    lots = session.scalars(
        select(Lot).where(Lot.market_day_id == day.id, Lot.withdrawn_at.is_(None)).order_by(Lot.id)
    ).all()
    sold: dict[int, list[Allocation]] = defaultdict(list)
    for allocation in _allocations(session, day.id):
        sold[allocation.lot_id].append(allocation)
    told = _told_before(session, day, lots) if attempt > 1 else {}
    notices: dict[str, list[Notice]] = {kind: [] for kind in _KINDS}
    for lot in lots:
        rows = sold[lot.id]
        sold_g = sum(row.quantity_g for row in rows)
        earned = sum(row.quantity_g * row.farmer_price_minor for row in rows)
        figures: dict[str, int | str] = {
            "lot_id": lot.id,
            "crop_id": lot.crop_id,
            "day_on": day.on.isoformat(),
        }
        if rows:
            figures |= {"sold_g": sold_g, "net_price": earned // sold_g}
        kind = "lot_sold" if rows else "lot_unsold"
        if told.get(lot.id) == (kind, figures):
            continue
        event_key = _event(lot, day) + (f":{attempt}" if attempt > 1 else "")
        notices[kind].append(Notice(lot.farmer_id, event_key, figures))
    for kind, told_now in notices.items():
        messages.tell_all(
            session, cooperative_id=day.cooperative_id, kind=kind, notices=told_now, at=at
        )


def _event(lot: Lot, day: MarketDay) -> str:
    return f"lot:{lot.id}:{day.id}"


def _told_before(
    session: Session, day: MarketDay, lots: Sequence[Lot]
) -> dict[int, tuple[str, dict[str, int | str]]]:
    """Return the last thing that was told about each lot and this day."""
    found: dict[int, tuple[str, dict[str, int | str]]] = {}
    farmers = sorted({lot.farmer_id for lot in lots})
    for start in range(0, len(farmers), _CHUNK):
        rows = session.scalars(
            select(Message)
            .where(
                Message.person_id.in_(farmers[start : start + _CHUNK]),
                Message.kind.in_(_KINDS),
                or_(
                    Message.event_key.like(f"lot:%:{day.id}"),
                    Message.event_key.like(f"lot:%:{day.id}:%"),
                ),
            )
            .order_by(Message.id)
        )
        found |= {row.figures["lot_id"]: (row.kind, row.figures) for row in rows}
    return found


def _allocations(session: Session, market_day_id: int) -> Sequence[Allocation]:
    return session.scalars(
        select(Allocation)
        .where(Allocation.market_day_id == market_day_id, Allocation.released_at.is_(None))
        .order_by(Allocation.id)
    ).all()
