"""A whole market day in a real browser: a farmer's phone to the shopkeeper's hand-over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from app.ledger import checks
from app.models import (
    Allocation,
    LineState,
    Lot,
    MarketDay,
    MarketDayState,
    Order,
    OrderLine,
    PickupPoint,
    Role,
    RoleKind,
    Run,
    Stop,
    StopLot,
)
from logistics.services.weights import weights
from tests.walk.product import Product, running

WAIT_MS = 60_000


@pytest.fixture(params=["sqlite", "postgresql"])
def product(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Product]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'market.db'}"
    else:
        from tests.conftest import POSTGRESQL_URL

        if POSTGRESQL_URL is None:
            pytest.skip("no PostgreSQL: FARMGATE_TEST_DATABASE_URL is not set")
        url = request.getfixturevalue("new_postgresql")
    with running(tmp_path, url) as product:
        yield product


@pytest.mark.timeout(600)
def test_a_harvest_listed_on_a_phone_is_handed_over_in_the_city(
    product: Product, phone: BrowserContext, desk: BrowserContext
) -> None:
    farmer = phone.new_page()
    farmer.goto(product.links["farmer"])
    lot_id = _list_a_harvest(product, farmer)
    buyer = desk.new_page()
    buyer.goto(product.links["buyer"])
    code = _buy_and_request(product, buyer, lot_id)
    manager = desk.browser.new_context(viewport={"width": 1280, "height": 800}, locale="en")
    office = manager.new_page()
    office.set_default_timeout(WAIT_MS)
    office.on("dialog", lambda dialog: dialog.accept())
    office.goto(product.links["manager"])
    day_id = _match_and_plan(product, office)
    _drive(product, desk, day_id, lot_id)
    office.goto(f"{product.url}/market-days/{day_id}")
    office.get_by_role("button", name="End the collection").click()
    expect(office.get_by_role("button", name="End the hand-over")).to_be_visible()
    _hand_over(product, desk, code)
    office.reload()
    office.get_by_role("button", name="End the hand-over").click()
    office.get_by_role("button", name="Settle the day").click()
    expect(office.get_by_text("Everything is written down")).to_be_visible()
    manager.close()
    farmer.goto(f"{product.url}/statements")
    expect(farmer.locator("main")).to_contain_text(re.compile(r"¥\d"))
    _check_the_books(product, day_id, lot_id)


def _list_a_harvest(product: Product, page: Page) -> int:
    page.goto(f"{product.url}/harvests/new")
    page.locator("label:has(input[name=crop])").first.click()
    page.locator("label:has(input[name=unit][value=kg])").click()
    page.locator("#quantity").fill("150")
    page.locator("#price").fill("1.60")
    with page.expect_navigation():
        page.get_by_role("button", name="Offer it").click()
    page.wait_for_timeout(500)
    with product.database.reading() as session:
        lot = session.scalars(select(Lot).order_by(Lot.id.desc()).limit(1)).one()
    assert (lot.quantity_g, lot.ask_minor) == (150_000, 160)
    return lot.id


def _buy_and_request(product: Product, page: Page, lot_id: int) -> str:
    page.goto(f"{product.url}/offers/{lot_id}")
    page.locator("#quantity").fill("20")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Buy").click()
    page.wait_for_url(re.compile(r"/orders"))
    with product.database.reading() as session:
        line = session.scalars(select(OrderLine).where(OrderLine.lot_id == lot_id)).one()
        order = session.get_one(Order, line.order_id)
        crop_id = line.crop_id
    page.goto(f"{product.url}/requests/new/{crop_id}")
    page.locator("#quantity").fill("30")
    page.locator("[name=limit]").fill("9")
    page.get_by_role("button", name="File request").click()
    page.wait_for_url(re.compile(r"/orders"))
    return order.code


def _match_and_plan(product: Product, page: Page) -> int:
    page.goto(f"{product.url}/market-day")
    page.get_by_role("button", name="Close the day now").click()
    page.get_by_role("button", name="Match lots and orders").click()
    page.get_by_role("button", name="Plan the routes").click()
    page.get_by_role("button", name="Publish the routes").click()
    expect(page.get_by_role("button", name="End the collection")).to_be_visible()
    return int(page.url.rstrip("/").rsplit("/", 1)[1])


def _drive(product: Product, desk: BrowserContext, day_id: int, lot_id: int) -> None:
    """Load every stop; the lot of the walk is 10 kg short."""
    with product.database.reading() as session:
        runs = session.execute(
            select(Run.id, Run.driver_id, Stop.id.label("stop_id"), StopLot.lot_id)
            .join(Stop, Stop.run_id == Run.id)
            .join(StopLot, StopLot.stop_id == Stop.id)
            .order_by(Run.id, Stop.position, StopLot.lot_id)
        ).all()
    assert lot_id in {row.lot_id for row in runs}
    for driver_id in sorted({row.driver_id for row in runs}):
        context = desk.browser.new_context(
            viewport={"width": 360, "height": 740}, locale="en", has_touch=True
        )
        context.add_cookies([product.cookie_of(driver_id)])
        page = context.new_page()
        for row in runs:
            if row.driver_id != driver_id:
                continue
            page.goto(f"{product.url}/stops/{row.stop_id}")
            card = page.locator(f"#lot-{row.lot_id}")
            if row.lot_id == lot_id:
                card.locator("[name=weight]").fill("40")
                card.get_by_role("button", name="Weighed").click()
            else:
                card.get_by_role("button", name=re.compile("^Loaded")).click()
            page.wait_for_load_state()
        context.close()


def _hand_over(product: Product, desk: BrowserContext, code: str) -> None:
    with product.database.reading() as session:
        keeper_id = session.scalars(
            select(Role.person_id)
            .join(PickupPoint, PickupPoint.shop_id == Role.shop_id)
            .join(Order, Order.pickup_point_id == PickupPoint.id)
            .where(Role.kind == RoleKind.SHOPKEEPER, Order.code == code)
        ).one()
    context = desk.browser.new_context(viewport={"width": 360, "height": 740}, locale="en")
    context.add_cookies([product.cookie_of(keeper_id)])
    page = context.new_page()
    page.goto(f"{product.url}/shop")
    page.locator("#code").fill(code.lower())
    page.get_by_role("button", name="Open").click()
    while page.get_by_role("button", name="Hand over", exact=True).count():
        card = (
            page.locator("article.card")
            .filter(has=page.get_by_role("button", name="Hand over", exact=True))
            .first
        )
        expected = card.get_by_text("Expected:").inner_text()
        weight = re.search(r"([\d.,]+) kg", expected)
        assert weight is not None, expected
        card.locator("input[name^=received]").fill(weight[1].replace(",", ""))
        card.get_by_role("button", name="Hand over", exact=True).click()
        page.wait_for_load_state()
    context.close()


def _check_the_books(product: Product, day_id: int, lot_id: int) -> None:
    with product.database.reading() as session:
        assert session.get_one(MarketDay, day_id).state is MarketDayState.SETTLED
        assert checks.ledger_sum_minor(session) == 0
        assert checks.faults(session) == []
        rows = weights(session, market_day_id=day_id)
        assert sum(row.allocated_g + row.over_g for row in rows) == sum(
            row.received_g + row.short_g for row in rows
        )
        accepted = session.scalars(
            select(Allocation.accepted_g).where(Allocation.lot_id == lot_id)
        ).all()
        assert sum(accepted) == 40_000
        collected = session.scalars(
            select(OrderLine).where(OrderLine.state == LineState.COLLECTED)
        ).all()
        assert collected
        assert all(line.billed_minor for line in collected)
