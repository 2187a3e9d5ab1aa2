"""A manager's day of 60 villages in a real browser: plan, mend by hand, publish, close."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from sqlalchemy import select

from app.kernel.database import reading, transaction
from app.models import (
    CargoTransfer,
    MarketDay,
    MarketDayState,
    Message,
    Plan,
    PlanEdit,
    Run,
    Stop,
    StopLot,
    WeighingOutcome,
)
from logistics.services import driving
from logistics.services.weighing import weigh_in
from tests.logistics.pages.hill_day import HillDay, hill_day

WAIT_MS = 30_000


@pytest.fixture
def day(tmp_path: Path) -> Iterator[HillDay]:
    with hill_day(tmp_path) as made:
        yield made


@pytest.fixture
def office(desk: BrowserContext, day: HillDay) -> Page:
    page = day.page(desk, day.valley.manager)
    page.set_default_timeout(WAIT_MS)
    page.on("dialog", lambda dialog: dialog.accept())
    return page


def _version(page: Page) -> int:
    return int(page.locator("[data-board]").get_attribute("data-version") or "0")


def _await_version(page: Page, version: int) -> None:
    page.wait_for_selector(f'[data-board][data-version="{version}"]')


def _plan(day: HillDay, page: Page) -> None:
    """Plan the day and open the board of the plan."""
    page.goto(f"{day.address}/plans")
    page.get_by_role("button", name="Plan routes").click()
    page.get_by_text("The routes are being planned.").wait_for()
    day.do_jobs()
    page.goto(f"{day.address}/market-days/{day.valley.day.id}/hubs/{day.valley.hub.id}/plan")
    page.get_by_role("link", name="Change by hand").click()
    page.wait_for_selector("[data-board-hint]:not([hidden])")


def _drag(page: Page, stop: Locator, target: Locator) -> None:
    """Drag a stop by its number to just above another one."""
    stop.scroll_into_view_if_needed()
    handle, place = stop.locator(".handle").bounding_box(), target.bounding_box()
    assert handle is not None
    assert place is not None
    page.mouse.move(handle["x"] + 12, handle["y"] + 12)
    page.mouse.down()
    page.mouse.move(place["x"] + 60, place["y"] + 4, steps=4)
    page.mouse.up()


def _columns(page: Page) -> list[Locator]:
    """Return the columns of the trucks that drive."""
    return [one for one in page.locator(".column").all() if one.locator(".visit").count()]


@pytest.mark.timeout(600)
def test_a_day_of_sixty_villages_is_planned_mended_published_and_closed(
    day: HillDay, office: Page
) -> None:
    _plan(day, office)
    _mend_by_hand(office)
    _improve_and_insert(day, office)
    office.get_by_role("button", name="Publish", exact=True).click()
    expect(office.locator(".badge.good", has_text="published")).to_be_visible()
    _break_down_on_the_road(day, office)
    _close(day, office)


def _mend_by_hand(page: Page) -> None:
    """Drag stops until a limit breaks, see it, undo, go on after a reload, and lock."""
    first, second = _columns(page)[:2]
    moved = 0
    while not page.locator(".limit").count():
        _drag(page, first.locator(".visit").first, second.locator(".visit").nth(1))
        moved += 1
        _await_version(page, moved)
    broken = page.locator(".broken-limits")
    expect(broken).to_contain_text(re.compile("too heavy|after the"))
    expect(second.locator(".limit").first).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    _await_version(page, moved + 1)
    expect(page.locator(".broken-limits")).to_have_count(0)
    page.reload()
    assert _version(page) == moved + 1
    expect(page.get_by_role("button", name="Do again")).to_be_visible()
    page.locator(".column .visit .choose").first.click()
    page.get_by_role("button", name=re.compile("^Lock it to")).click()
    _await_version(page, moved + 2)
    expect(page.locator(".column .visit .lock")).to_have_count(1)


def _improve_and_insert(day: HillDay, page: Page) -> None:
    """Take a stop out, put it back where it fits best, and improve what is not locked."""
    locked = page.locator(".visit:has(.lock)")
    name = locked.locator(".choose").inner_text()
    column = page.locator(".column", has=page.locator(".lock"))
    truck = column.get_attribute("data-vehicle")
    version = _version(page)
    page.locator(".column .visit:not(:has(.lock)) .choose").last.click()
    page.locator("#vehicle").select_option("")
    page.get_by_role("button", name="Move", exact=True).click()
    _await_version(page, version + 1)
    page.locator("[data-waiting] .choose").click()
    expect(page.locator(".offers li")).not_to_have_count(0)
    page.get_by_role("button", name="Put it here").first.click()
    _await_version(page, version + 2)
    expect(page.get_by_role("heading", name="Every stop has a truck")).to_be_visible()
    page.get_by_role("button", name="Improve the rest").click()
    page.get_by_text("The rest is being improved.").wait_for()
    page.get_by_role("button", name="Stop and keep the best").click()
    day.do_jobs()
    page.goto(page.url.split("#")[0])
    _await_version(page, version + 3)
    kept = page.locator(f'.column[data-vehicle="{truck}"] .visit:has(.lock) .choose')
    expect(kept).to_have_text(name)
    expect(page.locator(".limit")).to_have_count(0)


def _break_down_on_the_road(day: HillDay, page: Page) -> None:
    """Let a loaded truck break down: its stops and its load go to the others."""
    with transaction() as session:
        day.valley.session = session
        plan = session.scalars(select(Plan).where(Plan.published_at.is_not(None))).one()
        run = session.scalars(select(Run).where(Run.plan_id == plan.id).order_by(Run.id)).first()
        assert run is not None
        driving.start(session, run_id=run.id, at=run.starts_at)
        stop = session.scalars(select(Stop).where(Stop.run_id == run.id, Stop.position == 1)).one()
        _load(day, stop)
        run_id, vehicle_id, plan_id = run.id, run.vehicle_id, plan.id
        day.clock.at = stop.departs_at
        load_g = stop.load_g
    page.goto(f"{day.address}/plans/{plan_id}/board")
    expect(page.get_by_text("The trucks are on the road.")).to_be_visible()
    before = _version(page)
    page.locator(f"#route-{vehicle_id} h2 .choose").click()
    page.get_by_role("button", name="This truck broke down").click()
    _await_version(page, before + 1)
    expect(page.locator("[data-waiting]")).to_contain_text("Cargo at")
    page.get_by_role("button", name="Improve the rest").click()
    page.get_by_text("The rest is being improved.").wait_for()
    page.get_by_role("button", name="Stop and keep the best").click()
    day.do_jobs()
    page.goto(page.url.split("#")[0])
    _await_version(page, before + 2)
    expect(page.get_by_role("heading", name="Every stop has a truck")).to_be_visible()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("broke down")).to_be_visible()
    page.get_by_role("link", name="Its load").click()
    with reading() as session:
        lots = session.scalars(
            select(StopLot.lot_id)
            .join(Stop, Stop.id == StopLot.stop_id)
            .where(Stop.run_id == run_id)
        ).all()
        assert session.scalars(select(Message.id).where(Message.kind == "run_changed")).all()
    for lot_id in lots:
        page.get_by_label("Number on the label").fill(str(lot_id))
        page.get_by_role("button", name="Moved").first.click()
        page.wait_for_load_state()
    expect(page.get_by_text("Everything has moved.")).to_be_visible()
    with reading() as session:
        assert sum(session.scalars(select(CargoTransfer.quantity_g))) == load_g
        assert {edit.person_id for edit in session.scalars(select(PlanEdit))} == {
            day.valley.manager.id
        }


def _load(day: HillDay, stop: Stop) -> None:
    session = day.valley.session
    for load in session.scalars(select(StopLot).where(StopLot.stop_id == stop.id)):
        weigh_in(
            session,
            stop_id=stop.id,
            lot_id=load.lot_id,
            outcome=WeighingOutcome.LOADED,
            gross_g=load.quantity_g,
            person_id=day.valley.driver.id,
            key=f"load-{stop.id}-{load.lot_id}",
            at=stop.departs_at,
        )


def _close(day: HillDay, page: Page) -> None:
    """Load the rest as planned, then end the day's steps one after the other."""
    with transaction() as session:
        day.valley.session = session
        for stop in session.scalars(select(Stop).where(Stop.done_at.is_(None)).order_by(Stop.id)):
            if session.get_one(Run, stop.run_id).finished_at is None:
                plan = session.get_one(Plan, session.get_one(Run, stop.run_id).plan_id)
                if plan.published_at is not None and plan.replaced_at is None:
                    _load(day, stop)
    day.clock.at = day.clock.at + timedelta(days=3)
    page = day.page(page.context, day.valley.manager)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{day.address}/market-days/{day.valley.day.id}")
    for button in ("End the collection", "End the hand-over", "Settle the day"):
        page.get_by_role("button", name=button).click()
        page.wait_for_load_state()
    expect(page.get_by_text("Everything is written down")).to_be_visible()
    with reading() as session:
        day_row = session.get_one(MarketDay, day.valley.day.id)
        assert day_row.state is MarketDayState.SETTLED


