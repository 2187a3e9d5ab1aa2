"""What happens in the market reaches those whom it concerns, once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from app.kernel.database import Database, reading, transaction
from app.ledger import entries
from app.ledger.entries import Cause
from app.market_days import opening, reminding
from app.models import (
    AccountKind,
    Grade,
    MarketDay,
    MarketDayState,
    Message,
    Plan,
    Run,
    Stop,
)
from farmers.services import harvests
from farmers.services.harvests import Offer
from farmers.services.paying import pay_farmer
from logistics.services import lateness, publishing
from tests.logistics.valley import AT as DAY_AT
from tests.logistics.valley import build
from tests.market import AT, FRIDAY, TUESDAY, Market, make_market


def told(kind: str) -> list[tuple[int, dict[str, object]]]:
    with reading() as session:
        rows = session.execute(
            select(Message.person_id, Message.figures)
            .where(Message.kind == kind)
            .order_by(Message.id)
        )
        return [(row.person_id, row.figures) for row in rows]


def list_potatoes(market: Market, farmer_id: int, *, on: object, key: str) -> None:
    with transaction() as session:
        harvests.offer(
            session,
            cooperative_id=market.cooperative_id,
            listed_by_id=farmer_id,
            offered=Offer(
                farmer_id=farmer_id,
                village_id=market.baiyangping_id,
                crop_id=market.potato_id,
                grade=Grade.CLASS_I,
                quantity_g=50_000,
                unit_code="kg",
                unit_grams=1000,
                ask_minor=200,
                ready_from_on=on,  # type: ignore[arg-type]
                ready_until_on=on,  # type: ignore[arg-type]
                is_uncertain=False,
                note="",
            ),
            key=key,
            at=AT,
        )


def test_who_listed_lately_and_not_for_the_day_is_reminded_once_before_the_cut_off(
    database: Database,
) -> None:
    with transaction() as session:
        market = make_market(session)
        opening.open_coming_days(session, cooperative_id=market.cooperative_id, at=AT)
    list_potatoes(market, market.tan_id, on=FRIDAY, key="potatoes-1")
    with reading() as session:
        day = session.scalars(select(MarketDay).where(MarketDay.on == TUESDAY)).one()
    early, soon = (day.farmers_cutoff_at - timedelta(hours=hours) for hours in (4, 2))
    for at in (early, soon, soon + timedelta(minutes=15), day.farmers_cutoff_at):
        with transaction() as session:
            reminding.remind(session, at=at)
    assert [person_id for person_id, _ in told("farmers_cut_off_soon")] == [market.tan_id]
    with reading() as session:
        message = session.scalars(
            select(Message).where(Message.kind == "farmers_cut_off_soon")
        ).one()
    assert message.useful_until == day.farmers_cutoff_at


def test_a_farmer_who_has_listed_for_the_day_is_left_in_peace(database: Database) -> None:
    with transaction() as session:
        market = make_market(session)
        opening.open_coming_days(session, cooperative_id=market.cooperative_id, at=AT)
    list_potatoes(market, market.tan_id, on=TUESDAY, key="potatoes-1")
    with transaction() as session:
        day = session.scalars(select(MarketDay).where(MarketDay.on == TUESDAY)).one()
        reminding.remind(session, at=day.farmers_cutoff_at - timedelta(hours=1))
    assert told("farmers_cut_off_soon") == []


def test_a_farmer_hears_of_a_pay_out_once_however_often_it_is_sent(database: Database) -> None:
    with transaction() as session:
        market = make_market(session)
        here = {"cooperative_id": market.cooperative_id, "at": AT}
        owing = entries.account(
            session, kind=AccountKind.FARMER_PAYABLE, person_id=market.tan_id, **here
        )
        trade = entries.account(session, kind=AccountKind.TRADE, **here)
        entries.post(
            session,
            reason="sale",
            key="sale",
            cause=Cause("person", market.tan_id),
            moves={owing: 5_000, trade: -5_000},
            **here,
        )
    for _ in range(2):
        with transaction() as session:
            pay_farmer(
                session,
                cooperative_id=market.cooperative_id,
                person_id=market.tan_id,
                amount_minor=3_000,
                source=AccountKind.CASH,
                key="pay-1",
                at=AT,
            )
    assert told("paid_out") == [(market.tan_id, {"amount_minor": 3_000})]


def test_a_day_that_moves_its_cut_off_reminds_of_the_new_one(database: Database) -> None:
    with transaction() as session:
        market = make_market(session)
        opening.open_coming_days(session, cooperative_id=market.cooperative_id, at=AT)
    list_potatoes(market, market.tan_id, on=FRIDAY, key="potatoes-1")
    for on in (TUESDAY, TUESDAY + timedelta(days=1)):
        with transaction() as session:
            session.execute(
                update(MarketDay)
                .where(MarketDay.on == TUESDAY)
                .values(on=on, farmers_cutoff_at=AT + timedelta(hours=1))
            )
            reminding.remind(session, at=AT)
    assert len(told("farmers_cut_off_soon")) == 2


def test_a_window_that_changes_is_told_and_so_is_the_way_back(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        valley.plan()
        run = session.scalars(select(Run)).one()
        for shift in (timedelta(hours=2), timedelta(hours=-2)):
            plan = session.get_one(Plan, valley.plan(publish=False))
            moved = session.scalars(
                select(Stop).join(Run, Run.id == Stop.run_id).where(Run.plan_id == plan.id)
            ).one()
            before = session.scalars(select(Stop.arrives_at).where(Stop.run_id == run.id)).one()
            if shift > timedelta(0):
                moved.arrives_at = before + shift
                moved.departs_at = moved.arrives_at + timedelta(minutes=10)
            session.flush()
            publishing.publish(session, plan_id=plan.id, at=DAY_AT)
            publishing.publish(session, plan_id=plan.id, at=DAY_AT)
    assert len(told("truck_window")) == 1
    changed = [figures["from_at"] for _, figures in told("truck_window_changed")]
    assert len(changed) == 2
    assert changed[1] == told("truck_window")[0][1]["from_at"]


def test_a_late_truck_is_told_each_half_hour_to_those_who_still_wait(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        valley.plan()
        run = session.scalars(select(Run)).one()
        starts_at = run.starts_at
        session.execute(update(MarketDay).values(state=MarketDayState.PLANNED))
    farmer_id = valley.farmers["Wu Mei"].id
    for minutes in (10, 20, 40, 45, 70):
        with database.transaction() as session:
            lateness.run_tell_late(session, payload={}, at=starts_at + timedelta(minutes=minutes))
        heard = {10: 0, 20: 0, 40: 1, 45: 1, 70: 2}[minutes]
        assert [person_id for person_id, _ in told("running_late")] == [farmer_id] * heard
    with database.transaction() as session:
        session.execute(update(Stop).values(done_at=starts_at))
        lateness.run_tell_late(session, payload={}, at=starts_at + timedelta(hours=5))
    assert len(told("running_late")) == 2
