"""What eyes and fingers need: contrast, size of targets, focus, both writing directions."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from app.models import Person, RoleKind
from app.web.assets import ROOT
from app.web.session import DEVICE_COOKIE
from tests.web.stage import application, cooperative, person, signed_in

# Text and its ground, as the style sheet pairs them on pages for the sun and small phones.
PAIRS = [
    ("soil", "paper"),
    ("soil", "card"),
    ("soil", "sprout"),
    ("soil", "sun"),
    ("soil", "sun-pale"),
    ("soil", "clay-pale"),
    ("muted", "paper"),
    ("muted", "card"),
    ("leaf", "paper"),
    ("leaf", "card"),
    ("leaf", "sprout"),
    ("leaf-deep", "sprout"),
    ("clay", "card"),
    ("clay", "paper"),
    ("card", "leaf"),
]
PHONE_PAGES = ["/", "/account", "/account/pin", "/messages", "/help/offline"]

# Links inside of sentences, and the skip link until it is focused, are no targets.
TARGETS = """() => [...document.querySelectorAll("a, button, select, summary, input, textarea")]
  .filter((one) => one.type !== "hidden" && one.type !== "radio" && one.type !== "checkbox")
  .filter((one) => !one.matches(".skip") && one.getClientRects().length)
  .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect().height])
  .filter(([, height]) => height < 55.5)"""


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(sign * 2 for sign in digits) if len(digits) == 3 else digits
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground_seven_times(text: str, ground: str) -> None:
    sheet = (ROOT / "css" / "phone.css").read_text(encoding="utf-8")
    tokens = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", sheet))
    light, dark = sorted((luminance(tokens[text]), luminance(tokens[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 7


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    yield application(tmp_path)


@pytest.fixture
def farmer(app: Flask) -> Person:
    return person("Li Mei", RoleKind.FARMER, at_cooperative=cooperative(), number="100015")


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing: the tests look at pages, not at requests."""


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def enter(app: Flask, context: BrowserContext, address: str, one: Person) -> Page:
    client = signed_in(app.test_client(), one.id)
    cookie = client.get_cookie(DEVICE_COOKIE)
    assert cookie is not None
    context.add_cookies([{"name": DEVICE_COOKIE, "value": cookie.value, "url": address}])
    return context.new_page()


def test_on_a_phone_nothing_is_cut_off_and_every_target_suits_a_thumb(
    app: Flask, phone: BrowserContext, address: str, farmer: Person
) -> None:
    stranger = phone.new_page()
    for path in ("/", "/sign-in", "/enrol"):
        stranger.goto(address + path)
        assert stranger.evaluate(TARGETS) == [], path
        assert stranger.evaluate("document.documentElement.scrollWidth") == 360
    page = enter(app, phone, address, farmer)
    for path in PHONE_PAGES:
        page.goto(address + path)
        assert page.evaluate(TARGETS) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") == 360, path


def test_a_page_works_by_keyboard_and_shows_where_one_is(
    app: Flask, desk: BrowserContext, address: str, farmer: Person
) -> None:
    page = desk.new_page()
    page.goto(address + "/sign-in")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().height") > 20
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "who"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
    page.keyboard.type("100015")
    page.keyboard.press("Enter")
    # The summary of what is wrong is where the reader goes on.
    page.wait_for_selector(".error-summary:focus")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "pin"


def test_a_page_mirrors_itself_for_scripts_that_run_from_the_right(
    app: Flask, phone: BrowserContext, address: str, farmer: Person
) -> None:
    page = enter(app, phone, address, farmer)
    page.goto(address + "/account")
    page.evaluate("document.documentElement.dir = 'rtl'")
    brand = page.locator(".brand").bounding_box()
    assert brand is not None
    assert brand["x"] > 180
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_the_browser_finds_nothing_against_the_policy(
    app: Flask, phone: BrowserContext, address: str, farmer: Person
) -> None:
    page = enter(app, phone, address, farmer)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for path in PHONE_PAGES:
        page.goto(address + path)
    assert complaints == []
