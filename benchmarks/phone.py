"""Measure the farmer's pages: their size, opening them again, and the tap to saved.

What is not measured here: a slow link with real round trips. The browser's own
throttling skips handshakes, so its times on a "2G" profile would flatter; the size and
the number of requests before the form can be used stand in for it.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, sync_playwright
from waitress.server import create_server

from app.catalogue.crops import crops
from app.catalogue.services import adopt
from app.kernel.database import transaction
from app.web.session import DEVICE_COOKIE
from tests.conftest import CHROMIUM_FLAGS
from tests.farmers.conftest import Farm, open_farm

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
SLOWER = 6
REPEATS = 5
GOALS = {"listing_bytes": 6144, "open_again_ms": 600, "open_offline_ms": 600, "saved_ms": 150}
LEFT_OUT = "link emulation: no time to interactive behind a slow link with real handshakes"


def main() -> None:
    """Print each figure with its goal, then all of them as one JSON line."""
    found = next((path for path in CHROMIUM if Path(path).exists()), None)
    if found is None:
        sys.exit("no Chromium was found; apt install chromium")
    with tempfile.TemporaryDirectory() as folder:
        farm = open_farm(Path(folder), datetime.now(UTC))
        with transaction() as session:
            codes = [crop.code for crop in crops()][::5][:28]
            adopt(session, cooperative_id=farm.market.cooperative_id, codes=codes)
        figures: dict[str, object] = dict(sizes(farm))
        figures |= in_browser(farm, found)
    for name, goal in GOALS.items():
        print(f"{name:16} {figures[name]:>6} of at most {goal} ({int(figures[name]) / goal:.2f})")
    print(f"left out: {LEFT_OUT}")
    print(json.dumps({**figures, "goals": GOALS, "cpu_slower": SLOWER, "left_out": LEFT_OUT}))


def sizes(farm: Farm) -> dict[str, int]:
    """Return the bytes of each page on the wire, in brotli."""
    client = farm.client(farm.market.tan_id)
    paths = {"listing": "/harvests/new", "harvests": "/harvests", "my_day": "/my-day"}
    found = {
        f"{name}_bytes": len(client.get(path, headers={"Accept-Encoding": "br"}).data)
        for name, path in paths.items()
    }
    scripts = ("farmer", "listing", "outbox", "outbox_list", "photo", "store")
    found["scripts_bytes"] = sum(
        len(client.get(f"/static/js/{name}.js", headers={"Accept-Encoding": "br"}).data)
        for name in scripts
    )
    return found


def in_browser(farm: Farm, chromium: str) -> dict[str, object]:
    """Return the medians of opening the form again, offline too, and of tap to saved."""
    server = create_server(farm.app, host="127.0.0.1", port=0, threads=8)
    threading.Thread(target=server.run, daemon=True).start()
    address = f"http://127.0.0.1:{server.effective_port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        context = browser.new_context(viewport={"width": 360, "height": 740}, is_mobile=True)
        token = farm.token(farm.market.tan_id)
        context.add_cookies([{"name": DEVICE_COOKIE, "value": token, "url": address}])
        page = context.new_page()
        page.goto(f"{address}/harvests/new")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.wait_for_timeout(2_000)
        page.close()
        again = [opened(context, address) for _ in range(REPEATS)]
        context.set_offline(True)
        offline = [opened(context, address) for _ in range(REPEATS)]
        saved = [tapped(context, address) for _ in range(REPEATS)]
        browser.close()
    server.close()
    return {
        "open_again_ms": round(statistics.median(again)),
        "open_offline_ms": round(statistics.median(offline)),
        "saved_ms": round(statistics.median(saved)),
    }


def opened(context: BrowserContext, address: str) -> float:
    """Return the milliseconds until the form can be used, on a slowed processor."""
    page = slowed(context)
    began = time.perf_counter()
    page.goto(f"{address}/harvests/new", wait_until="commit")
    page.wait_for_selector("form[data-ready]")
    took = (time.perf_counter() - began) * 1000
    page.close()
    return took


def tapped(context: BrowserContext, address: str) -> float:
    """Return the milliseconds from the tap until the row is durably saved."""
    page = slowed(context)
    page.goto(f"{address}/harvests/new")
    page.wait_for_selector("form[data-ready]")
    page.check("[name=crop] >> nth=0", force=True)
    page.fill("#quantity", "5")
    page.fill("#price", "2")
    took: float = page.evaluate(
        """() => new Promise((resolve) => {
          const form = document.querySelector("[data-listing]");
          new MutationObserver(() => form.dataset.saved && resolve(performance.now() - began))
            .observe(form, { attributes: true });
          const began = performance.now();
          form.requestSubmit();
        })"""
    )
    page.close()
    return took


def slowed(context: BrowserContext) -> Page:
    """Return a page on a processor slowed like a cheap phone's."""
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return page


if __name__ == "__main__":
    main()
