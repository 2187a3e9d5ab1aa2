"""A day of many villages around Enshi with six trucks, matched and ready to be planned."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from app.jobs.registry import Registry
from app.jobs.running import Workshop, run
from app.kernel.clock import FixedClock
from app.kernel.database import bound, transaction
from app.models import Person, RoleKind
from app.models.jobs import Job, JobState
from app.people import sessions
from app.web.session import DEVICE_COOKIE
from logistics.services import improving
from logistics.services import jobs as plan_jobs
from tests.logistics.rows import AT, ENSHI
from tests.logistics.valley import Valley, build
from tests.web.stage import application

SEARCHES = (plan_jobs.KIND, improving.KIND)


@dataclass
class HillDay:
    """The application on this day, and where it is served."""

    app: Flask
    valley: Valley
    address: str

    @property
    def clock(self) -> FixedClock:
        """Return the clock that the application looks at."""
        clock: FixedClock = self.app.extensions["clock"]
        return clock

    def page(self, context: BrowserContext, person: Person) -> Page:
        """Return a browser's page on which a person is signed in."""
        with transaction() as session:
            token = sessions.start(session, person_id=person.id, device="b", at=self.clock.now())
        context.add_cookies([{"name": DEVICE_COOKIE, "value": token, "url": self.address}])
        return context.new_page()

    def do_jobs(self) -> None:
        """Do what waits to be planned or improved, as a worker would."""
        registry = Registry()
        registry.add(plan_jobs.KIND, plan_jobs.handle_plan)
        registry.add(improving.KIND, improving.handle_improvement)
        with transaction() as session:
            waiting = session.scalars(
                select(Job.id)
                .where(Job.state == JobState.WAITING, Job.kind.in_(SEARCHES))
                .order_by(Job.id)
            ).all()
        for job_id in waiting:
            run(Workshop(bound(), self.clock, registry, "worker"), job_id=job_id)


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing: the tests look at pages, not at requests."""


@contextmanager
def hill_day(folder: Path, *, villages: int = 60, trucks: int = 6) -> Iterator[HillDay]:
    """Build the day in a folder and serve it to browsers on this machine."""
    app = application(folder, at=AT)
    with transaction() as session:
        valley = build(session)
        _fill(valley, villages, trucks)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield HillDay(app, valley, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        bound().dispose()


def _fill(valley: Valley, villages: int, trucks: int) -> None:
    """Write villages on hills around the hub, each with a farmer who sold something."""
    chance = random.Random(7)
    valley.line_haul("Village coach", 1200)
    for number in range(2, trucks + 1):
        driver = valley.person(f"Driver {number}", RoleKind.DRIVER)
        valley.vehicle(
            f"Truck {number}", driver_id=driver.id, capacity_g=3_000_000, cost_per_hour_minor=3_000
        )
    valley.truck.capacity_g, valley.truck.cost_per_hour_minor = 3_000_000, 3_000
    for number in range(1, villages + 1):
        far, turn = chance.uniform(0.03, 0.3), chance.uniform(0, 2 * math.pi)
        name = f"Hill {number}"
        valley.village(
            name, lat=ENSHI[0] + far * math.sin(turn), lon=ENSHI[1] + far * math.cos(turn)
        )
        quantity_g = chance.randrange(80, 330) * 1000
        valley.offer(f"Farmer {number}", name, quantity_g, quantity_g)
