"""The driver, the village lead and the hub worker weigh, without any script."""

from __future__ import annotations

import re

import brotli
import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.kernel.database import reading
from app.models import Allocation, Run, Weighing, WeighingOutcome, WeighingPlace
from tests.logistics.pages.conftest import Stage

KEY = "a-key-of-the-form"


def _weighings(place: WeighingPlace = WeighingPlace.VILLAGE) -> list[tuple[int, str, int]]:
    with reading() as session:
        rows = session.scalars(
            select(Weighing).where(Weighing.place == place).order_by(Weighing.id)
        ).all()
    return [(row.lot_id, row.outcome.value, row.net_g) for row in rows]


def _weigh(stage: Stage, who: str, farmer: str, key: str = KEY, **typed: str) -> TestResponse:
    return stage.client(who).post(
        f"/stops/{stage.stop_of(farmer).id}/weighings",
        data={"key": key, "lot": str(stage.lots[farmer].id), **typed},
    )


def test_a_driver_loads_short_and_absent_and_is_led_to_the_next_stop(stage: Stage) -> None:
    driver = stage.client("driver")
    assert driver.post(f"/runs/{stage.run.id}/departure", data={"key": KEY}).status_code == 303
    lots = {name: lot.id for name, lot in stage.lots.items()}
    response = _weigh(stage, "driver", "Wu Mei", "key-of-wu-mei", outcome="loaded")
    assert response.location == f"/runs/{stage.run.id}?done={stage.stop_of('Wu Mei').id}"
    _weigh(stage, "driver", "Yang Hua", "key-of-yang-hua", outcome="short", weight="35.5")
    _weigh(stage, "driver", "Tan Jun", "key-of-tan-jun", outcome="absent")
    assert sorted(_weighings()) == sorted(
        [
            (lots["Wu Mei"], "loaded", 60_000),
            (lots["Yang Hua"], "short", 35_500),
            (lots["Tan Jun"], "absent", 0),
        ]
    )
    assert "I am at the hub" in driver.get(f"/runs/{stage.run.id}").text
    driver.post(f"/runs/{stage.run.id}/arrival", data={"key": "key-of-the-end"})
    with reading() as session:
        run = session.get_one(Run, stage.run.id)
    assert run.started_at is not None
    assert run.finished_at is not None


def test_a_second_tap_on_the_same_form_leaves_one_row(stage: Stage) -> None:
    for _ in range(2):
        assert _weigh(stage, "driver", "Wu Mei", outcome="loaded").status_code == 303
    assert len(_weighings()) == 1


def test_all_lots_of_a_stop_are_loaded_with_one_tap(stage: Stage) -> None:
    stop = stage.stop_of("Wu Mei")
    typed = {"key": KEY, "lot": "all", "outcome": "loaded"}
    stage.client("driver").post(f"/stops/{stop.id}/weighings", data=typed)
    assert [(outcome, net_g) for _, outcome, net_g in _weighings()] == [
        ("loaded", 60_000),
        ("loaded", 40_000),
    ]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"outcome": "short"}, "Fill this in."),
        ({"outcome": "short", "weight": "heavy"}, "weight"),
        ({"outcome": "refused"}, "Write the reason."),
        ({"outcome": "loaded", "weight": "5", "tare": "6"}, "The crates cannot weigh more"),
        ({"outcome": "loaded", "weight": "6000"}, "more than ten times"),
        ({"outcome": "received"}, "Choose one of the answers."),
    ],
)
def test_a_wrong_entry_is_told_at_its_lot_and_kept(
    stage: Stage, typed: dict[str, str], words: str
) -> None:
    response = _weigh(stage, "driver", "Wu Mei", **typed)
    assert response.status_code == 422
    assert words in response.text
    assert f'value="{typed.get("weight", "")}"' in response.text
    assert _weighings() == []


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("other driver", 403),
        ("other lead", 403),
        ("hub worker", 403),
        ("farmer", 403),
        ("foreign manager", 404),
    ],
)
def test_nobody_else_weighs_at_this_stop(stage: Stage, who: str, status: int) -> None:
    assert _weigh(stage, who, "Wu Mei", outcome="loaded").status_code == status
    assert _weighings() == []


