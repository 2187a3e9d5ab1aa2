"""The shopkeeper's day: code, hand-over by weight, correction, totals, till."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.models import LineState, MarketDayState, Order, OrderLine, Payment, PickupPoint, Role, Shop
from tests.orders.trading import assert_sound, buyer, count, direct, make_scene
from tests.pages.stall import Stall, key, words
from tests.web.stage import AT


@pytest.fixture
def order(stall: Stall) -> Order:
    """Return Zhou Min's order of 10 kg and 5 kg of potatoes, lying in the shop."""
    with stall.database.transaction() as session:
        placed = direct(session, stall.scene)
        direct(session, stall.scene, key="b", quantity_g=5_000)
        order = session.get_one(Order, placed.order_id)
    stall.set_day(MarketDayState.COLLECTED)
    stall.at(AT + timedelta(days=1))
    return order


def lines(stall: Stall) -> list[OrderLine]:
    with stall.database.reading() as session:
        return list(session.scalars(select(OrderLine).order_by(OrderLine.id)))


def test_the_days_orders_are_listed_and_found_by_name(stall: Stall, order: Order) -> None:
    client = stall.shopkeeper
    read = words(client.get("/shop"))
    for word in ("Zhou Min", "2 lines to hand over", order.code, "15 kg"):
        assert word in read
    assert "Zhou Min" in words(client.get("/shop?search=zhou"))
    assert "Nobody found" in words(client.get("/shop?search=nobody"))


def test_a_long_list_goes_on_by_key(stall: Stall, order: Order) -> None:
    stall.set_day(MarketDayState.OPEN)
    with stall.database.transaction() as session:
        for number in range(60):
            buyer_id = buyer(session, stall.scene.market, f"Buyer {number:02}")
            direct(session, stall.scene, buyer_id=buyer_id, quantity_g=1_000)
    stall.set_day(MarketDayState.COLLECTED)
    client = stall.shopkeeper
    first = client.get("/shop")
    (more,) = re.findall(r'href="(/shop\?day=[^"]+)">Show more', first.text)
    second = client.get(more.replace("&amp;", "&"))
    found = [
        row
        for page in (first, second)
        for row in re.findall(r'href="/shop/orders/(\d+)"', page.text)
    ]
    assert len(found) == len(set(found)) == 61


def test_a_code_opens_its_order_as_typed_and_as_scanned(stall: Stall, order: Order) -> None:
    client = stall.shopkeeper
    typed = f" {order.code[:3]} {order.code[3:].lower()}"
    answer = client.get("/shop/orders", query_string={"code": typed})
    assert answer.headers["Location"] == f"/shop/orders/{order.id}"
    page = client.get("/shop/orders", query_string={"code": "AAAAAA"})
    assert page.status_code == 422
    assert "No order here has this code." in words(page)
    assert 'value="AAAAAA"' in page.text


def test_lines_are_handed_over_by_weight_one_by_one(stall: Stall, order: Order) -> None:
    client = stall.shopkeeper
    first, second = lines(stall)
    for _ in range(2):
        answer = client.post(
            f"/shop/lines/{first.id}/hand-over",
            data={"outcome": "collected", f"received_{first.id}": "9.5"} | key("hand"),
        )
        assert answer.headers["Location"] == f"/shop/orders/{order.id}"
    read = words(client.get(f"/shop/orders/{order.id}"))
    assert "Handed over for" in read
    assert "Billed so far" in read
    client.post(
        f"/shop/lines/{second.id}/hand-over",
        data={"outcome": "refused", "reason": "rotten"} | key("refuse"),
    )
    first, second = lines(stall)
    assert (first.state, first.billed_g) == (LineState.COLLECTED, 9_500)
    assert (second.state, second.billed_minor) == (LineState.REFUSED, 0)
    assert "done" in words(client.get("/shop"))
    with stall.database.reading() as session:
        assert count(session, Payment) == 2
        assert_sound(session)


@pytest.mark.parametrize(
    ("typed", "message"),
    [("", "Fill this in."), ("0", "This must be between"), ("heavy", "Write a number")],
)
def test_a_weight_that_cannot_be_is_told_and_kept(
    stall: Stall, order: Order, typed: str, message: str
) -> None:
    line = lines(stall)[0]
    page = stall.shopkeeper.post(
        f"/shop/lines/{line.id}/hand-over",
        data={"outcome": "collected", f"received_{line.id}": typed} | key("wrong"),
    )
    assert page.status_code == 422
    assert message in words(page)
    assert f'value="{typed}"' in page.text
    assert lines(stall)[0].state is LineState.ALLOCATED
    again = stall.shopkeeper.get(f"/shop/lines/{line.id}/hand-over")
    assert again.headers["Location"] == f"/shop/orders/{order.id}"


def test_a_wrong_weight_is_corrected_with_a_reason(stall: Stall, order: Order) -> None:
    client = stall.shopkeeper
    line = lines(stall)[0]
    data = {"outcome": "collected", f"received_{line.id}": "9.5"}
    client.post(f"/shop/lines/{line.id}/hand-over", data=data | key("hand"))
    again = data | {f"received_{line.id}": "8"}
    page = client.post(f"/shop/lines/{line.id}/correction", data=again | key("no reason"))
    assert page.status_code == 422
    reason = {f"reason_{line.id}": "crate was on the scale"}
    page = client.post(f"/shop/lines/{line.id}/correction", data=again | reason | key("fix"))
    assert page.status_code == 303
    assert lines(stall)[0].billed_g == 8_000
    with stall.database.reading() as session:
        assert_sound(session)


