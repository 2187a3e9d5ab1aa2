"""Every page that anybody is shown passes axe-core's rules of WCAG 2.2 AA, small and large."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from app.models import RoleKind
from app.web.assets import ROOT
from app.web.session import DEVICE_COOKIE
from tests.web.lively_market import LivelyMarket
from tests.web.measured import PALE, SMALL, UNFOLD
from tests.web.shown_pages import Shown, shown_pages

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (1280, 360)
HEIGHT = 740
LONG = {"en": "Wolfeschlegelsteinhausen-Bergerdorff ", "zh": "恩施土家族苗族自治州芭蕉侗族乡"}
# The size of a target is a rule of WCAG 2.2 that axe runs only when it is asked to.
RUN = """() => axe.run(document, {
  resultTypes: ["violations"],
  runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
  rules: {"target-size": {enabled: true}},
}).then((result) => result.violations.flatMap((one) =>
  one.nodes.map((node) => `${one.id}: ${node.target.join(" ")} ${node.html.slice(0, 160)}`)))"""
# A wide table scrolls inside of its own region; the page itself never scrolls sideways.
# In the line at the top, no part covers another and none is pushed out of sight.
CUT_OFF = """() => {
  const wrong = [], wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) {
    const out = [...document.querySelectorAll("main *, footer *, header *")]
      .filter((one) => one.getBoundingClientRect().right > wide + 1 && !one.closest(".table"));
    wrong.push(`scrolls sideways: ${out.slice(-1).map((one) => one.outerHTML.slice(0, 120))}`);
  }
  const parts = [...document.querySelectorAll(".top > .brand, .top .cooperative, .top .own a")]
    .map((one) => one.getBoundingClientRect()).filter((one) => one.width);
  parts.forEach((one, place) => {
    if (one.left < 0 || one.right > wide + 1) wrong.push("the top is cut off");
    if (place && one.left < parts[place - 1].right - 1) wrong.push("the top overlaps");
  });
  return wrong;
}"""


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing: the test looks at pages, not at requests."""


@pytest.fixture
def address(lively: LivelyMarket) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, lively.app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def axe() -> str:
    """Return axe-core's own script; skip where it is not installed."""
    if not AXE.exists():
        message = "axe-core was not found; cd static && npm ci --ignore-scripts"
        if os.environ.get("FARMGATE_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return AXE.read_text(encoding="utf-8")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    # The product's own policy would refuse a script that the page does not bring along.
    context = browser.new_context(
        viewport={"width": WIDTHS[0], "height": HEIGHT}, locale="en", bypass_csp=True
    )
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def test_no_page_shuts_anybody_out(
    lively: LivelyMarket, address: str, axe: str, page: Page
) -> None:
    lively.speak("en")
    found: dict[str, list[str]] = {}
    for shown in _visited(lively, page, address, "en"):
        page.evaluate(axe)
        for width in WIDTHS:
            _fit(page, width)
            if wrong := page.evaluate(RUN):
                found[f"{shown.name} at {width} px"] = wrong
    assert found == {}


def test_farmers_and_drivers_pages_suit_a_thumb_and_the_sun(
    lively: LivelyMarket, address: str, page: Page
) -> None:
    lively.speak("en")
    found: dict[str, list[str]] = {}
    for shown in _visited(lively, page, address, "en", kinds=(RoleKind.FARMER, RoleKind.DRIVER)):
        _fit(page, WIDTHS[1])
        page.evaluate(UNFOLD)
        if wrong := page.evaluate(SMALL) + page.evaluate(PALE):
            found[shown.name] = wrong
    assert found == {}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_long_names_neither_leave_the_page_nor_run_into_each_other(
    lively: LivelyMarket, address: str, page: Page, language: str
) -> None:
    lively.speak(language)
    long = LONG[language]
    found: dict[str, list[str]] = {}
    with lively.renamed(cooperative=long * 2, person=long, place=long):
        for shown in _visited(lively, page, address, language, is_each_role=False):
            _fit(page, WIDTHS[1])
            if wrong := page.evaluate(CUT_OFF):
                found[shown.name] = wrong
    assert found == {}


def _visited(
    lively: LivelyMarket,
    page: Page,
    address: str,
    language: str,
    *,
    is_each_role: bool = True,
    kinds: tuple[RoleKind | None, ...] = (None, *RoleKind),
) -> Iterator[Shown]:
    """Open each page in turn, for each role that has it or for the first one."""
    kind: object = "nobody yet"
    seen = set()
    for shown in shown_pages(lively):
        if shown.kind not in kinds or (shown.endpoint in seen and not is_each_role):
            continue
        seen.add(shown.endpoint)
        if shown.kind != kind:
            kind = shown.kind
            _enter(lively, page, address, shown.kind, language)
        _fit(page, WIDTHS[0], height=HEIGHT)
        page.goto(address + shown.address)
        yield shown


def _fit(page: Page, width: int, height: int = 0) -> None:
    """Show the whole page: the menu at a phone's lower edge then covers nothing of it."""
    page.set_viewport_size({"width": width, "height": height or HEIGHT})
    if not height:
        whole = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": max(HEIGHT, int(whole))})


def _enter(
    lively: LivelyMarket, page: Page, address: str, kind: RoleKind | None, language: str
) -> None:
    page.context.clear_cookies()
    cookies = {"farmgate_language": language}
    if kind is not None:
        cookie = lively.client(kind).get_cookie(DEVICE_COOKIE)
        assert cookie is not None
        cookies[DEVICE_COOKIE] = cookie.value
    page.context.add_cookies(
        [{"name": name, "value": value, "url": address} for name, value in cookies.items()]
    )
