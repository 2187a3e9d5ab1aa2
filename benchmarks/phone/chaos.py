"""A thousand listings on a line that loses requests and replies, in tabs that are killed."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Playwright
from sqlalchemy import select

from app.kernel.database import reading
from app.models import Lot
from benchmarks.phone.phones import FORM, READY, browser, installed, phone
from benchmarks.phone.serving import Served, proxied

LISTINGS = 1_000
# Lost on the way; reply lost after the product has done its work; a 503 instead.
FAULTS = (0.2, 0.3, 0.1)
TABS = 3
PATIENCE_S = 300
_LIST = """(quantity) => new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error("not saved within 30 s")), 30_000);
  const form = document.querySelector("[data-listing]");
  form.querySelector("[name=crop]").checked = true;
  form.elements.quantity.value = String(quantity);
  form.elements.price.value = "2";
  new MutationObserver(() => form.dataset.saved && resolve())
    .observe(form, { attributes: true });
  form.requestSubmit();
})"""
_STATES = """import('/static/js/store.js').then((store) => store.allRows())
  .then((rows) => rows.map((row) => row.state))"""


def chaos(
    playwright: Playwright, market: Served, folder: Path, *, listings: int = LISTINGS
) -> dict[str, object]:
    """List many harvests, each of its own weight, and count them at the end.

    Each tab is killed as soon as its harvest is said to be saved, mostly while it sends;
    now and then a second tab with the list of harvests opens beside, and is killed too.
    """
    chance, began = random.Random(7), time.monotonic()
    before = len(_weights(market))
    killed = beside = 0
    with proxied(market, FAULTS) as (port, counted):
        address = f"https://127.0.0.1:{port}"
        with browser(playwright, market, folder) as chromium:
            context = phone(chromium, market, address, market.farm.market.tan_id)
            installed(context, address)
            for first in range(1, listings + 1, TABS):
                tabs = [context.new_page() for _ in range(min(TABS, listings + 1 - first))]
                for tab in tabs:
                    tab.goto(address + FORM, wait_until="commit")
                for place, tab in enumerate(tabs):
                    tab.wait_for_selector(READY)
                    tab.evaluate(_LIST, first + place)
                if chance.random() < 0.2:
                    tabs.append(_list_beside(context, address))
                    beside += 1
                for tab in tabs:
                    tab.close(run_before_unload=False)
                    killed += 1
                _tell(f"listed {first + len(tabs) - 1} of {listings}")
            page = _list_beside(context, address)
            states = _drained(page)
            shown = page.locator("[data-outbox] .badge.good").count()
    arrived = _weights(market)[before:]
    wanted = set(range(1, listings + 1))
    return {
        "listings": listings,
        "lost": len(wanted - set(arrived)),
        "doubled": sum(count - 1 for count in Counter(arrived).values()),
        "not_sent": states["saved"] + states["refused"],
        "receipts_gone": listings - shown,
        "killed_tabs": killed,
        "second_tabs": beside,
        "seconds": round(time.monotonic() - began),
        "line": counted,
    }


def _list_beside(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address + "/harvests", wait_until="commit")
    return page


def _drained(page: Page) -> Counter[str]:
    """Wait until the outbox has sent all; it is only nudged, as by a network that is back."""
    states: Counter[str] = Counter()
    for _ in range(PATIENCE_S):
        page.evaluate("dispatchEvent(new Event('online'))")
        page.wait_for_timeout(1_000)
        states = Counter(page.evaluate(_STATES))
        _tell(f"sent {states['sent']}")
        if not states["saved"]:
            break
    page.wait_for_timeout(500)
    return states


def _weights(market: Served) -> list[int]:
    """Return the whole kilograms of the lots that the product has, oldest first."""
    wanted = select(Lot.quantity_g).where(Lot.listed_by_id == market.farm.market.tan_id)
    with reading() as session:
        return [grams // 1000 for grams in session.scalars(wanted.order_by(Lot.id))]


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text}   ", end="", file=sys.stderr, flush=True)
