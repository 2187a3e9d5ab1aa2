"""The engine against an exact answer computed pair by pair."""

import json

import pytest
from hypothesis import given

from app.kernel.errors import Refusal
from app.matching.engine import Freight, Lot, Order, Pin, Problem, Rules, check, clear
from tests.matching.markets import DAY, Market, markets, pairwise_optimum

WANGS_PEARS = Lot(1, 11, 1, 0, 240_000, 1250, DAY, DAY + 1, 1)
LIS_PEARS = Lot(2, 12, 1, 0, 200_000, 1500, DAY, DAY + 1, 2)
BREAKFAST_SHOP = Order(1, 21, 1, 1, 300_000, 1810, DAY, DAY)
TO_TOWN = Freight(1, 1, 355, 30)


@given(market=markets())
def test_the_value_is_that_of_the_exact_answer(market: Market) -> None:
    assert clear(market.problem()).verdict.value == pairwise_optimum(market)


@given(market=markets(special=True))
def test_substitutes_chosen_farmers_and_forbidden_pairs_keep_it_exact(market: Market) -> None:
    assert clear(market.problem()).verdict.value == pairwise_optimum(market)


@given(market=markets(special=True, whole=True))
def test_indivisible_orders_stay_below_a_bound_that_is_the_divisible_optimum(
    market: Market,
) -> None:
    clearing = clear(market.problem())
    assert clearing.verdict.relaxed_bound == pairwise_optimum(market)
    assert clearing.verdict.value <= clearing.verdict.relaxed_bound


@given(market=markets(special=True, whole=True))
def test_a_stored_record_can_be_checked_on_its_own(market: Market) -> None:
    clearing = clear(market.problem())
    record = json.loads(json.dumps(clearing.record()))
    assert check(record) == clearing.verdict
    assert check(record).valid


@given(market=markets(special=True, whole=True))
def test_the_order_of_arrival_changes_nothing(market: Market) -> None:
    turned = Market(
        market.lots[::-1], market.orders[::-1], market.freight[::-1], market.forbidden[::-1]
    )
    assert clear(turned.problem()).record() == clear(market.problem()).record()


def test_a_farmer_is_paid_the_clearing_price_and_the_buyer_pays_it_with_freight() -> None:
    clearing = clear(Problem.of([WANGS_PEARS, LIS_PEARS], [BREAKFAST_SHOP], [TO_TOWN]))
    assert clearing.allocations.lot_id.tolist() == [1]
    assert clearing.allocations.quantity_g.tolist() == [240_000]
    assert clearing.allocations.farmer_minor.tolist() == [1425]
    assert clearing.allocations.buyer_minor.tolist() == [1810]
    assert clearing.lots.reason(0)[0] == "lot_sold"
    code, figures = clearing.lots.reason(1)
    assert (code, figures["price_minor"]) == ("lot_ask_above_price", 1425)
    assert clearing.orders.reason(0)[0] == "order_last_served"


def test_pay_as_ask_gives_each_farmer_the_ask() -> None:
    problem = Problem.of(
        [WANGS_PEARS], [BREAKFAST_SHOP], [TO_TOWN], rules=Rules(pricing="pay_as_ask")
    )
    clearing = clear(problem)
    assert clearing.allocations.farmer_minor.tolist() == [1250]
    assert clearing.allocations.buyer_minor.tolist() == [1635]


@pytest.mark.parametrize(
    ("lots", "orders", "freight", "why"),
    [
        ([], [BREAKFAST_SHOP], [TO_TOWN], "no_lots"),
        ([WANGS_PEARS], [], [TO_TOWN], "no_orders"),
        ([WANGS_PEARS], [BREAKFAST_SHOP], [], "no_tariff"),
        ([WANGS_PEARS], [BREAKFAST_SHOP], [Freight(7, 7, 1)], "no_trade"),
        ([], [], [], "no_lots"),
    ],
)
def test_an_empty_side_says_that_there_is_nothing_to_match(
    lots: list[Lot], orders: list[Order], freight: list[Freight], why: str
) -> None:
    clearing = clear(Problem.of(lots, orders, freight))
    assert clearing.nothing == why
    assert len(clearing.allocations) == 0
    assert check(clearing.record()).valid


def test_a_pinned_pair_trades_within_both_limits() -> None:
    problem = Problem.of(
        [WANGS_PEARS, Lot(3, 13, 1, 0, 240_000, 1300, DAY, DAY)],
        [BREAKFAST_SHOP],
        [TO_TOWN],
        pins=[Pin(3, 1, 200_000)],
    )
    clearing = clear(problem)
    assert clearing.allocations.lot_id.tolist() == [3, 1]
    assert clearing.allocations.quantity_g.tolist() == [200_000, 100_000]
    assert (clearing.allocations.buyer_minor <= 1810).all()
    assert clearing.verdict.valid


def test_a_pin_over_the_limit_is_refused() -> None:
    with pytest.raises(Refusal):
        clear(Problem.of([LIS_PEARS], [BREAKFAST_SHOP], [TO_TOWN], pins=[Pin(2, 1, 1000)]))


def test_an_all_or_nothing_order_that_cannot_be_filled_is_told_what_there_was() -> None:
    order = Order(1, 21, 1, 1, 800_000, 1810, DAY, DAY, all_or_nothing=True)
    clearing = clear(Problem.of([WANGS_PEARS], [order], [TO_TOWN]))
    code, figures = clearing.orders.reason(0)
    assert code == "order_all_or_nothing_missed"
    assert figures["found_g"] == 240_000
    assert len(clearing.allocations) == 0


def test_a_group_that_misses_its_tier_gets_the_next_one() -> None:
    group = Order(
        1, 21, 1, 1, 400_000, 1700, DAY, DAY, least_fill_g=400_000, fallbacks=((200_000, 1800),)
    )
    clearing = clear(Problem.of([WANGS_PEARS], [group], [TO_TOWN]))
    assert clearing.allocations.quantity_g.tolist() == [240_000]
    assert clearing.allocations.buyer_minor.tolist() == [1800]


def test_tied_lots_share_equally_and_the_longest_waiting_gets_the_last_gram() -> None:
    lots = [Lot(n, n, 1, 0, 100_000, 1400, DAY, DAY, offered_at=-n) for n in (1, 2, 3)]
    order = Order(1, 21, 1, 0, 200_000, 1900, DAY, DAY)
    clearing = clear(Problem.of(lots, [order], [TO_TOWN]))
    given = dict(
        zip(clearing.allocations.lot_id.tolist(), clearing.allocations.quantity_g, strict=True)
    )
    assert sorted(given.values()) == [66_666, 66_667, 66_667]
    assert given[1] == 66_666
    assert {clearing.lots.reason(row)[0] for row in range(3)} == {"lot_shared"}


@pytest.mark.parametrize(
    "bad",
    [
        Lot(1, 1, 1, 0, 0, 10, DAY, DAY),
        Lot(1, 1, 1, 0, -5, 10, DAY, DAY),
        Lot(1, 1, 1, 3, 5, 10, DAY, DAY),
        Lot(1, 1, 1, 0, 5, -1, DAY, DAY),
        Lot(1, 1, 1, 0, 5, 10, DAY, DAY - 1),
        Lot(1, 1, 1, 0, 10**30, 10, DAY, DAY),
        Lot(1, 1, 1, 0, 10**12, 10**8, DAY, DAY),
    ],
)
def test_an_absurd_lot_is_refused(bad: Lot) -> None:
    with pytest.raises(Refusal):
        clear(Problem.of([bad], [BREAKFAST_SHOP], [TO_TOWN]))