def test_two_managers_at_once_lose_nothing(day: HillDay, office: Page) -> None:
    _plan(day, office)
    other = office.context.new_page()
    other.goto(office.url)
    _drag(
        office,
        _columns(office)[0].locator(".visit").first,
        _columns(office)[1].locator(".visit").nth(1),
    )
    _await_version(office, 1)
    stop = _columns(other)[0].locator(".visit").nth(2)
    name = stop.locator(".choose").inner_text()
    _drag(other, stop, _columns(other)[1].locator(".visit").nth(1))
    expect(other.locator(".error-summary")).to_contain_text("changed the board meanwhile")
    # The board is the newest now, with the first manager's change in it and not the second's.
    _await_version(other, 1)
    assert office.locator(".column").all_inner_texts() == other.locator(".column").all_inner_texts()
    assert name in _columns(other)[0].inner_text()


def test_the_board_works_by_keyboard(day: HillDay, office: Page) -> None:
    _plan(day, office)
    first = _columns(office)[0]
    names = first.locator(".visit .choose").all_inner_texts()
    first.locator(".visit .choose").first.focus()
    office.keyboard.press("Alt+ArrowDown")
    _await_version(office, 1)
    expect(first.locator(".visit .choose").nth(1)).to_have_text(names[0])
    # The focus went with the stop, so the next key moves it on.
    office.keyboard.press("Alt+ArrowRight")
    _await_version(office, 2)
    expect(_columns(office)[1].locator(".visit .choose").last).to_have_text(names[0])
    expect(office.locator("[data-board-says]")).to_contain_text("Changed.")


def test_the_board_works_without_any_script_on_a_phone(
    browser: object, day: HillDay, office: Page
) -> None:
    _plan(day, office)
    context = office.context.browser.new_context(  # type: ignore[union-attr]
        viewport={"width": 360, "height": 740}, java_script_enabled=False
    )
    page = day.page(context, day.valley.manager)
    page.goto(office.url)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator(".column .visit .choose").first.click()
    page.get_by_label("as stop number").fill("2")
    page.get_by_role("button", name="Move", exact=True).click()
    assert _version(page) == 1
    page.get_by_role("button", name="Undo").click()
    assert _version(page) == 2
    page.locator(".column h2 .choose").first.click()
    page.get_by_role("button", name="Lock the whole route").click()
    assert page.locator(".column h2 .lock").count() == 1
    context.close()
