"""A worker that is killed as soon as the gateway has taken a message.

``python -m tests.messages.dying_sender DATABASE_URL GATEWAY_URL``
"""

from __future__ import annotations

import os
import signal
import sys

from app.jobs.registry import Registry
from app.jobs.running import Workshop, drain
from app.kernel.clock import FixedClock
from app.kernel.database import Database, bind
from app.messages import work
from app.messages.channels import Channels
from app.messages.reasons import Outcome
from app.messages.texting import GatewaySettings, HttpGateway, Text
from app.web.speaking import PageSpeaker
from tests.market import AT
from tests.messages.conftest import TRANSLATIONS


class Dying:
    """Sends, and dies before anybody hears of it."""

    def __init__(self, url: str) -> None:
        self._gateway = HttpGateway(GatewaySettings(url=url, fields={"words": "{text}"}))

    def send(self, text: Text) -> Outcome:
        """Send and be killed."""
        self._gateway.send(text)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("alive")


if __name__ == "__main__":
    database = Database(sys.argv[1])
    bind(database)
    registry = Registry()
    work.register(registry, Channels(PageSpeaker(TRANSLATIONS), Dying(sys.argv[2]), None, ""))
    drain(Workshop(database, FixedClock(AT), registry, "dying"))
