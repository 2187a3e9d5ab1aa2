"""What-if questions, shortages, and the reasons of those who got nothing."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.matching.engine import Freight, Lot, Order, Pin, Problem, Rules, clear
from app.matching.services import (
    after_shortage,
    lot_outlook,
    order_outlook,
    with_lot,
    with_order,
)
from tests.matching.markets import DAY, Market, markets

TANS = Lot(1, 11, 1, 0, 240_000, 1250, DAY, DAY, 1)
XIANGS = Lot(2, 12, 1, 0, 200_000, 1500, DAY, DAY, 2)
ZHOUS = Order(1, 21, 1, 1, 300_000, 1810, DAY, DAY)
TO_TOWN = Freight(1, 1, 355, 30)


def test_an_outlook_says_what_a_new_lot_could_earn() -> None:
    clearing = clear(Problem.of([TANS, XIANGS], [ZHOUS], [TO_TOWN]))
    assert lot_outlook(clearing, replace(TANS, id=9, ask_minor=1424)).chance == "all"
    assert lot_outlook(clearing, replace(TANS, id=9, ask_minor=1425)).chance == "part"
    dear = lot_outlook(clearing, replace(TANS, id=9, ask_minor=1426))
    assert (dear.chance, dear.price_minor, dear.day) == ("none", 1425, DAY)
    assert lot_outlook(clearing, replace(TANS, village_id=7)).chance == "unknown"


def test_an_outlook_says_what_a_new_order_would_pay() -> None:
    clearing = clear(Problem.of([TANS, XIANGS], [ZHOUS], [TO_TOWN]))
    assert order_outlook(clearing, replace(ZHOUS, id=9, limit_minor=1811)).chance == "all"
    assert order_outlook(clearing, replace(ZHOUS, id=9, limit_minor=1700)).chance == "none"
    assert order_outlook(clearing, replace(ZHOUS, pickup_point_id=7)).chance == "unknown"


def test_a_changed_ask_is_cleared_exactly() -> None:
    problem = Problem.of([TANS, XIANGS], [ZHOUS], [TO_TOWN])
    cheaper = clear(with_lot(problem, 2, ask_minor=1100))
    assert dict(zip(cheaper.lots.id.tolist(), cheaper.lots.given_g.tolist(), strict=True)) == {
        1: 100_000,
        2: 200_000,
    }
    assert clear(with_order(problem, 1, limit_minor=1500)).nothing == "no_trade"
    assert problem.lots.ask_minor.tolist() == [1250, 1500]


def test_a_pin_shows_what_it_costs() -> None:
    lots = [TANS, replace(XIANGS, ask_minor=1300, quantity_g=400_000)]
    free = clear(Problem.of(lots, [ZHOUS], [TO_TOWN]))
    pinned = clear(Problem.of(lots, [ZHOUS], [TO_TOWN], pins=[Pin(2, 1, 300_000)]))
    assert free.verdict.value - pinned.verdict.value == 50 * 240_000


def test_after_a_shortage_only_the_order_that_lost_is_matched_again() -> None:
    spare = Lot(3, 13, 1, 0, 90_000, 1400, DAY, DAY, 3)
    other = Order(2, 22, 1, 1, 100_000, 1900, DAY, DAY)
    problem = Problem.of([TANS, spare], [replace(ZHOUS, quantity_g=100_000), other], [TO_TOWN])
    clearing = clear(problem)
    kept, rest = after_shortage(problem, clearing.allocations, {1: 140_000})
    assert int(kept.quantity_g.sum()) == 140_000
    again = clear(rest)
    assert again.allocations.lot_id.tolist() == [3] * len(again.allocations)
    assert int(again.allocations.quantity_g.sum()) == 60_000
    assert set(kept.farmer_minor.tolist()) == set(clearing.allocations.farmer_minor.tolist())


@given(market=markets(special=True, whole=True), data=st.data())
def test_a_shortage_never_gives_anyone_more_than_there_is(
    market: Market, data: st.DataObject
) -> None:
    problem = market.problem()
    clearing = clear(problem)
    lot = data.draw(st.sampled_from(market.lots))
    real_g = data.draw(st.integers(0, lot.quantity_g))
    kept, rest = after_shortage(problem, clearing.allocations, {lot.id: real_g})
    again = clear(rest).allocations
    for table, id_column in ((problem.lots, "lot_id"), (problem.orders, "order_id")):
        for row_id, most_g in zip(table.id.tolist(), table.quantity_g.tolist(), strict=True):
            total = sum(
                int(part.quantity_g[getattr(part, id_column) == row_id].sum())
                for part in (kept, again)
            )
            assert total <= (real_g if (id_column, row_id) == ("lot_id", lot.id) else most_g)


def test_whoever_cannot_trade_at_all_is_told_why() -> None:
    lots = [
        TANS,
        Lot(2, 12, 5, 0, 1_000, 100, DAY, DAY),
        Lot(3, 13, 1, 0, 1_000, 100, DAY - 9, DAY - 8),
        Lot(4, 14, 1, 0, 1_000, 100, DAY + 8, DAY + 9),
        Lot(5, 15, 1, 2, 1_000, 100, DAY, DAY),
    ]
    orders = [
        ZHOUS,
        replace(ZHOUS, id=2, pickup_point_id=8),
        replace(ZHOUS, id=3, first_day=DAY + 20, last_day=DAY + 20),
        replace(ZHOUS, id=4, limit_minor=5),
        replace(ZHOUS, id=5, only_farmer_id=77),
    ]
    clearing = clear(Problem.of(lots, orders, [TO_TOWN], rules=Rules(earliest_day=DAY)))
    assert [clearing.lots.reason(row)[0] for row in range(5)] == [
        "lot_sold",
        "lot_no_route",
        "lot_expired",
        "lot_no_buyer",
        "lot_no_buyer",
    ]
    assert [clearing.orders.reason(row)[0] for row in range(5)] == [
        "order_last_served",
        "order_no_route",
        "order_no_day",
        "order_limit_below_price",
        "order_no_lot",
    ]


def test_a_day_outside_the_window_that_would_be_cheaper_is_named() -> None:
    lots = [TANS, replace(XIANGS, ask_minor=900, first_day=DAY + 1, last_day=DAY + 1)]
    orders = [
        ZHOUS,
        replace(ZHOUS, id=2, first_day=DAY + 1, last_day=DAY + 1, quantity_g=50_000),
        replace(ZHOUS, id=3, quantity_g=10_000, limit_minor=1900),
    ]
    clearing = clear(Problem.of(lots, orders, [TO_TOWN]))
    code, figures = clearing.orders.reason(2)
    assert code == "order_filled"
    assert (figures["cheaper_day"], figures["saving_minor"]) == (DAY + 1, 1810 - 1285)
