"""What buyers are told about their lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.messages import Notice, tell_all
from app.models import Order, OrderLine, Person
from app.orders.releasing import chunks


def tell_buyer(
    session: Session,
    *,
    kind: str,
    order_line_id: int,
    figures: Mapping[str, int | str],
    at: datetime,
) -> None:
    """Tell a line's buyer one thing about it, once."""
    tell_buyers(session, kind=kind, lines={order_line_id: figures}, at=at)


def tell_buyers(
    session: Session,
    *,
    kind: str,
    lines: Mapping[int, Mapping[str, int | str]],
    at: datetime,
    event: str = "",
) -> None:
    """Tell the buyers of lines (id -> figures) one thing about each, once per event.

    The crop, with its name in the buyer's language, is added to the figures.

    :param event: names what happened where one line can meet it again, as a second clearing.
    """
    for chunk in chunks(sorted(lines)):
        rows = session.execute(
            select(
                OrderLine.id,
                OrderLine.crop_id,
                OrderLine.crop_names,
                Order.buyer_id,
                Order.cooperative_id,
                Person.language,
            )
            .join(Order, Order.id == OrderLine.order_id)
            .join(Person, Person.id == Order.buyer_id)
            .where(OrderLine.id.in_(chunk))
            .order_by(OrderLine.id)
        ).all()
        by_cooperative: dict[int, list[Notice]] = defaultdict(list)
        for row in rows:
            crop = _own_name(row.crop_names, row.language)
            figures = {"crop": crop, "crop_id": row.crop_id, **lines[row.id]}
            by_cooperative[row.cooperative_id].append(
                Notice(row.buyer_id, f"line:{row.id}{event}", figures)
            )
        for cooperative_id, notices in sorted(by_cooperative.items()):
            tell_all(session, cooperative_id=cooperative_id, kind=kind, notices=notices, at=at)


def _own_name(names: Mapping[str, str], language: str) -> str:
    return names.get(language) or names.get("en") or next(iter(names.values()), "")
