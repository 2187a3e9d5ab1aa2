"""A farmer who is told things, and a worker with a gateway that a test can break."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import select, update

from app import messages
from app.jobs.registry import Registry
from app.jobs.running import Workshop, drain
from app.kernel.clock import FixedClock
from app.kernel.database import Database
from app.messages import work
from app.messages.channels import Channels
from app.messages.texting import GatewaySettings, HttpGateway
from app.models import Channel, DeliveryState, MessageDelivery, Person
from app.web.speaking import PageSpeaker
from config import ROOT
from tests.market import AT, Market, make_market
from tests.messages.services_of_others import Stub, stub_service

PHONE = "+8613912345678"
TRANSLATIONS = ROOT / "app" / "translations"


@dataclass
class Outbox:
    """A market's messages, and the worker that sends them."""

    database: Database
    market: Market
    clock: FixedClock
    gateway: Stub

    def channels(self, **settings: object) -> Channels:
        """Return channels with the stub as their gateway."""
        fields = {"number": "{to}", "words": "{text}"}
        gateway = GatewaySettings(url=f"{self.gateway.url}/send", fields=fields, **settings)  # type: ignore[arg-type]
        return Channels(
            PageSpeaker(TRANSLATIONS), HttpGateway(gateway), None, "https://farm.example"
        )

    def tell(self, kind: str = "day_cancelled", event: str = "day:1", **figures: object) -> None:
        """Tell Tan Guihua something."""
        with self.database.transaction() as session:
            messages.tell(
                session,
                person_id=self.market.tan_id,
                cooperative_id=self.market.cooperative_id,
                kind=kind,
                event_key=event,
                figures={"day_on": "2026-05-05", **figures},  # type: ignore[arg-type]
                at=self.clock.now(),
            )

    def work(self, channels: Channels | None = None) -> int:
        """Do every job that is due; return how many attempts that took."""
        registry = Registry()
        work.register(registry, channels or self.channels())
        return drain(Workshop(self.database, self.clock, registry, "test"))

    def deliveries(self) -> list[MessageDelivery]:
        """Return every delivery."""
        with self.database.reading() as session:
            return list(session.scalars(select(MessageDelivery).order_by(MessageDelivery.id)))

    def only(self) -> tuple[DeliveryState, str | None]:
        """Return state and reason of the one delivery."""
        (delivery,) = self.deliveries()
        assert delivery.channel is Channel.SMS
        return delivery.state, delivery.reason

    def pass_time(self, to: datetime) -> None:
        """Let the clock go on."""
        self.clock.at = to


@pytest.fixture
def gateway() -> Iterator[Stub]:
    """Return a text gateway."""
    with stub_service() as stub:
        yield stub


@pytest.fixture
def outbox(database: Database, gateway: Stub) -> Outbox:
    """Return a market with one phone, on both databases."""
    with database.transaction() as session:
        market = make_market(session)
        session.execute(update(Person).where(Person.id == market.tan_id).values(phone=PHONE))
    return Outbox(database, market, FixedClock(AT), gateway)
