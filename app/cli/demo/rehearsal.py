"""One market day, from the listings to the statements, by the services that pages call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypedDict, TypeVar

from sqlalchemy import select
from tqdm import tqdm

from app import calendar
from app.cli.demo import acting, offers, report
from app.cli.demo.founding import Founded
from app.cli.demo.report import Offered
from app.cli.demo.stage import Stage
from app.kernel.errors import N_, Refusal
from app.market_days import clearing, collecting, delivering, opening, planning, settling
from app.models import (
    LineState,
    Order,
    OrderLine,
    PickupPoint,
    Plan,
    Run,
    Stop,
    StopLot,
    WeighingOutcome,
)
from app.orders.allocating import expected_g
from app.orders.handing_over import hand_over
from logistics.services.weighing import weigh_in

Item = TypeVar("Item")
_SHORT_PERCENT, _OVER_G = 90, 2_000
_TRUCKS_AFTER, _TRUCKS_BACK_AFTER = timedelta(hours=9), timedelta(hours=17)


class _Request(TypedDict):
    """What a step of the day is asked with."""

    market_day_id: int
    key: str
    person_id: int
    at: datetime


class NoMarketDay(Refusal):
    """The calendar gave the rehearsal no day to work on."""

    code = "rehearsal_without_day"
    message = N_("The calendar has no market day to rehearse.")


class Rehearsal:
    """A market day on a stage, one step after the other."""

    def __init__(self, stage: Stage, founded: Founded, *, seed: int, is_quiet: bool) -> None:
        self.stage = stage
        self.founded = founded
        self.offered = Offered(0, 0, 0)
        self._seed = seed
        self._is_quiet = is_quiet
        with stage.database.reading() as session:
            day = calendar.open_day(session, cooperative_id=founded.cooperative_id, at=stage.at)
        if day is None:
            raise NoMarketDay
        self.day = day

    def run(self, *, orders: int) -> None:
        """Walk the whole day; every step is what a page or the scheduler does."""
        self._offer()
        self._order(orders)
        self._clear()
        self._plan()
        self._collect()
        self._hand_over()
        with self.stage.database.transaction() as session:
            settling.settle(session, **self._step("settle"))

    def _offer(self) -> None:
        made = list(offers.offers(self.founded, on=self.day.on, seed=self._seed))
        for number, offered in enumerate(self._shown(made, "farmers offer")):
            with self.stage.database.transaction() as session:
                acting.offer(session, self.founded, offered, key=f"demo-{number}", at=self.stage.at)

    def _order(self, orders: int) -> None:
        wanted = list(offers.wishes(self.founded, orders=orders, seed=self._seed))
        for number, wish in enumerate(self._shown(wanted, "buyers order")):
            with self.stage.database.transaction() as session:
                acting.order(session, self.day, wish, key=f"demo-{number}", at=self.stage.at)

    def _clear(self) -> None:
        cutoff_at = max(self.day.farmers_cutoff_at, self.day.buyers_cutoff_at)
        self.stage.move_to(cutoff_at + timedelta(minutes=1))
        with self.stage.database.transaction() as session:
            opening.close(session, **self._step("close"))
        with self.stage.database.transaction() as session:
            clearing.start(session, **self._step("clear"))
        with self._bar("clearing"):
            self.stage.do_jobs()
        with self.stage.database.reading() as session:
            self.offered = report.offered(session, market_day_id=self.day.id)

    def _plan(self) -> None:
        with self.stage.database.transaction() as session:
            planning.start(session, market_day_id=self.day.id, at=self.stage.at)
        with self._bar("village routes"):
            self.stage.do_jobs()
        with self.stage.database.transaction() as session:
            planning.publish(session, **self._step("publish"))

    def _collect(self) -> None:
        """Weigh in: the first lot is short, the second's farmer absent, the third is over."""
        self.stage.move_to(self.day.confirm_by_at + _TRUCKS_AFTER)
        with self.stage.database.reading() as session:
            loads = session.execute(
                select(StopLot.stop_id, StopLot.lot_id, StopLot.quantity_g, Run.driver_id)
                .join(Stop, Stop.id == StopLot.stop_id)
                .join(Run, Run.id == Stop.run_id)
                .join(Plan, Plan.id == Run.plan_id)
                .where(
                    Plan.market_day_id == self.day.id,
                    Plan.published_at.is_not(None),
                    Plan.replaced_at.is_(None),
                )
                .order_by(Run.id, Stop.position, StopLot.lot_id)
            ).all()
        for number, load in enumerate(self._shown(loads, "collection")):
            outcome, gross_g = WeighingOutcome.LOADED, load.quantity_g
            if number == 0:
                outcome, gross_g = WeighingOutcome.SHORT, gross_g * _SHORT_PERCENT // 100
            elif number == 1:
                outcome, gross_g = WeighingOutcome.ABSENT, 0
            elif number == 2:
                gross_g += _OVER_G
            with self.stage.database.transaction() as session:
                weigh_in(
                    session,
                    stop_id=load.stop_id,
                    lot_id=load.lot_id,
                    outcome=outcome,
                    gross_g=gross_g,
                    person_id=load.driver_id or self.founded.manager_id,
                    key=f"demo-{load.stop_id}-{load.lot_id}",
                    at=self.stage.at,
                )
        self.stage.move_to(self.day.confirm_by_at + _TRUCKS_BACK_AFTER)
        with self.stage.database.transaction() as session:
            collecting.finish(session, **self._step("collect"))

    def _hand_over(self) -> None:
        self.stage.move_to(self.day.pickup_at + timedelta(hours=2))
        with self.stage.database.reading() as session:
            lines = session.execute(
                select(OrderLine.id, PickupPoint.shop_id)
                .join(Order, Order.id == OrderLine.order_id)
                .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
                .where(Order.market_day_id == self.day.id, OrderLine.state == LineState.ALLOCATED)
                .order_by(OrderLine.id)
            ).all()
        keeper = dict(zip(self._shops(), self.founded.shopkeeper_ids, strict=True))
        for line in self._shown(lines, "hand-over"):
            with self.stage.database.transaction() as session:
                received_g = expected_g(session, order_line_id=line.id)
                hand_over(
                    session,
                    order_line_id=line.id,
                    outcome=LineState.COLLECTED if received_g else LineState.REFUSED,
                    received_g=received_g,
                    shop_id=line.shop_id,
                    person_id=keeper[line.shop_id],
                    key=f"demo-{line.id}",
                    at=self.stage.at,
                )
        with self.stage.database.transaction() as session:
            delivering.finish(
                session,
                market_day_id=self.day.id,
                key="demo-deliver",
                person_id=self.founded.manager_id,
                at=self.stage.at,
            )

    def _shops(self) -> list[int]:
        with self.stage.database.reading() as session:
            return list(
                session.scalars(
                    select(PickupPoint.shop_id)
                    .where(PickupPoint.id.in_(self.founded.points))
                    .order_by(PickupPoint.id)
                )
            )

    def _shown(self, items: Sequence[Item], what: str) -> Iterator[Item]:
        """Yield items behind a progress bar, which shows itself after a second."""
        return iter(tqdm(items, desc=what, delay=1, leave=False, disable=self._is_quiet))

    @contextmanager
    def _bar(self, what: str) -> Iterator[None]:
        """Say what is being solved, for as long as it takes."""
        with tqdm(
            desc=what, bar_format="{desc} … {elapsed}", leave=False, disable=self._is_quiet
        ) as bar:
            bar.refresh()
            yield

    def _step(self, name: str) -> _Request:
        return {
            "market_day_id": self.day.id,
            "key": f"demo-{name}",
            "person_id": self.founded.manager_id,
            "at": self.stage.at,
        }
