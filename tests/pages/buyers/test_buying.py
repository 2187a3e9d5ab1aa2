"""A buyer looks around, buys, and finds what was typed again after a mistake."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from app import stock
from app.models import (
    FreightTariff,
    LineState,
    MarketDayState,
    Order,
    OrderLine,
    PaymentMethod,
    PickupPoint,
)
from tests.market import listed
from tests.orders.trading import buyer, count, fill_card, left_g
from tests.pages.stall import Stall, key, words
from tests.web.stage import AT

ORDER = {"quantity": "10", "unit": "kg", "payment_method": "cash"}


def lot_address(stall: Stall) -> str:
    return f"/offers/{stall.scene.lot_id}"


def test_offers_show_crop_village_grade_what_is_left_and_the_price(stall: Stall) -> None:
    page = stall.buyer.get("/offers")
    assert page.status_code == 200
    read = words(page)
    for word in ("potato", "Class I", "Baiyangping", "120 kg left", "per kg", "Wu's Corner"):
        assert word in read
    assert f'href="{lot_address(stall)}"' in page.text


def test_a_long_list_goes_on_by_key(stall: Stall) -> None:
    with stall.database.transaction() as session:
        for number in range(30):
            listed(session, stall.scene.market, key=f"lot {number}")
    first = stall.buyer.get("/offers")
    (more,) = re.findall(r'href="(/offers\?after=\d+)"', first.text)
    second = stall.buyer.get(more)
    found = [
        lot
        for page in (first, second)
        for lot in re.findall(r'<li><a href="/offers/(\d+)"', page.text)
    ]
    assert len(found) == len(set(found)) == 31


def test_an_empty_day_points_to_requests(stall: Stall) -> None:
    with stall.database.transaction() as session:
        stock.drain(session, lot_id=stall.scene.lot_id)
    assert "Nothing is left at the moment" in words(stall.buyer.get("/offers"))
    stall.at(AT + timedelta(days=40))
    assert "No market day takes orders now" in words(stall.buyer.get("/offers"))
    page = stall.buyer.get(f"/requests/new/{stall.scene.market.potato_id}")
    assert "No market day takes orders now" in words(page)


@pytest.mark.parametrize("query", ["crop=x", "after=99999999999999999999", "crop=-1&after=²"])
def test_an_odd_address_is_no_fault(stall: Stall, query: str) -> None:
    assert stall.buyer.get(f"/offers?{query}").status_code == 200
    assert stall.buyer.get(f"/orders?before={query}").status_code == 200


def test_the_pickup_point_is_remembered(stall: Stall) -> None:
    with stall.database.transaction() as session:
        known = session.scalars(select(PickupPoint)).one()
        other = PickupPoint(
            cooperative_id=known.cooperative_id,
            shop_id=known.shop_id,
            hub_id=known.hub_id,
            name="East Gate",
        )
        session.add(other)
        session.flush()
        other_id = other.id
    client = stall.buyer
    chosen = client.post("/pickup-point", data={"pickup_point": other_id, "next": "/offers?crop=1"})
    assert chosen.headers["Location"] == "/offers?crop=1"
    page = client.get("/offers")
    assert f'<option value="{other_id}" selected>' in page.text
    assert "no transport to this pickup point" in words(page)
    assert client.post("/pickup-point", data={"pickup_point": 999}).status_code == 422


def test_estimate_and_ceiling_are_shown_before_buying(stall: Stall) -> None:
    page = stall.buyer.get(lot_address(stall), query_string=ORDER)
    read = words(page)
    for word in ("Is this right?", "About", "At most", "never for more than 11 kg", "Buy"):
        assert word in read
    with stall.database.reading() as session:
        assert count(session, Order) == 0


def test_more_than_is_left_is_told_before_buying(stall: Stall) -> None:
    page = stall.buyer.get(lot_address(stall), query_string=ORDER | {"quantity": "121"})
    assert page.status_code == 422
    assert "Only 120 kg is left of this lot." in words(page)


def test_a_pickup_point_without_transport_says_so_and_sells_nothing(stall: Stall) -> None:
    with stall.database.transaction() as session:
        session.execute(delete(FreightTariff))
    client = stall.buyer
    for page in (
        client.get(lot_address(stall)),
        client.post(f"{lot_address(stall)}/purchases", data=ORDER | key("x")),
    ):
        assert "No transport price is published" in words(page)


def test_a_refused_page_opened_again_leads_back_to_the_lot(stall: Stall) -> None:
    answer = stall.buyer.get(f"{lot_address(stall)}/purchases")
    assert answer.headers["Location"] == lot_address(stall)


def test_buying_reserves_and_leads_to_the_order_with_its_code(stall: Stall) -> None:
    client = stall.buyer
    answers = {
        client.post(f"{lot_address(stall)}/purchases", data=ORDER | key("buy")).headers["Location"]
        for _ in range(3)
    }
    (address,) = answers
    page = client.get(address)
    with stall.database.reading() as session:
        order = session.scalars(select(Order)).one()
        assert left_g(session, stall.scene.lot_id) == 110_000
    read = words(page)
    for word in ("It is reserved for you.", order.code, "yours", "Farmer", "Transport", "At most"):
        assert word in read
    assert "<svg" in page.text and 'class="qr"' in page.text
    assert order.code in words(client.get("/orders"))


def test_buying_in_a_local_unit_keeps_the_unit(stall: Stall) -> None:
    typed = ORDER | {"quantity": "3,5", "unit": "jin"}
    answer = stall.buyer.post(f"{lot_address(stall)}/purchases", data=typed | key("jin"))
    assert answer.status_code == 303
    with stall.database.reading() as session:
        line = session.scalars(select(OrderLine)).one()
        assert (line.ordered_g, line.unit_code, line.unit_grams) == (1_750, "jin", 500)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"quantity": "121"}, "Only 120 kg is left of this lot."),
        ({"quantity": ""}, "Fill this in."),
        ({"quantity": "many"}, "Write a number"),
        ({"unit": "barrel"}, "Choose one of the answers."),
        ({"payment_method": "shells"}, "Choose one of the answers."),
        ({"payment_method": "card"}, "The card holds too little"),
        ({"payment_method": "account"}, "of your weekly account"),
    ],
)
def test_a_mistake_is_told_and_what_was_typed_stays(
    stall: Stall, changes: dict[str, str], message: str
) -> None:
    typed = ORDER | changes
    page = stall.buyer.post(f"{lot_address(stall)}/purchases", data=typed | key("wrong"))
    assert page.status_code == 422
    assert message in words(page)
    assert f'value="{typed["quantity"]}"' in page.text
    with stall.database.reading() as session:
        assert count(session, Order) == 0
        assert left_g(session, stall.scene.lot_id) == 120_000


def test_a_card_is_offered_with_what_is_on_it(stall: Stall) -> None:
    assert "Card account" not in words(stall.buyer.get(lot_address(stall)))
    with stall.database.transaction() as session:
        fill_card(session, stall.scene.market, stall.scene.market.zhou_id, 12_345)
    assert "Card account ¥123.45 left" in words(stall.buyer.get(lot_address(stall)))


def test_buying_while_the_lot_is_matched_is_kept_and_told(stall: Stall) -> None:
    with stall.database.transaction() as session:
        stock.freeze_day(session, market_day_id=stall.scene.tuesday_id)
    client = stall.buyer
    assert "being matched" in words(client.get(lot_address(stall)))
    answer = client.post(f"{lot_address(stall)}/purchases", data=ORDER | key("frozen"))
    read = words(client.get(answer.headers["Location"]))
    assert "Your order is kept." in read
    assert "waits for the matching" in read
    with stall.database.reading() as session:
        assert session.scalars(select(OrderLine.state)).one() is LineState.QUEUED


def test_a_closed_day_says_so(stall: Stall) -> None:
    stall.set_day(MarketDayState.CLEARED)
    assert "Orders for this market day are closed." in words(stall.buyer.get(lot_address(stall)))
    page = stall.buyer.post(f"{lot_address(stall)}/purchases", data=ORDER | key("late"))
    assert page.status_code == 422
    assert "Orders for this market day are closed." in words(page)


def test_cancelling_frees_what_was_reserved(stall: Stall) -> None:
    client = stall.buyer
    for name in ("one", "two"):
        client.post(f"{lot_address(stall)}/purchases", data=ORDER | key(name))
    with stall.database.reading() as session:
        first, second = session.scalars(select(OrderLine).order_by(OrderLine.id)).all()
    address = f"/orders/{first.order_id}"
    assert "Cancel this line" in words(client.get(address))
    for _ in range(2):
        answer = client.post(f"{address}/lines/{first.id}/cancellation", data=key("line"))
        assert answer.headers["Location"] == address
    with stall.database.reading() as session:
        assert left_g(session, stall.scene.lot_id) == 110_000
    client.post(f"{address}/cancellation", data=key("order"))
    with stall.database.reading() as session:
        assert left_g(session, stall.scene.lot_id) == 120_000
        assert session.get_one(OrderLine, second.id).state is LineState.CANCELLED
    assert "The order is cancelled." in words(client.get(address))


def test_cancelling_too_late_says_why_and_changes_nothing(stall: Stall) -> None:
    client = stall.buyer
    client.post(f"{lot_address(stall)}/purchases", data=ORDER | key("one"))
    stall.set_day(MarketDayState.CLEARED)
    with stall.database.reading() as session:
        order_id = session.scalars(select(Order.id)).one()
    page = client.post(f"/orders/{order_id}/cancellation", data=key("late"), follow_redirects=True)
    assert "It is too late to cancel this." in words(page)
    assert "Cancel the order" not in words(page)


@pytest.mark.parametrize("role", ["tan", "luo", "peng", "wu"])
def test_other_roles_are_told_whom_the_pages_are_for(stall: Stall, role: str) -> None:
    client = stall.client(getattr(stall.scene.market, f"{role}_id"))
    for address in ("/offers", lot_address(stall), "/requests/new", "/orders", "/orders/1"):
        page = client.get(address)
        assert page.status_code == 403
        assert "buyer" in words(page)
    assert client.post(f"{lot_address(stall)}/purchases", data=ORDER | key("x")).status_code == 403


def test_strangers_are_asked_to_sign_in(stall: Stall) -> None:
    answer = stall.app.test_client().get("/offers")
    assert answer.status_code == 302
    assert "/sign-in" in answer.headers["Location"]


def test_another_buyers_order_is_not_found(stall: Stall) -> None:
    stall.buyer.post(f"{lot_address(stall)}/purchases", data=ORDER | key("one"))
    with stall.database.transaction() as session:
        zhao = buyer(session, stall.scene.market, "Zhao")
        line = session.scalars(select(OrderLine)).one()
    other = stall.client(zhao)
    assert other.get(f"/orders/{line.order_id}").status_code == 404
    assert other.get("/offers/999").status_code == 404
    for address in ("cancellation", f"lines/{line.id}/cancellation"):
        other.post(f"/orders/{line.order_id}/{address}", data=key(address[:5]))
    with stall.database.reading() as session:
        assert session.scalars(select(OrderLine.state)).one() is LineState.ALLOCATED


def test_an_open_order_proposes_its_way_of_payment(stall: Stall) -> None:
    client = stall.buyer
    typed = ORDER | {"payment_method": PaymentMethod.TRANSFER.value}
    client.post(f"{lot_address(stall)}/purchases", data=typed | key("one"))
    page = client.get(lot_address(stall))
    assert "This joins your open order" in words(page)
    assert re.search(r'value="transfer"[^>]* checked', page.text)
