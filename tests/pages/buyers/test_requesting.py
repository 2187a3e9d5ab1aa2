"""Filing a request, and reading what became of it."""

import pytest
from sqlalchemy import select, update

from app.models import Crop, Grade, LineOutcome, LineState, MarketDayState, Order, OrderLine
from app.orders import allocating
from tests.market import FRIDAY, TUESDAY
from tests.orders.trading import awarded, clearing_run, count, day, make_scene
from tests.pages.stall import Stall, key, words
from tests.web.stage import AT

ASKED = {
    "quantity": "20",
    "unit": "kg",
    "limit": "5.00",
    "least_grade": "II",
    "payment_method": "cash",
    "first_on": TUESDAY.isoformat(),
    "last_on": FRIDAY.isoformat(),
    "least_fill": "5",
}


def address(stall: Stall) -> str:
    return f"/requests/new/{stall.scene.market.potato_id}"


def test_the_crop_is_chosen_first_and_the_form_knows_the_price_now(stall: Stall) -> None:
    client = stall.buyer
    page = client.get("/requests/new")
    assert f'href="{address(stall)}"' in page.text
    read = words(client.get(address(stall)))
    for word in ("Request for potato", "Direct offers start at", "All or nothing", "Not after"):
        assert word in read


def test_a_request_keeps_every_field(stall: Stall) -> None:
    client = stall.buyer
    typed = ASKED | {"all_or_nothing": "1"}
    answers = {client.post(address(stall), data=typed | key("a")).location for _ in range(2)}
    (location,) = answers
    with stall.database.reading() as session:
        line = session.scalars(select(OrderLine)).one()
    assert (line.ordered_g, line.limit_minor, line.least_fill_g) == (20_000, 500, 5_000)
    assert (line.least_grade, line.is_all_or_nothing) == (Grade.CLASS_II, True)
    assert (line.first_on, line.last_on, line.state) == (TUESDAY, FRIDAY, LineState.WAITING)
    read = words(client.get(location))
    assert "waits for the matching" in read
    assert "Your limit: ¥5.00 per kg" in read


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"limit": "0"}, "This must be between"),
        ({"limit": "5.001"}, "Use at most 2 digits"),
        ({"least_fill": "21"}, "The least quantity must not be above"),
        ({"first_on": FRIDAY.isoformat(), "last_on": TUESDAY.isoformat()}, "must not be before"),
        ({"last_on": "soon"}, "Write a date"),
        ({"first_on": "2026-05-06", "last_on": "2026-05-07"}, "No market day between these dates"),
        ({"quantity": "0"}, "This must be between"),
    ],
)
def test_a_mistake_is_told_and_what_was_typed_stays(
    stall: Stall, changes: dict[str, str], message: str
) -> None:
    typed = ASKED | changes
    page = stall.buyer.post(address(stall), data=typed | key("wrong"))
    assert page.status_code == 422
    assert message in words(page)
    assert f'value="{typed["quantity"]}"' in page.text
    assert f'value="{typed["limit"]}"' in page.text
    with stall.database.reading() as session:
        assert count(session, Order) == 0


def test_a_crop_of_another_cooperative_or_one_not_traded_is_not_found(stall: Stall) -> None:
    other = make_scene(stall.database, slug="other")
    client = stall.buyer
    assert client.get(f"/requests/new/{other.market.potato_id}").status_code == 404
    with stall.database.transaction() as session:
        session.execute(update(Crop).values(is_traded=False))
    assert client.get(address(stall)).status_code == 404
    assert "No crops yet" in words(client.get("/requests/new"))


def test_a_filled_and_an_unfilled_request_give_their_reasons(stall: Stall) -> None:
    client = stall.buyer
    for name in ("filled", "empty"):
        client.post(address(stall), data=ASKED | key(name))
    with stall.database.transaction() as session:
        filled, empty = session.scalars(select(OrderLine.id).order_by(OrderLine.id)).all()
        run_id = clearing_run(session, stall.scene)
        for line_id, code in ((filled, "order_filled"), (empty, "order_limit_below_price")):
            session.add(
                LineOutcome(
                    clearing_run_id=run_id,
                    order_line_id=line_id,
                    filled_g=0,
                    code=code,
                    figures={
                        "given_g": 20_000 if code == "order_filled" else 0,
                        "quantity_g": 20_000,
                        "price_minor": 250,
                        "limit_minor": 500,
                        "village_id": stall.scene.market.baiyangping_id,
                        "farmer_minor": 180,
                        "freight_minor": 60,
                        "fee_minor": 10,
                    },
                )
            )
        allocating.apply_allocations(
            session,
            clearing_run_id=run_id,
            market_day=day(session, stall.scene.tuesday_id),
            allocations=awarded((stall.scene.lot_id, filled, 20_000)),
            at=AT,
        )
    stall.set_day(MarketDayState.PLANNED)
    page = client.get("/orders")
    read = words(page)
    assert "You get 20 kg at ¥2.50 per kg; your limit was ¥5.00 per kg." in read
    assert "The farmer in Baiyangping earns ¥1.80 per kg" in read
    assert "the cheapest harvest costs ¥2.50 per kg at your pickup point." in read
    assert "not filled" in read
    detail = words(client.get("/orders/1"))
    assert "20 kg from Baiyangping" in detail
    assert "On the truck" in detail


def test_a_buyer_without_orders_is_shown_the_way(stall: Stall) -> None:
    assert "No orders yet" in words(stall.buyer.get("/orders"))
