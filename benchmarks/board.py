"""Measure the board: from dropping a stop in the browser to its new, checked cost there.

``python -m benchmarks.board --stops 300 --drags 15`` plans a day of so many villages,
drags stops between its routes in Chromium, and prints the milliseconds of each drag from
the drop to the changed columns standing in the page. The last line is one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import statistics
import tempfile
from pathlib import Path

import structlog
from playwright.sync_api import Page, sync_playwright

from app.kernel.database import transaction
from tests.logistics.pages.hill_day import hill_day

STOPS_A_TRUCK = 15


def main() -> None:
    """Measure, print, and end with one line of JSON."""
    parser = argparse.ArgumentParser(prog="benchmarks.board", description=__doc__)
    parser.add_argument("--stops", type=int, default=300)
    parser.add_argument("--drags", type=int, default=15)
    options = parser.parse_args()
    found = drags(options.stops, options.drags)
    print(json.dumps(found, separators=(",", ":")))


def drags(stops: int, count: int) -> dict[str, float | int]:
    """Return milliseconds from drop to checked cost, over some drags after a first one."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with (
        tempfile.TemporaryDirectory() as folder,
        hill_day(Path(folder), villages=stops, trucks=stops // STOPS_A_TRUCK) as day,
        sync_playwright() as playwright,
    ):
        with transaction() as session:
            day.valley.session = session
            plan_id = day.valley.plan(publish=False)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1600, "height": 1000})
        page = day.page(context, day.valley.manager)
        page.goto(f"{day.address}/plans/{plan_id}/board")
        took = [_drag(page, version) for version in range(1, count + 2)][1:]
        browser.close()
    return {
        "stops": stops,
        "drags": count,
        "median_ms": round(statistics.median(took)),
        "slowest_ms": round(max(took)),
    }


def _drag(page: Page, version: int) -> float:
    """Drag the second stop of one column into the next and return how long it took."""
    columns = [one for one in page.locator(".column").all() if one.locator(".visit").count() > 3]
    origin, target = columns[version % 2], columns[1 - version % 2]
    origin.locator(".visit").nth(4).scroll_into_view_if_needed()
    target.locator(".visit").nth(4).scroll_into_view_if_needed()
    handle = origin.locator(".visit .handle").nth(1).bounding_box()
    place = target.locator(".visit").nth(2).bounding_box()
    if handle is None or place is None:
        raise RuntimeError("a column is not on the screen")
    page.mouse.move(handle["x"] + 10, handle["y"] + 10)
    page.mouse.down()
    page.mouse.move(place["x"] + 60, place["y"] + 4, steps=3)
    page.mouse.up()
    page.wait_for_selector(f'[data-board][data-version="{version}"]')
    # The figure is written down just after the columns stand in the page.
    page.wait_for_timeout(200)
    return float(page.locator("[data-board]").get_attribute("data-took-ms") or 0)


if __name__ == "__main__":
    main()
