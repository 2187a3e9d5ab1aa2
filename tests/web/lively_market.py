"""A market with a settled day, a day on the road and an open one, and pages to look at.

Everything that people typed or that lies on a map is Chinese, so that a Latin letter on
a page in another language is a word that was never offered for translation.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import calendar
from app.cli.demo import acting, offers
from app.cli.demo.founding import Founded, found
from app.cli.demo.region import enshi
from app.cli.demo.rehearsal import Rehearsal
from app.cli.demo.stage import Stage
from app.kernel.clock import FixedClock
from app.kernel.database import Database, bound, reading, transaction
from app.market_days import clearing, opening, planning
from app.messages import delivering, reasons, sending
from app.messages.channels import Channels
from app.messages.reasons import Outcome
from app.messages.texting import Text, WritingGateway
from app.models import (
    Cooperative,
    Crop,
    Fee,
    Grade,
    Hub,
    LineHaul,
    MarketDay,
    Message,
    Person,
    PickupPoint,
    Plan,
    Role,
    RoleKind,
    Run,
    Shop,
    Stop,
    StopLot,
    Vehicle,
    Village,
    WeighingOutcome,
)
from app.orders.tills import open_shift
from app.people.enrolling import enrol
from app.people.roles import RoleWanted
from app.web.speaking import PageSpeaker
from config import ROOT
from farmers.services import promises, stalls, village_sheets
from farmers.services.promises import Promised
from logistics.services.village_routes import create, draft_of_run
from logistics.services.weighing import weigh_in
from tests.web.stage import application, signed_in

SEED, FARMERS, BUYERS, ORDERS = 7, 12, 6, 18


@dataclass(frozen=True)
class LivelyMarket:
    """The application on this market, one person of each role, and a code to enrol with."""

    app: Flask
    database: Database
    people: dict[RoleKind, int]
    code: str
    stall: str

    def client(self, kind: RoleKind | None) -> FlaskClient:
        """Return a browser of the person with a role, or of a stranger."""
        client = self.app.test_client()
        if kind is None:
            return client
        return signed_in(client, self.people[kind], at=self.app.extensions["clock"].now())

    def speak(self, language: str) -> None:
        """Give everybody this language."""
        with transaction() as session:
            session.execute(update(Person).values(language=language))

    @contextmanager
    def renamed(self, *, cooperative: str, person: str, place: str) -> Iterator[None]:
        """Give the cooperative, everybody and every place such a name for a while."""
        kept = []
        with transaction() as session:
            for kind, name in ((Cooperative, cooperative), (Person, person)):
                rows = session.scalars(select(kind).order_by(kind.id)).all()
                kept += [(kind, row.id, {"name": row.name}) for row in rows]
                session.execute(update(kind).values(name=name.strip()))
            for kind in (Hub, PickupPoint, Shop, Village):
                for row in session.scalars(select(kind).order_by(kind.id)):
                    kept.append((kind, row.id, {"name": row.name, "local_name": row.local_name}))
                    row.name, row.local_name = f"{place}{row.id}", f"{place}{row.id}"
        yield
        with transaction() as session:
            for kind, row_id, names in kept:
                session.execute(update(kind).where(kind.id == row_id).values(names))


def make(folder: Path) -> LivelyMarket:
    """Return the market, on a new database in a folder."""
    app = application(folder)
    clock: FixedClock = app.extensions["clock"]
    stage = Stage(bound(), clock.now())
    with transaction() as session:
        founded = found(session, enshi(), farmers=FARMERS, buyers=BUYERS, seed=SEED, at=stage.at)
    with transaction() as session:
        _speak_chinese(session)
    settled = Rehearsal(stage, founded, seed=SEED, is_quiet=True)
    settled.run(orders=ORDERS)
    _send_trucks(stage, founded)
    _open(stage, founded)
    _send_messages(stage)
    with transaction() as session:
        newcomer, code = enrol(
            session,
            cooperative_id=founded.cooperative_id,
            name="newcomer",
            phone=None,
            language="en",
            roles=[RoleWanted(RoleKind.FARMER, village_id=founded.villages[0])],
            created_by_id=founded.manager_id,
            at=stage.at,
        )
        session.get_one(Person, newcomer.id).name = "新来的人"
    clock.at = stage.at
    people = _people()
    with transaction() as session:
        stall = _look_ahead(session, founded, people, stage.at)
    return LivelyMarket(app, stage.database, people, code, stall)


def _offer_and_order(stage: Stage, founded: Founded, name: str) -> MarketDay:
    """Let everybody offer and order for the next day."""
    with transaction() as session:
        opening.open_coming_days(session, cooperative_id=founded.cooperative_id, at=stage.at)
        day = calendar.open_day(session, cooperative_id=founded.cooperative_id, at=stage.at)
        assert day is not None
        for number, offered in enumerate(offers.offers(founded, on=day.on, seed=SEED)):
            acting.offer(session, founded, offered, key=f"{name}-{number}", at=stage.at)
        for number, wish in enumerate(offers.wishes(founded, orders=ORDERS, seed=SEED)):
            acting.order(session, day, wish, key=f"{name}-{number}", at=stage.at)
    return day


def _send_trucks(stage: Stage, founded: Founded) -> None:
    """Bring a day to its published routes; the first truck has loaded its first lot."""
    day = _offer_and_order(stage, founded, "second")
    stage.move_to(max(day.farmers_cutoff_at, day.buyers_cutoff_at) + timedelta(minutes=1))
    manager = {"market_day_id": day.id, "person_id": founded.manager_id}
    with transaction() as session:
        opening.close(session, key="second-close", at=stage.at, **manager)
    with transaction() as session:
        clearing.start(session, key="second-clear", at=stage.at, **manager)
    stage.do_jobs()
    with transaction() as session:
        planning.start(session, market_day_id=day.id, at=stage.at)
    stage.do_jobs()
    with transaction() as session:
        planning.publish(session, key="second-publish", at=stage.at, **manager)
    stage.move_to(day.pickup_at)
    with transaction() as session:
        load, run_id = session.execute(
            select(StopLot, Run.id)
            .join(Stop, Stop.id == StopLot.stop_id)
            .join(Run, Run.id == Stop.run_id)
            .join(Plan, Plan.id == Run.plan_id)
            .where(Plan.market_day_id == day.id)
            .order_by(Run.id, Stop.position, StopLot.lot_id)
            .limit(1)
        ).one()
        weigh_in(
            session,
            stop_id=load.stop_id,
            lot_id=load.lot_id,
            outcome=WeighingOutcome.SHORT,
            gross_g=load.quantity_g * 9 // 10,
            person_id=founded.driver_ids[0],
            key="second-load",
            at=stage.at,
        )
        route = draft_of_run(session, run_id=run_id, cooperative_id=founded.cooperative_id)
        create(session, cooperative_id=founded.cooperative_id, draft=route)


def _open(stage: Stage, founded: Founded) -> None:
    """Leave a day open, a till open, and a lot without a day."""
    _offer_and_order(stage, founded, "third")
    with transaction() as session:
        shop_id = session.scalars(
            select(PickupPoint.shop_id).where(PickupPoint.id == founded.points[0])
        ).one()
        open_shift(
            session,
            shop_id=shop_id,
            person_id=founded.shopkeeper_ids[0],
            float_minor=20_000,
            key="third-till",
            at=stage.at,
        )


def _look_ahead(
    session: Session, founded: Founded, people: dict[RoleKind, int], at: datetime
) -> str:
    """Give the farmer a promise and a stall, and the manager a village's sheet with faults."""
    farmer_id, today = people[RoleKind.FARMER], at.date()
    crop = session.scalars(select(Crop).order_by(Crop.id)).first()
    assert crop is not None
    promises.promise(
        session,
        cooperative_id=founded.cooperative_id,
        farmer_id=farmer_id,
        promised=Promised(
            crop_id=crop.id,
            grade=Grade.CLASS_I,
            weekly_g=60_000,
            unit_code="kg",
            unit_grams=1000,
            ask_minor=180,
            weekdays=(1, 4),
            keeps_days=1,
            starts_on=today,
            ends_on=today + timedelta(days=60),
        ),
        key="ahead-promise",
        at=at,
    )
    rows = f"farmer,crop,quantity,price,ready_from\n{session.get_one(Person, farmer_id).name}"
    village_sheets.upload(
        session,
        cooperative_id=founded.cooperative_id,
        person_id=people[RoleKind.MANAGER],
        file_name="龙凤镇",
        data=f"{rows},{crop.code},40,2.5,{today}\n没有的人,,许多,2,{today}\n".encode(),
        key="ahead-sheet",
        at=at,
    )
    stall = stalls.keep(
        session,
        farmer_id=farmer_id,
        cooperative_id=founded.cooperative_id,
        name="桂花的摊位",
        greeting="早上现摘",
        is_open=True,
        at=at,
    )
    return stall.name


