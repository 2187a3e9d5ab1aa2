"""The farmer's phone in a real browser: offline, killed, impatient, on a bad line."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route
from sqlalchemy import func, select

from app.kernel.database import reading
from app.media.store import FolderStore
from app.models import Lot, Photo
from tests.farmers.conftest import Live
from tests.media.pictures import encoded, field

FORM = "/harvests/new"


def lots() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Lot)) or 0


def wait_for_lots(page: Page, number: int) -> None:
    for _ in range(100):
        if lots() >= number:
            break
        page.wait_for_timeout(100)
    assert lots() == number


@pytest.fixture
def tan(phone: BrowserContext, live: Live) -> Iterator[BrowserContext]:
    """Return Tan Guihua's phone with the worker already in place."""
    phone.add_cookies([live.cookie(live.farm.market.tan_id)])
    page = phone.new_page()
    page.goto(live.address + FORM)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    for _ in range(200):
        if page.evaluate("caches.match('/harvests/new').then(Boolean)"):
            break
        page.wait_for_timeout(50)
    else:
        pytest.fail("the worker keeps no form")
    page.close()
    yield phone
    phone.set_offline(False)


def open_form(context: BrowserContext, live: Live) -> Page:
    page = context.new_page()
    page.goto(live.address + FORM)
    page.wait_for_selector("form[data-ready]")
    return page


def fill(page: Page, quantity: str = "12") -> None:
    page.click(".crops .tile >> nth=0")
    page.fill("#quantity", quantity)
    page.fill("#price", "1.80")


SUBMIT = "form[data-listing] button[type=submit]"


def rows(page: Page) -> list[dict[str, object]]:
    return page.evaluate("import('/static/js/store.js').then((store) => store.allRows())")


def test_a_harvest_is_listed_and_its_page_is_shown(tan: BrowserContext, live: Live) -> None:
    page = open_form(tan, live)
    fill(page)
    assert "You get at least ¥21.60" in page.inner_text("[data-net]")
    page.click(SUBMIT)
    page.wait_for_url("**/harvests/*?sent=1")
    assert "It is offered for the market on" in page.inner_text("main")
    assert lots() == 1


def test_offline_it_is_kept_and_sent_when_the_line_is_back(tan: BrowserContext, live: Live) -> None:
    tan.set_offline(True)
    page = open_form(tan, live)
    fill(page)
    page.click(SUBMIT)
    page.wait_for_selector(".outbox .badge.wait")
    assert "potato · 12 kg" in page.inner_text(".outbox")
    assert lots() == 0
    page.goto(live.address + "/harvests")
    assert "potato · 12 kg" in page.inner_text(".outbox li")
    tan.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_selector(".outbox .badge.good")
    wait_for_lots(page, 1)


def test_what_was_saved_survives_a_killed_tab(tan: BrowserContext, live: Live) -> None:
    tan.set_offline(True)
    page = open_form(tan, live)
    fill(page)
    page.click(SUBMIT)
    page.wait_for_selector("form[data-saved]")
    page.close(run_before_unload=False)
    tan.set_offline(False)
    page = tan.new_page()
    page.goto(live.address + "/harvests")
    page.wait_for_selector(".outbox .badge.good")
    wait_for_lots(page, 1)


def test_a_half_filled_form_is_there_again_after_the_camera_killed_the_page(
    tan: BrowserContext, live: Live
) -> None:
    page = open_form(tan, live)
    fill(page, "37")
    page.check("#uncertain", force=True)
    page.close(run_before_unload=False)
    page = open_form(tan, live)
    assert page.input_value("#quantity") == "37"
    assert page.is_checked("#uncertain")
    assert page.is_checked("[name=crop] >> nth=0")


def test_a_double_click_makes_one_lot(tan: BrowserContext, live: Live) -> None:
    page = open_form(tan, live)
    fill(page)
    page.evaluate(
        "for (let i = 0; i < 3; i++) document.querySelector('[data-listing]').requestSubmit()"
    )
    page.wait_for_url("**/harvests/*?sent=1")
    page.wait_for_timeout(500)
    assert lots() == 1


def test_bad_input_is_told_at_its_field_and_the_typing_stays(
    tan: BrowserContext, live: Live
) -> None:
    page = open_form(tan, live)
    fill(page)
    page.fill("#price", "")
    page.click(SUBMIT)
    page.wait_for_selector("#price-error")
    assert page.inner_text("#price-error") == "Type the least you want for it."
    assert page.input_value("#quantity") == "12"
    assert [row["state"] for row in rows(page)] == ["refused"]
    page.fill("#price", "2")
    page.click(SUBMIT)
    page.wait_for_url("**/harvests/*?sent=1")
    assert [row["state"] for row in rows(page)] == ["sent"]
    assert lots() == 1


def test_what_was_refused_later_says_why_and_can_be_changed(
    tan: BrowserContext, live: Live
) -> None:
    tan.set_offline(True)
    page = open_form(tan, live)
    fill(page)
    page.fill("#quantity", "999999999")
    page.click(SUBMIT)
    page.wait_for_selector(".outbox .badge.wait")
    tan.set_offline(False)
    page.goto(live.address + "/harvests")
    page.wait_for_selector(".outbox .badge.bad")
    page.click(".outbox a.button")
    page.wait_for_selector("#quantity-error")
    page.fill("#quantity", "10")
    page.click(SUBMIT)
    page.wait_for_url("**/harvests/*?sent=1")
    assert lots() == 1


