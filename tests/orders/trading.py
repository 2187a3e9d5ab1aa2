"""Short ways to do what the tests of orders do again and again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import calendar
from app.kernel.database import Database
from app.ledger import cards, checks
from app.matching.evidence import AllocationTable
from app.models import (
    AccountKind,
    Allocation,
    Base,
    BuyerTerms,
    ClearingRun,
    Grade,
    LotStock,
    MarketDay,
    OrderLine,
    PaymentMethod,
    Person,
    Role,
    RoleKind,
)
from app.orders import placing
from app.orders.drafts import Placed
from tests.market import AT, FRIDAY, TUESDAY, Market, listed, make_market

LATER = AT + timedelta(minutes=5)
# Tuesday's buyers' cut-off is Monday 18:00 in Enshi, ten in the morning in UTC.
AFTER_CUT_OFF = AT.replace(hour=10)


@dataclass(frozen=True)
class Scene:
    """A market with open days and one lot: 120 kg of potatoes at 1.80 net."""

    market: Market
    lot_id: int
    tuesday_id: int
    friday_id: int


def make_scene(database: Database, *, slug: str = "enshi") -> Scene:
    with database.transaction() as session:
        market = make_market(session, slug=slug)
        calendar.make_days(session, cooperative_id=market.cooperative_id, at=AT)
        lot_id = listed(session, market, key="lot").id
        days = {
            day.on: day.id
            for day in session.scalars(
                select(MarketDay).where(MarketDay.cooperative_id == market.cooperative_id)
            )
        }
    return Scene(market, lot_id, days[TUESDAY], days[FRIDAY])


def buyer(session: Session, market: Market, name: str, *, limit_minor: int = 0) -> int:
    person = Person(
        name=name, member_number=f"{market.cooperative_id}-{name}", language="en", created_at=AT
    )
    session.add(person)
    session.flush()
    session.add(
        Role(
            person_id=person.id,
            cooperative_id=market.cooperative_id,
            kind=RoleKind.BUYER,
            started_at=AT,
        )
    )
    if limit_minor:
        session.add(
            BuyerTerms(
                person_id=person.id,
                cooperative_id=market.cooperative_id,
                account_limit_minor=limit_minor,
            )
        )
    session.flush()
    return person.id


def fill_card(session: Session, market: Market, buyer_id: int, amount_minor: int) -> None:
    cards.top_up(
        session,
        cooperative_id=market.cooperative_id,
        person_id=buyer_id,
        amount_minor=amount_minor,
        source=AccountKind.BANK,
        key=f"card-of-{buyer_id}",
        at=AT,
    )


def direct(session: Session, scene: Scene, *, key: str = "order", **changes: object) -> Placed:
    values: dict[str, object] = {
        "buyer_id": scene.market.zhou_id,
        "lot_id": scene.lot_id,
        "quantity_g": 10_000,
        "unit_code": "kg",
        "unit_grams": 1000,
        "pickup_point_id": scene.market.pickup_point_id,
        "payment_method": PaymentMethod.CASH,
        "at": LATER,
    }
    return placing.order_direct(session, key=key, **(values | changes))  # type: ignore[arg-type]


def request(session: Session, scene: Scene, *, key: str = "bid", **changes: object) -> Placed:
    values: dict[str, object] = {
        "buyer_id": scene.market.zhou_id,
        "crop_id": scene.market.potato_id,
        "quantity_g": 20_000,
        "unit_code": "kg",
        "unit_grams": 1000,
        "limit_minor": 500,
        "least_grade": Grade.CLASS_II,
        "pickup_point_id": scene.market.pickup_point_id,
        "payment_method": PaymentMethod.CASH,
        "first_on": TUESDAY,
        "last_on": FRIDAY,
        "at": LATER,
    }
    return placing.file_request(session, key=key, **(values | changes))  # type: ignore[arg-type]


def clearing_run(session: Session, scene: Scene, *, attempt: int = 1) -> int:
    run = ClearingRun(
        cooperative_id=scene.market.cooperative_id,
        market_day_id=scene.tuesday_id,
        crop_id=scene.market.potato_id,
        attempt=attempt,
        input_hash="",
        value_scaled="0",
        bound_scaled="0",
        certificate={},
        solved_at=LATER,
    )
    session.add(run)
    session.flush()
    return run.id


def awarded(*given: tuple[int, int, int]) -> AllocationTable:
    """Return a run's allocations of (lot, line, grams), each at the prices of the scene."""
    lot_id, line_id, quantity_g = np.array(given, dtype=np.int64).reshape(-1, 3).T
    none = np.zeros(len(lot_id), dtype=np.int64)
    return AllocationTable(
        lot_id=lot_id,
        order_id=line_id,
        quantity_g=quantity_g,
        buyer_minor=none + 250,
        farmer_minor=none + 180,
        freight_minor=none + 60,
        fee_minor=none + 10,
        day=none + TUESDAY.toordinal(),
        grade=none,
        pinned=none,
    )


def line(session: Session, placed: Placed) -> OrderLine:
    return session.get_one(OrderLine, placed.order_line_id, populate_existing=True)


def left_g(session: Session, lot_id: int) -> int:
    return session.scalars(select(LotStock.available_g).where(LotStock.lot_id == lot_id)).one()


def allocated_g(session: Session, lot_id: int) -> int:
    return (
        session.scalar(
            select(func.coalesce(func.sum(Allocation.quantity_g), 0)).where(
                Allocation.lot_id == lot_id, Allocation.released_at.is_(None)
            )
        )
        or 0
    )


def count(session: Session, table: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def on_card(session: Session, scene: Scene, buyer_id: int) -> int:
    return cards.available(session, cooperative_id=scene.market.cooperative_id, person_id=buyer_id)


def assert_sound(session: Session) -> None:
    assert checks.ledger_sum_minor(session) == 0
    assert checks.faults(session) == []


def day(session: Session, day_id: int) -> MarketDay:
    return session.get_one(MarketDay, day_id, populate_existing=True)


def next_friday() -> date:
    return FRIDAY + timedelta(days=7)