def test_what_is_not_there_yet_is_refused_with_the_reason(stall: Stall) -> None:
    with stall.database.transaction() as session:
        placed = direct(session, stall.scene)
    line_id = placed.order_line_id
    page = stall.shopkeeper.post(
        f"/shop/lines/{line_id}/hand-over",
        data={"outcome": "collected", f"received_{line_id}": "1"} | key("early"),
    )
    assert page.status_code == 422
    assert "its market day is not at that step" in words(page)
    assert "Nothing to hand over" in words(stall.shopkeeper.get("/shop"))
    assert "Nothing comes yet" in words(stall.shopkeeper.get("/shop/totals"))


def test_totals_show_each_crop(stall: Stall, order: Order) -> None:
    read = words(stall.shopkeeper.get("/shop/totals"))
    assert "potato 1 15 kg 15 kg 0 kg" in read


def test_the_till_is_opened_counted_and_its_difference_named(stall: Stall, order: Order) -> None:
    client = stall.shopkeeper
    assert client.post("/shop/till/shifts", data={"float": "x"} | key("bad")).status_code == 422
    for _ in range(2):
        assert (
            client.post("/shop/till/shifts", data={"float": "50"} | key("open")).status_code == 303
        )
    page = client.get("/shop/till")
    (action,) = re.findall(r'action="(/shop/till/shifts/\d+/count)"', page.text)
    assert "Should lie in it now ¥50.00" in words(page)
    client.post(action, data={"counted": "49.70"} | key("count"))
    read = words(client.get("/shop/till"))
    assert "¥0.30 is missing." in read
    assert "Open the till" in read
    assert (
        client.post("/shop/till/shifts/999/count", data={"counted": "1"} | key("x")).status_code
        == 422
    )


def test_another_shop_sees_nothing_of_it(stall: Stall, order: Order) -> None:
    line_id = lines(stall)[0].id
    with stall.database.transaction() as session:
        market = stall.scene.market
        shop = Shop(cooperative_id=market.cooperative_id, name="East Gate")
        session.add(shop)
        session.flush()
        point = session.scalars(select(PickupPoint)).one()
        session.add(
            PickupPoint(
                cooperative_id=market.cooperative_id,
                shop_id=shop.id,
                hub_id=point.hub_id,
                name="East Gate",
            )
        )
        role = session.scalars(select(Role).where(Role.person_id == market.wu_id)).one()
        role.shop_id = shop.id
    client = stall.shopkeeper
    assert client.get(f"/shop/orders/{order.id}").status_code == 404
    data = {"outcome": "collected", f"received_{line_id}": "1"} | key("other")
    assert client.post(f"/shop/lines/{line_id}/hand-over", data=data).status_code == 404
    page = client.get("/shop/orders", query_string={"code": order.code})
    assert "This order is collected at Wu's Corner, not here." in words(page)
    assert lines(stall)[0].state is LineState.ALLOCATED


def test_of_several_shops_one_is_chosen(stall: Stall, order: Order) -> None:
    with stall.database.transaction() as session:
        market = stall.scene.market
        shop = Shop(cooperative_id=market.cooperative_id, name="East Gate")
        session.add(shop)
        session.flush()
        role = session.scalars(select(Role).where(Role.person_id == market.wu_id)).one()
        session.add(
            Role(
                person_id=market.wu_id,
                cooperative_id=market.cooperative_id,
                kind=role.kind,
                shop_id=shop.id,
                started_at=AT,
            )
        )
        session.flush()
        shop_id = shop.id
    client = stall.shopkeeper
    assert "Nothing to hand over" in words(client.get("/shop"))
    other = stall.scene.market.shop_id
    assert client.post("/shop/choice", data={"shop": other}).headers["Location"] == "/shop"
    assert "Zhou Min" in words(client.get("/shop"))
    assert f'<option value="{shop_id}">' in client.get("/shop").text
    assert client.post("/shop/choice", data={"shop": 999}).status_code == 422


@pytest.mark.parametrize("role", ["tan", "luo", "peng", "zhou"])
def test_other_roles_are_told_whom_the_pages_are_for(stall: Stall, order: Order, role: str) -> None:
    client = stall.client(getattr(stall.scene.market, f"{role}_id"))
    line_id = lines(stall)[0].id
    for address in ("/shop", f"/shop/orders/{order.id}", "/shop/totals", "/shop/till"):
        page = client.get(address)
        assert page.status_code == 403
        assert "shopkeeper" in words(page)
    data = {"outcome": "collected", f"received_{line_id}": "1"} | key("role")
    assert client.post(f"/shop/lines/{line_id}/hand-over", data=data).status_code == 403
    assert client.post("/shop/till/shifts", data={"float": "1"} | key("r")).status_code == 403


def test_two_cooperatives_do_not_meet(stall: Stall, order: Order) -> None:
    other = make_scene(stall.database, slug="other").market
    client = stall.client(other.wu_id)
    assert client.get(f"/shop/orders/{order.id}").status_code == 404
    page = client.get("/shop/orders", query_string={"code": order.code})
    assert "No order here has this code." in words(page)