class _Gateway:
    """Takes every second text message, and leaves the end of the others open."""

    def __init__(self) -> None:
        self._taken = WritingGateway()

    def send(self, text: Text) -> Outcome:
        """Write the text down, or say nothing."""
        if text.delivery_id % 2:
            return reasons.unknown(reasons.NO_ANSWER)
        return self._taken.send(text)


def _send_messages(stage: Stage) -> None:
    """Give everybody a phone, and send what they were told in the last days to it."""
    channels = Channels(PageSpeaker(ROOT / "app" / "translations"), _Gateway(), None, "")
    with transaction() as session:
        for person in session.scalars(select(Person).order_by(Person.id)):
            person.phone = f"+8613{person.id:09d}"
            person.language = "zh"
        message_ids = session.scalars(select(Message.id).order_by(Message.id)).all()
        delivering.make(session, message_ids=message_ids, channels=channels, at=stage.at)
    for _ in range(12):
        with transaction() as session:
            parcel = sending.claim(session, channels=channels, at=stage.at)
        if parcel is None:
            break
        outcome = sending.ask(parcel, channels=channels, at=stage.at)
        with transaction() as session:
            delivering.end(
                session,
                delivery_id=parcel.delivery_id,
                attempt=parcel.attempt,
                outcome=outcome,
                at=stage.at,
            )


def _people() -> dict[RoleKind, int]:
    with reading() as session:
        rows = session.execute(select(Role.kind, Role.person_id).order_by(Role.id.desc())).all()
    # The first of each kind has the most to look at.
    first: dict[RoleKind, int] = {}
    for kind, person_id in rows:
        first[kind] = person_id
    return first


def _speak_chinese(session: Session) -> None:
    """Give everything that people typed a Chinese name."""
    session.execute(update(Cooperative).values(name="恩施山里合作社"))
    for person in session.scalars(select(Person)):
        person.name = f"覃桂花{person.id}"
    for vehicle in session.scalars(select(Vehicle)):
        vehicle.name = f"{vehicle.id}号货车"
    session.execute(update(Fee).values(name="合作社服务费"))
    session.execute(update(LineHaul).values(carrier="清江货运"))
