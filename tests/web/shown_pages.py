"""Every page that people of the lively market are shown, found through the address map."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule

from app.kernel.database import reading
from app.models import Base, RoleKind
from tests.web.lively_market import LivelyMarket
from tests.web.routes import OWN_TO_FLASK

# Where an address holds a row's number, the table that the number is of.
TABLES = {
    "clip_id": "voice_clip",
    "crop_id": "crop",
    "day_id": "market_day",
    "hub_id": "hub",
    "job_id": "job",
    "import_id": "spreadsheet_import",
    "line_id": "order_line",
    "lot_id": "lot",
    "market_day_id": "market_day",
    "order_id": "orders",
    "person_id": "person",
    "photo_id": "photo",
    "plan_id": "plan",
    "promise_id": "supply_promise",
    "route_id": "village_route",
    "run_id": "run",
    "shift_id": "till_shift",
    "stop_id": "stop",
}
# The days that come first are further on.
OLDEST_FIRST = {"day_id", "hub_id", "market_day_id", "person_id"}
# These pages are other ones at each step of a market day.
SHOWN_OF_EACH = {"days.show": 4, "driving.stop": 2, "harvests.show": 4, "orders.detail": 2}
_ARGUMENT = re.compile(r"<(?:[^<>]*:)?(\w+)>")


@dataclass(frozen=True)
class Shown:
    """A page that one of the people is shown, or a stranger."""

    endpoint: str
    address: str
    kind: RoleKind | None

    @property
    def name(self) -> str:
        """The page's name in a test's report."""
        return f"{self.kind or 'stranger'} {self.address}"


def shown_pages(market: LivelyMarket) -> list[Shown]:
    """Return the pages, each with rows that the person may see."""
    values = _values(market)
    rules = sorted(market.app.url_map.iter_rules(), key=lambda rule: rule.rule)
    return [
        shown
        for kind in (None, *market.people)
        for client in [market.client(kind)]
        for rule in rules
        if "GET" in (rule.methods or ()) and rule.endpoint not in OWN_TO_FLASK
        for shown in _of_rule(market.app, client, rule, kind, values)
    ]


def _of_rule(
    app: Flask,
    client: FlaskClient,
    rule: Rule,
    kind: RoleKind | None,
    values: dict[str, list[str]],
) -> Iterator[Shown]:
    guard = getattr(app.view_functions[rule.endpoint], "guarded_for", ())
    # What is open to everybody looks the same to everybody, but for the first page.
    if kind not in (guard or (None,)) and rule.endpoint != "home.show":
        return
    left = SHOWN_OF_EACH.get(rule.endpoint, 1)
    names = _ARGUMENT.findall(rule.rule)
    for chosen in product(*(values.get(name, ["nothing"]) for name in names)):
        address = _ARGUMENT.sub("{}", rule.rule).format(*chosen)
        with client.get(address) as answer:
            is_page = answer.status_code == 200 and answer.mimetype == "text/html"
        if is_page:
            yield Shown(rule.endpoint, address, kind)
            left -= 1
        if left == 0:
            return


def _values(market: LivelyMarket) -> dict[str, list[str]]:
    with reading() as session:
        values = {}
        for argument, name in TABLES.items():
            key = Base.metadata.tables[name].c.id
            order = key if argument in OLDEST_FIRST else key.desc()
            ids = session.scalars(select(key).order_by(order))
            values[argument] = [str(one) for one in ids]
    month = market.app.extensions["clock"].now()
    return values | {
        "code": [market.code],
        "month": [f"{month:%Y-%m}"],
        "name": [market.stall],
        "shape": ["poster"],
    }
