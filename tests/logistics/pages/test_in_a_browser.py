"""The routes in a real browser: a phone of 360 px, and no script at all for the driver."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from app.kernel.database import reading, transaction
from app.models import Run, Weighing
from app.people import sessions
from app.web.session import DEVICE_COOKIE
from tests.logistics.pages.conftest import Stage
from tests.logistics.valley import AT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def address(stage: Stage) -> Iterator[str]:
    """Serve the stage to browsers on this machine."""
    server = make_server("127.0.0.1", 0, stage.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _page(browser: Browser, stage: Stage, address: str, who: str, *, scripts: bool) -> Page:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, java_script_enabled=scripts
    )
    context.set_default_timeout(15_000)
    with transaction() as session:
        token = sessions.start(session, person_id=stage.people[who].id, device="browser", at=AT)
    context.add_cookies([{"name": DEVICE_COOKIE, "value": token, "url": address}])
    return context.new_page()


def test_a_driver_goes_through_a_run_without_any_script(
    browser: Browser, stage: Stage, address: str
) -> None:
    page = _page(browser, stage, address, "driver", scripts=False)
    page.goto(f"{address}/runs")
    page.get_by_role("link", name="Truck 1").click()
    page.get_by_role("button", name="I am leaving now").click()
    for _ in stage.stops:
        # A stop of two lots is loaded with one tap, a stop of one as well.
        several = page.get_by_role("button", name="lots loaded as planned")
        one = page.get_by_role("button", name="Loaded")
        (several if several.count() else one).first.click()
    page.get_by_role("button", name="I am at the hub").click()
    assert page.get_by_role("heading", name="Back at Enshi hub").is_visible()
    with reading() as session:
        assert session.get_one(Run, stage.run.id).finished_at is not None
        weighed = session.scalars(select(Weighing.net_g).order_by(Weighing.lot_id)).all()
    assert weighed == [60_000, 40_000, 80_000]
    page.context.close()


def test_no_page_of_the_routes_is_wider_than_a_phone(
    browser: Browser, stage: Stage, address: str
) -> None:
    base = f"/market-days/{stage.valley.day.id}/hubs/{stage.valley.hub.id}"
    pages = {
        "manager": ["/plans", f"{base}/plan", "/village-routes", "/village-routes/new"],
        "driver": ["/runs", f"/runs/{stage.run.id}", f"/stops/{stage.stops[0].id}"],
        "lead": ["/gathering"],
        "hub worker": ["/receiving", f"{base}/receiving"],
    }
    for who, paths in pages.items():
        page = _page(browser, stage, address, who, scripts=True)
        errors: list[str] = []
        page.on("pageerror", lambda error, seen=errors: seen.append(str(error)))
        page.on(
            "console",
            lambda line, seen=errors: seen.append(line.text) if line.type == "error" else None,
        )
        for path in paths:
            page.goto(address + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        assert errors == []
        page.context.close()


def test_buttons_on_the_drivers_page_are_large_enough_for_wet_hands(
    browser: Browser, stage: Stage, address: str
) -> None:
    page = _page(browser, stage, address, "driver", scripts=False)
    page.goto(f"{address}/runs/{stage.run.id}")
    small = {}
    for target in page.locator("main button:visible, main summary:visible, main .button").all():
        box = target.bounding_box()
        assert box is not None
        if box["height"] < 56:
            small[target.inner_text()] = box["height"]
    assert small == {}
    page.context.close()
