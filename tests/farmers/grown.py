"""A market day of Tan Guihua's potatoes, taken as far as a test wants it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from app.jobs.running import Workshop, run
from app.kernel.clock import FixedClock
from app.kernel.database import bound, transaction
from app.ledger import cards
from app.market_days import clearing, collecting, delivering, planning, settling
from app.media.store import FolderStore
from app.models import (
    AccountKind,
    Grade,
    Job,
    JobState,
    LineState,
    MarketDay,
    OrderLine,
    PaymentMethod,
    Stop,
    StopLot,
    WeighingOutcome,
)
from app.orders.handing_over import hand_over
from app.orders.placing import file_request
from app.tasks import build_registry
from logistics.services.weighing import weigh_in
from tests.farmers.conftest import Farm
from tests.market import TUESDAY, listed


def work(folder: Path, at: datetime) -> None:
    """Do every job that is due."""
    workshop = Workshop(bound(), FixedClock(at), build_registry(FolderStore(folder)), "test")
    while True:
        with bound().reading() as session:
            job_id = session.scalar(
                select(Job.id)
                .where(Job.state == JobState.WAITING, (Job.due_at.is_(None)) | (Job.due_at <= at))
                .order_by(Job.id)
                .limit(1)
            )
        if job_id is None:
            return
        run(workshop, job_id=job_id)


def sell(farm: Farm, folder: Path, *, plan: bool = True) -> int:
    """List 120 kg, have 100 kg asked for, clear, publish the routes; return the lot."""
    market, at = farm.market, farm.at
    with transaction() as session:
        lot = listed(session, market, key="sold", at=at, unit_code="crate", unit_grams=20_000)
        cards.top_up(
            session,
            cooperative_id=market.cooperative_id,
            person_id=market.zhou_id,
            amount_minor=200_000,
            source=AccountKind.BANK,
            key="t",
            at=at,
        )
        file_request(
            session,
            buyer_id=market.zhou_id,
            crop_id=market.potato_id,
            quantity_g=100_000,
            unit_code="kg",
            unit_grams=1000,
            limit_minor=600,
            least_grade=Grade.CLASS_I,
            pickup_point_id=market.pickup_point_id,
            payment_method=PaymentMethod.CARD,
            first_on=TUESDAY,
            last_on=TUESDAY,
            key="r",
            at=at,
        )
        day = session.scalars(select(MarketDay).where(MarketDay.on == TUESDAY)).one()
    later = day.buyers_cutoff_at + timedelta(minutes=5)
    work(folder, later)
    with transaction() as session:
        clearing.start(session, market_day_id=day.id, key="c", person_id=market.luo_id, at=later)
    work(folder, later)
    if not plan:
        return lot.id
    with transaction() as session:
        planning.start(session, market_day_id=day.id, at=later)
    work(folder, later)
    with transaction() as session:
        planning.publish(session, market_day_id=day.id, key="p", person_id=market.luo_id, at=later)
    return lot.id


def weigh(farm: Farm, lot_id: int, *, net_g: int) -> None:
    """Put a lot on the village's scale in a crate of 2 kg."""
    with transaction() as session:
        stop_id = session.scalars(
            select(Stop.id).join(StopLot).where(StopLot.lot_id == lot_id)
        ).one()
        day = session.scalars(select(MarketDay).where(MarketDay.on == TUESDAY)).one()
        weigh_in(
            session,
            stop_id=stop_id,
            lot_id=lot_id,
            outcome=WeighingOutcome.SHORT,
            gross_g=net_g + 2_000,
            tare_g=2_000,
            person_id=farm.market.peng_id,
            key=f"w{lot_id}",
            at=day.pickup_at,
        )


def settle(farm: Farm) -> int:
    """Finish collection, hand everything over and settle; return the market day."""
    market = farm.market
    with transaction() as session:
        day = session.scalars(select(MarketDay).where(MarketDay.on == TUESDAY)).one()
        at = day.pickup_at + timedelta(hours=30)
        collecting.finish(session, market_day_id=day.id, key="e", person_id=market.luo_id, at=at)
        for line in session.scalars(
            select(OrderLine).where(OrderLine.state == LineState.ALLOCATED)
        ).all():
            hand_over(
                session,
                order_line_id=line.id,
                outcome=LineState.COLLECTED,
                received_g=95_000,
                shop_id=market.shop_id,
                person_id=market.wu_id,
                key=f"h{line.id}",
                at=at,
            )
        delivering.finish(session, market_day_id=day.id, key="f", person_id=market.luo_id, at=at)
        settling.settle(session, market_day_id=day.id, key="g", person_id=market.luo_id, at=at)
    return day.id