def test_a_lot_of_another_stop_is_no_choice(stage: Stage) -> None:
    response = stage.client("driver").post(
        f"/stops/{stage.stop_of('Wu Mei').id}/weighings",
        data={"key": KEY, "lot": str(stage.lots["Tan Jun"].id), "outcome": "loaded"},
    )
    assert response.status_code == 422
    assert _weighings() == []


def test_a_surplus_is_offered_again_by_a_button(stage: Stage) -> None:
    _weigh(stage, "driver", "Yang Hua", outcome="loaded", weight="52")
    stop = stage.stop_of("Yang Hua")
    driver = stage.client("driver")
    assert "12 kg too much" in driver.get(f"/stops/{stop.id}").text
    assert "Offer 2 kg on the next market day" in driver.get(f"/stops/{stop.id}").text
    address = f"/stops/{stop.id}/lots/{stage.lots['Yang Hua'].id}/surplus"
    response = driver.post(address, data={"key": "key-of-the-surplus"})
    assert response.status_code == 422
    assert "It goes back to the farmer." in response.text
    foreign = f"/stops/{stop.id}/lots/{stage.lots['Tan Jun'].id}/surplus"
    assert driver.post(foreign, data={"key": KEY}).status_code == 404
    assert stage.client("other driver").post(address, data={"key": KEY}).status_code == 403


def test_a_village_lead_gathers_and_weighs_for_the_own_village(stage: Stage) -> None:
    lead = stage.client("lead")
    page = lead.get("/gathering").text
    assert "Wu Mei" in page
    assert "Tan Jun" not in page
    response = _weigh(stage, "lead", "Wu Mei", outcome="short", weight="55")
    assert response.location == f"/gathering?done={stage.stop_of('Wu Mei').id}"
    with reading() as session:
        accepted = session.scalars(
            select(Allocation.accepted_g).where(Allocation.lot_id == stage.lots["Wu Mei"].id)
        ).one()
    assert accepted == 55_000
    assert "short 55 kg" in lead.get("/gathering").text


def test_the_hub_names_what_was_lost_on_the_way(stage: Stage) -> None:
    _weigh(stage, "driver", "Wu Mei", outcome="loaded")
    worker = stage.client("hub worker")
    base = f"/market-days/{stage.valley.day.id}/hubs/{stage.valley.hub.id}"
    assert "Weighed at the village: 60 kg" in worker.get(f"{base}/receiving").text
    typed = {"key": KEY, "lot": str(stage.lots["Wu Mei"].id), "weight": "55"}
    refused = worker.post(f"{base}/weighings", data=typed)
    assert refused.status_code == 422
    assert "Write the reason." in refused.text
    typed |= {"reason": "wet crates", "key": "another-key"}
    assert worker.post(f"{base}/weighings", data=typed).status_code == 303
    assert _weighings(WeighingPlace.HUB) == [
        (stage.lots["Wu Mei"].id, WeighingOutcome.RECEIVED.value, 55_000)
    ]
    assert "wet crates" in worker.get(f"{base}/receiving").text


def test_another_hub_is_closed_to_a_worker(stage: Stage) -> None:
    worker = stage.client("hub worker")
    day, city = stage.valley.day.id, stage.valley.city.id
    assert worker.get(f"/market-days/{day}/hubs/{city}/receiving").status_code == 403
    typed = {"key": KEY, "lot": str(stage.lots["Wu Mei"].id), "weight": "55"}
    response = worker.post(f"/market-days/{day}/hubs/{city}/weighings", data=typed)
    assert response.status_code == 403
    with reading() as session:
        assert session.scalar(select(func.count(Weighing.id))) == 0


def test_the_drivers_page_is_one_small_answer_with_map_and_call_links(stage: Stage) -> None:
    page = stage.client("driver").get(f"/runs/{stage.run.id}").text
    assert len(brotli.compress(page.encode(), quality=5)) <= 6 * 1024
    assert re.search(r'href="geo:30\.\d+,109\.\d+', page)
    assert 'href="tel:+86' in page
    assert '<link rel="stylesheet"' not in page
    assert "style=" not in page.replace("<style", "")
