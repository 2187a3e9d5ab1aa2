"""My day and the statements: every figure of a sale, from the truck's hour to the net."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.kernel.database import reading, transaction
from app.models import Run, Stop
from farmers.services import my_day
from tests.farmers import grown
from tests.farmers.conftest import Farm
from tests.market import FRIDAY, TUESDAY, listed


def test_the_day_tells_the_sale_the_truck_and_why(farm: Farm, tmp_path: Path) -> None:
    grown.sell(farm, tmp_path / "media")
    page = farm.client(farm.market.tan_id).get("/my-day").text
    assert "Truck between" in page
    assert "5 crate → Wuhan hub" in page
    assert "How ¥1.80 per kg comes about" in page
    assert "No buyer needed more at this price." in page
    assert "¥180.00" in page


def test_the_weight_decides_and_the_statement_adds_up(farm: Farm, tmp_path: Path) -> None:
    lot_id = grown.sell(farm, tmp_path / "media")
    client = farm.client(farm.market.tan_id)
    grown.weigh(farm, lot_id, net_g=95_000)
    page = client.get("/my-day").text
    assert "Weighed: 95 kg" in page and "less than sold" in page
    day_id = grown.settle(farm)
    with reading() as session:
        owed = my_day.owed(
            session, farmer_id=farm.market.tan_id, cooperative_id=farm.market.cooperative_id
        )
    assert owed == 17_100
    statement = client.get(f"/statements/days/{day_id}").text
    for figure in ("¥238.45", "− ¥57.95", "− ¥9.50", "¥171.00"):
        assert figure in statement
    table = client.get(f"/statements/days/{day_id}.csv")
    assert table.headers["Content-Type"].startswith("text/csv")
    assert "2026-05-05,potato,Class I,120.0,100.0,95.0,238.45,57.95,9.50,171.00" in table.text
    assert client.get("/statements/months/2026-05.csv").text.count("potato") == 1
    assert (
        "Nothing was sold"
        in farm.client(farm.market.xiang_id).get(f"/statements/days/{day_id}").text
    )
    assert farm.client(farm.market.zhou_id).get(f"/statements/days/{day_id}").status_code == 403


def test_under_way_the_truck_is_expected_by_what_the_driver_marked(
    farm: Farm, tmp_path: Path
) -> None:
    grown.sell(farm, tmp_path / "media")
    with transaction() as session:
        run = session.scalars(select(Run)).one()
        stop = session.scalars(select(Stop).where(Stop.village_id.is_not(None))).one()
        run.started_at = run.starts_at + timedelta(minutes=95)
        planned_at = stop.arrives_at
        farm.app.extensions["clock"].at = run.started_at
    page = farm.client(farm.market.tan_id).get("/my-day").text
    late = (planned_at + timedelta(minutes=95)).astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"Truck at about {late:%-I:%M}" in page
    assert "Yours is the next place" in page
    assert "The truck comes later than you were told." in page
    assert "1 h 35 min" in page
    with transaction() as session:
        session.get_one(Stop, stop.id).done_at = planned_at
    assert "The truck was here at" in farm.client(farm.market.tan_id).get("/my-day").text


def test_days_to_come_stand_before_those_that_are_over(farm: Farm) -> None:
    with transaction() as session:
        for key, on in (("tuesday", TUESDAY), ("friday", FRIDAY)):
            listed(session, farm.market, key=key, at=farm.at, ready_from_on=on)
    farm.app.extensions["clock"].at = farm.at + timedelta(days=2)
    days = {"ready_from_on": FRIDAY + timedelta(1), "ready_until_on": FRIDAY + timedelta(9)}
    with transaction() as session:
        listed(session, farm.market, key="later", at=farm.at, **days)
    page = farm.client(farm.market.tan_id).get("/my-day").text
    friday, later, tuesday = map(page.index, ("Fri, May 8", "Tue, May 12", "Tue, May 5"))
    assert friday < later < tuesday
