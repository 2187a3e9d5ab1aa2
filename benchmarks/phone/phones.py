"""Browsers that stand for a farmer's cheap phone, here or at the far end of a line."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from app.web.session import DEVICE_COOKIE
from benchmarks.phone.link import Link
from benchmarks.phone.serving import Served
from tests.conftest import CHROMIUM_FLAGS

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
SLOWER = 6
FORM = "/harvests/new"
READY = "form[data-ready]"


@contextmanager
def browser(
    playwright: Playwright, market: Served, folder: Path, link: Link | None = None
) -> Iterator[Browser]:
    """Start a browser that trusts the market's certificate, beyond the line if there is one."""
    found = next(path for path in CHROMIUM if Path(path).exists())
    start = folder / "phone-browser"
    command = " ".join(link.beyond(found)) if link else found
    start.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    start.chmod(start.stat().st_mode | stat.S_IXUSR)
    trust = f"--ignore-certificate-errors-spki-list={market.key_hash}"
    started = playwright.chromium.launch(executable_path=start, args=[*CHROMIUM_FLAGS, trust])
    try:
        yield started
    finally:
        started.close()


def phone(browser: Browser, market: Served, address: str, person_id: int) -> BrowserContext:
    """Return a new phone with a person signed in on it."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, device_scale_factor=2, is_mobile=True
    )
    context.set_default_timeout(90_000)
    token = market.farm.token(person_id)
    context.add_cookies([{"name": DEVICE_COOKIE, "value": token, "url": address}])
    return context


def slowed(context: BrowserContext) -> Page:
    """Return a page on a processor slowed like a cheap phone's."""
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return page


def installed(context: BrowserContext, address: str) -> None:
    """Open the form and wait until the phone could open it without a network."""
    page = context.new_page()
    page.goto(address + FORM)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("caches.match('/harvests/new').then(Boolean)")
    page.wait_for_timeout(1_000)
    page.close()
