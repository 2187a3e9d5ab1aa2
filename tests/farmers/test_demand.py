"""Expected weekly demand: what was sold near home, what nobody brought, what other sources add."""

from __future__ import annotations

from pathlib import Path

from app.kernel.database import reading
from farmers.services.demand import SOURCES, Wanted, expected_demand
from tests.farmers import grown
from tests.farmers.conftest import Farm


def test_sales_near_home_and_unfilled_requests_make_the_weekly_demand(
    farm: Farm, tmp_path: Path
) -> None:
    grown.sell(farm, tmp_path / "media")
    where = {"cooperative_id": farm.market.cooperative_id, "village_id": farm.market.sancha_id}
    with reading() as session:
        found = expected_demand(session, at=farm.at, **where)
        assert [(one.crop.code, one.weekly_g, one.unfilled_g) for one in found] == [
            ("potato", 100_000, 0)
        ]
        assert found[0].open_g == 100_000
        # Standing orders will join by one more source.
        more = (
            *SOURCES,
            lambda session, question: [Wanted(farm.market.cabbage_id, 30_000, is_standing=True)],
        )
        cabbage = expected_demand(session, at=farm.at, sources=more, **where)[1]
        assert (cabbage.crop.code, cabbage.weekly_g, cabbage.standing_g) == (
            "cabbage",
            30_000,
            30_000,
        )


def test_the_page_shows_demand_and_takes_a_promise_without_javascript(
    farm: Farm, tmp_path: Path
) -> None:
    client = farm.client(farm.market.tan_id)
    assert "Nothing to learn from yet" in client.get("/ahead").text
    grown.sell(farm, tmp_path / "media")
    assert "about 100 kg" in client.get("/ahead").text
    crop_id = farm.market.potato_id
    assert (
        "Buyers near you want about 100 kg a week."
        in client.get(f"/promises/new?crop={crop_id}").text
    )
    form = {
        "key": "promise-key-1",
        "crop": crop_id,
        "quantity": "5",
        "unit": "crate",
        "grade": "I",
        "price": "1,8",
        "price_unit": "kg",
        "weekdays": ["1", "4"],
        "keeps_days": "1",
        "ready_from": "2026-05-06",
        "ready_until": "2026-07-01",
    }
    wrong = client.post("/promises", data=form | {"weekdays": [], "price": "1.80"})
    assert wrong.status_code == 422
    assert "Choose at least one market day of the week." in wrong.text and 'value="5"' in wrong.text
    sent = client.post("/promises", data=form | {"price": "1.80"})
    again = client.post("/promises", data=form | {"price": "1.80"})
    assert sent.status_code == 303 and again.headers["Location"] == sent.headers["Location"]
    page = client.get(sent.headers["Location"]).text
    assert "2 crate" in page and "3 crate" in page and "listed" in page
    assert "potato · 5 crate a week" in client.get("/ahead").text
    supply = farm.client(farm.market.luo_id).get("/promised-supply").text
    assert "potato" in supply and "1 farmer" in supply
