"""Times of the form: first opened over a slow line, opened again, and the tap to saved."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import BrowserContext, Playwright

from app.web.session import DEVICE_COOKIE
from benchmarks.phone.link import SERVER, Link
from benchmarks.phone.phones import FORM, READY, browser, installed, phone, slowed
from benchmarks.phone.serving import Served, proxied

REPEATS = 5
# What the page alone can do is done once its own script has run and it was painted: crop,
# steppers, fields, sending. What comes later (units per crop, guide, outbox) is "whole".
INTERACTIVE = """() => {
  const [opened] = performance.getEntriesByType("navigation");
  const painted = performance.getEntriesByName("first-contentful-paint")[0];
  return Math.max(opened.domContentLoadedEventEnd, painted.startTime);
}"""
SAVE = """() => new Promise((resolve) => {
  const form = document.querySelector("[data-listing]");
  new MutationObserver(() => form.dataset.saved && resolve(performance.now() - began))
    .observe(form, { attributes: true });
  const began = performance.now();
  form.requestSubmit();
})"""


def over_a_line(
    playwright: Playwright, market: Served, folder: Path, *, kbps: int, round_trip_ms: int
) -> dict[str, float]:
    """Return medians, in ms, of a bare download and of the first opening over a line."""
    tan_id = market.farm.market.tan_id
    with proxied(market) as (port, _), Link(kbps=kbps, round_trip_ms=round_trip_ms) as link:
        address = f"https://{SERVER}:{port}"
        bare = [_downloaded(market, link, address) for _ in range(REPEATS)]
        opened, whole = [], []
        with browser(playwright, market, folder, link) as chromium:
            for _ in range(REPEATS):
                context = phone(chromium, market, address, tan_id)
                page = slowed(context)
                page.goto(address + FORM, wait_until="domcontentloaded")
                page.wait_for_selector(READY)
                whole.append(float(page.evaluate("performance.now()")))
                opened.append(float(page.evaluate(INTERACTIVE)))
                context.close()
    floor, first = statistics.median(bare), statistics.median(opened)
    return {
        "bare_ms": round(floor),
        "interactive_ms": round(first),
        "ratio": round(first / floor, 3),
        "whole_ms": round(statistics.median(whole)),
    }


def kept_on_the_phone(
    playwright: Playwright, market: Served, folder: Path, link: Link | None
) -> dict[str, int]:
    """Return medians, in ms, of opening again, of opening offline and of tap to saved.

    Offline, the line swallows every packet, which is worse than a refusal; where no line
    can be made, the browser is told to be offline.
    """
    with proxied(market) as (port, _):
        address = f"https://{SERVER if link else '127.0.0.1'}:{port}"
        with browser(playwright, market, folder, link) as chromium:
            context = phone(chromium, market, address, market.farm.market.tan_id)
            installed(context, address)
            again = [_opened(context, address) for _ in range(REPEATS)]
            if link:
                link.cut()
            else:
                context.set_offline(True)
            offline = [_opened(context, address) for _ in range(REPEATS)]
            saved = [_saved(context, address) for _ in range(REPEATS)]
            if link:
                link.cut()
    return {
        "open_again_ms": round(statistics.median(again)),
        "open_offline_ms": round(statistics.median(offline)),
        "saved_ms": round(statistics.median(saved)),
    }


def _downloaded(market: Served, link: Link, address: str) -> float:
    cookie = f"{DEVICE_COOKIE}={market.farm.token(market.farm.market.tan_id)}"
    with tempfile.NamedTemporaryFile() as nothing:
        command = link.beyond(
            "curl", "--silent", "--show-error", "--http2", "--insecure",
            "--header", "Accept-Encoding: br", "--cookie", cookie, "--output", nothing.name,
            "--write-out", "%{time_total} %{http_code} %{http_version}", address + FORM,
        )  # fmt: skip
        seconds, status, version = subprocess.check_output(command, text=True).split()
    if (status, version) != ("200", "2"):
        raise RuntimeError(f"the bare download answered {status} over HTTP/{version}")
    return float(seconds) * 1000


def _opened(context: BrowserContext, address: str) -> float:
    page = slowed(context)
    page.goto(address + FORM, wait_until="commit")
    page.wait_for_selector(READY)
    took = float(page.evaluate("performance.getEntriesByName('ready')[0].startTime"))
    page.close()
    return took


def _saved(context: BrowserContext, address: str) -> float:
    page = slowed(context)
    page.goto(address + FORM)
    page.wait_for_selector(READY)
    page.check("[name=crop] >> nth=0", force=True)
    page.fill("#quantity", "5")
    page.fill("#price", "2")
    took: float = page.evaluate(SAVE)
    page.close()
    return took