def test_a_photo_is_made_small_and_follows_the_words(
    tan: BrowserContext, live: Live, tmp_path: Path
) -> None:
    big = tmp_path / "big.jpg"
    big.write_bytes(encoded(field((3000, 2000))))
    page = open_form(tan, live)
    fill(page)
    page.set_input_files("#photo", str(big))
    page.wait_for_selector("[data-preview]")
    page.click(SUBMIT)
    page.wait_for_url("**/harvests/*?sent=1")
    for _ in range(50):
        with reading() as session:
            if session.scalar(select(func.count()).select_from(Photo)):
                break
        page.wait_for_timeout(100)
    with reading() as session:
        photo = session.scalars(select(Photo)).one()
    store = FolderStore(Path(live.farm.app.config["MEDIA_DIR"]))
    assert 0 < len(store.get(str(photo.original))) <= 60_000


def test_another_person_on_the_phone_never_sends_it(tan: BrowserContext, live: Live) -> None:
    tan.set_offline(True)
    page = open_form(tan, live)
    fill(page)
    page.click(SUBMIT)
    page.wait_for_selector(".outbox .badge.wait")
    page.close()
    tan.clear_cookies()
    tan.add_cookies([live.cookie(live.farm.market.xiang_id)])
    tan.set_offline(False)
    page = tan.new_page()
    page.goto(live.address + "/harvests")
    page.wait_for_selector(".outbox .hint")
    assert "1 more were saved by another person" in page.inner_text(".outbox")
    page.wait_for_timeout(1000)
    assert lots() == 0


def test_a_signed_out_phone_keeps_what_it_saved(tan: BrowserContext, live: Live) -> None:
    page = open_form(tan, live)
    tan.clear_cookies()
    fill(page)
    page.click(SUBMIT)
    page.wait_for_selector("text=Sign in again, then it is sent.")
    tan.add_cookies([live.cookie(live.farm.market.tan_id)])
    page.click("text=Send now")
    wait_for_lots(page, 1)


def test_the_last_listing_goes_out_again_in_two_taps(tan: BrowserContext, live: Live) -> None:
    page = open_form(tan, live)
    fill(page)
    page.click(SUBMIT)
    page.wait_for_url("**/harvests/*?sent=1")
    page.evaluate("caches.delete('pages')")
    page = open_form(tan, live)
    page.tap("[data-again]")
    page.tap(SUBMIT)
    page.wait_for_url("**/harvests/*?sent=1")
    assert lots() == 2


def test_it_is_sent_after_the_page_is_closed_where_the_browser_wakes_the_worker(
    tan: BrowserContext, live: Live
) -> None:
    tan.set_offline(True)
    page = open_form(tan, live)
    fill(page)
    page.click(SUBMIT)
    page.wait_for_selector(".outbox .badge.wait")
    page.goto("about:blank")
    tan.set_offline(False)
    wait_for_lots(page, 1)


def test_taps_alone_list_a_harvest_and_repeat_another_one(tan: BrowserContext, live: Live) -> None:
    page = open_form(tan, live)
    taps = [".crops .tile >> nth=0", "[data-by='1'] >> nth=0", ".price [data-by='1']", SUBMIT]
    for tap in taps:
        page.tap(tap)
    page.wait_for_url("**/harvests/*?sent=1")
    page.evaluate("caches.delete('pages')")
    page = open_form(tan, live)
    # Two more of the same, for a little more each.
    again = ["[data-again]", taps[1], taps[1], taps[2], SUBMIT]
    assert len(again) <= 6
    for tap in again:
        page.tap(tap)
    page.wait_for_url("**/harvests/*?sent=1")
    with reading() as session:
        found = session.execute(select(Lot.quantity_g, Lot.ask_minor).order_by(Lot.id)).all()
    first, second = [tuple(row) for row in found]
    assert (second[0] - first[0], second[1] > first[1]) == (2_000, True)


def test_without_a_script_the_form_still_works(live: Live, browser: object) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    context.add_cookies([live.cookie(live.farm.market.tan_id)])
    page = context.new_page()
    page.goto(live.address + FORM)
    page.check("[name=crop] >> nth=0", force=True)
    page.fill("#quantity", "5")
    page.fill("#price", "2")
    page.click(SUBMIT)
    assert "sent=1" in page.url
    assert lots() == 1
    context.close()


def test_a_bad_line_loses_nothing_and_doubles_nothing(
    tan: BrowserContext, live: Live, effort: int
) -> None:
    chance = random.Random(7)
    wanted = 12 * effort

    def bad_line(route: Route) -> None:
        draw = chance.random()
        if draw < 0.2:
            route.abort()
        elif draw < 0.5:
            # The reply is lost after the server has done its work.
            route.fetch()
            route.abort()
        elif draw < 0.6:
            route.fulfill(status=503, body="busy")
        else:
            route.continue_()

    tan.route("**/api/lots**", bad_line)
    for number in range(wanted):
        page = open_form(tan, live)
        fill(page, str(number + 1))
        page.click(SUBMIT)
        page.wait_for_selector("form[data-saved], .lot")
        if number % 3 == 0:
            tan.new_page().goto(live.address + "/harvests")
        for open_page in tan.pages:
            open_page.close(run_before_unload=False)
    page = tan.new_page()
    page.goto(live.address + "/harvests")
    for _ in range(60 * effort):
        page.evaluate("dispatchEvent(new Event('online'))")
        page.wait_for_timeout(150)
        if all(row["state"] == "sent" for row in rows(page)):
            break
    assert [row["state"] for row in rows(page)] == ["sent"] * wanted
    with reading() as session:
        quantities = sorted(session.scalars(select(Lot.quantity_g)))
    assert quantities == [1000 * (number + 1) for number in range(wanted)]
