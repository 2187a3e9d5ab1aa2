"""A market day from the first listing to the statements, through the pages' own services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.kernel.database import Database
from app.ledger import cards, checks
from app.ledger.entries import balance_of
from app.market_days import clearing, collecting, delivering, opening, planning, settling
from app.matching import services as matching
from app.models import (
    AccountKind,
    Allocation,
    ClearingRun,
    Grade,
    LineState,
    Lot,
    LotStock,
    MarketDay,
    MarketDayState,
    Message,
    OrderLine,
    PaymentMethod,
    Stop,
    StopLot,
    WeighingOutcome,
)
from app.orders.bidding import Placed
from app.orders.handing_over import hand_over
from app.orders.placing import file_request, order_direct
from farmers.services import statements
from logistics.services.weighing import weigh_in
from logistics.services.weights import weights
from tests.market import AT, TUESDAY, Market, listed
from tests.market_days.conftest import Day

Work = Callable[[datetime], None]


def test_a_market_day_ends_with_every_kilogram_and_cent_accounted_for(
    database: Database, day: Day, work: Work
) -> None:
    market = day.market
    with database.transaction() as session:
        tan = listed(session, market, key="a")
        xiang = listed(
            session,
            market,
            key="b",
            farmer_id=market.xiang_id,
            village_id=market.sancha_id,
            ask_minor=200,
        )
        cards.top_up(
            session,
            cooperative_id=market.cooperative_id,
            person_id=market.zhou_id,
            amount_minor=200_000,
            source=AccountKind.BANK,
            key="t",
            at=AT,
        )
        direct = order_direct(
            session,
            buyer_id=market.zhou_id,
            lot_id=tan.id,
            quantity_g=20_000,
            unit_code="kg",
            unit_grams=1000,
            pickup_point_id=market.pickup_point_id,
            payment_method=PaymentMethod.CARD,
            key="d",
            at=AT,
        )
        request = _request(session, market, "r", 150_000, 600)
        dear = _request(session, market, "s", 30_000, 100)
    assert {direct.state, request.state} == {LineState.ALLOCATED, LineState.WAITING}

    # The close comes by its schedule; the clicks are repeated, as impatient fingers do.
    cleared_at = day.cutoff_at + timedelta(minutes=5)
    work(cleared_at)
    for _ in range(2):
        with database.transaction() as session:
            clearing.start(
                session, market_day_id=day.id, key="c", person_id=market.luo_id, at=cleared_at
            )
        work(cleared_at)
    assert _state(database, day) is MarketDayState.CLEARED
    with database.reading() as session:
        lines = {line.id: line for line in session.scalars(select(OrderLine))}
        runs = session.scalars(select(ClearingRun)).all()
        assert [matching.recheck(session, run_id=run.id).valid for run in runs] == [True]
        left = session.scalar(select(func.sum(LotStock.available_g)))
    assert lines[request.order_line_id].allocated_g == 150_000
    assert lines[dear.order_line_id].state is LineState.UNFILLED
    assert left == 240_000 - 170_000

    with database.transaction() as session:
        planning.start(session, market_day_id=day.id, at=cleared_at)
    work(cleared_at)
    for _ in range(2):
        with database.transaction() as session:
            planning.publish(
                session, market_day_id=day.id, key="p", person_id=market.luo_id, at=cleared_at
            )
    _collect(database, market, tan, xiang, day.pickup_at)
    done_at = day.pickup_at + timedelta(hours=30)
    with database.transaction() as session:
        collecting.finish(
            session, market_day_id=day.id, key="e", person_id=market.luo_id, at=done_at
        )
        _hand_over_all(session, market, done_at)
    with database.transaction() as session:
        delivering.finish(
            session, market_day_id=day.id, key="f", person_id=market.luo_id, at=done_at
        )
    for key in ("g", "g", "another click"):
        with database.transaction() as session:
            settling.settle(
                session, market_day_id=day.id, key=key, person_id=market.luo_id, at=done_at
            )

    assert _state(database, day) is MarketDayState.SETTLED
    with database.reading() as session:
        rows = weights(session, market_day_id=day.id)
        allocated = sum(row.allocated_g for row in rows)
        received = sum(row.received_g for row in rows)
        assert allocated + sum(row.over_g for row in rows) == received + sum(
            row.short_g for row in rows
        )
        assert sum(row.short_g for row in rows) == 5_000
        assert checks.ledger_sum_minor(session) == 0
        assert checks.faults(session) == []
        for farmer_id in (market.tan_id, market.xiang_id):
            lots = statements.statement(
                session, farmer_id=farmer_id, cooperative_id=market.cooperative_id
            )
            earned = statements.total(lots)
            assert earned.gross_minor == (
                earned.transport_minor + earned.fees_minor + earned.net_minor
            )
            assert earned.net_minor == balance_of(
                session,
                cooperative_id=market.cooperative_id,
                kind=AccountKind.FARMER_PAYABLE,
                person_id=farmer_id,
            )
        assert (
            balance_of(session, cooperative_id=market.cooperative_id, kind=AccountKind.TRADE) == 0
        )
        kinds = set(session.scalars(select(Message.kind)))
    assert {"lot_sold", "line_allocated", "line_unfilled", "truck_window", "settled"} <= kinds


def test_closing_by_hand_and_by_schedule_is_one_closing(
    database: Database, day: Day, work: Work
) -> None:
    with database.transaction() as session:
        opening.close(session, market_day_id=day.id, key="x", person_id=day.market.luo_id, at=AT)
        opening.reopen(session, market_day_id=day.id, key="y", person_id=day.market.luo_id, at=AT)
    assert _state(database, day) is MarketDayState.OPEN
    work(day.cutoff_at)
    work(day.cutoff_at + timedelta(days=1))
    assert _state(database, day) is MarketDayState.CLOSED


def _request(session: object, market: Market, key: str, quantity_g: int, limit: int) -> Placed:
    return file_request(
        session,  # type: ignore[arg-type]
        buyer_id=market.zhou_id,
        crop_id=market.potato_id,
        quantity_g=quantity_g,
        unit_code="kg",
        unit_grams=1000,
        limit_minor=limit,
        least_grade=Grade.CLASS_I,
        pickup_point_id=market.pickup_point_id,
        payment_method=PaymentMethod.CARD,
        first_on=TUESDAY,
        last_on=TUESDAY,
        key=key,
        at=AT,
    )


def _state(database: Database, day: Day) -> MarketDayState:
    with database.reading() as session:
        return session.get_one(MarketDay, day.id).state


def _collect(database: Database, market: Market, tan: Lot, xiang: Lot, at: datetime) -> None:
    """Tan's potatoes are 5 kg short; Xiang's are 2 kg more than allocated."""
    with database.transaction() as session:
        stops = session.execute(
            select(StopLot.stop_id, StopLot.lot_id, StopLot.quantity_g).join(
                Stop, Stop.id == StopLot.stop_id
            )
        ).all()
        assert {row.lot_id for row in stops} == {tan.id, xiang.id}
        for row in stops:
            off = -5_000 if row.lot_id == tan.id else 2_000
            for _ in range(2):
                weigh_in(
                    session,
                    stop_id=row.stop_id,
                    lot_id=row.lot_id,
                    outcome=WeighingOutcome.SHORT if off < 0 else WeighingOutcome.LOADED,
                    gross_g=row.quantity_g + off,
                    person_id=market.peng_id,
                    key=f"w{row.lot_id}",
                    at=at,
                )
        accepted = session.scalar(
            select(func.sum(Allocation.accepted_g)).where(Allocation.lot_id == tan.id)
        )
        assert accepted == sum(row.quantity_g for row in stops if row.lot_id == tan.id) - 5_000


def _hand_over_all(session: object, market: Market, at: datetime) -> None:
    lines = session.scalars(  # type: ignore[attr-defined]
        select(OrderLine).where(OrderLine.state == LineState.ALLOCATED)
    ).all()
    for line in lines:
        hand_over(
            session,  # type: ignore[arg-type]
            order_line_id=line.id,
            outcome=LineState.COLLECTED,
            received_g=line.allocated_g - 5_000,
            shop_id=market.shop_id,
            person_id=market.wu_id,
            key=f"h{line.id}",
            at=at,
        )
