"""What farmers and buyers are promised: limits, shares, and no gain from being rigid."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from app.matching.engine import Clearing, Freight, Lot, Order, Problem, Rules, clear
from tests.matching.markets import DAY, Market, best_limit, gain_minor, markets

TO_TOWN = Freight(1, 1, 355, 30)


def trades(clearing: Clearing) -> list[dict[str, int]]:
    columns = clearing.allocations.columns()
    return [
        dict(zip(columns, row, strict=True))
        for row in zip(*(column.tolist() for column in columns.values()), strict=True)
    ]


def sold_g(clearing: Clearing) -> dict[int, int]:
    return dict(zip(clearing.lots.id.tolist(), clearing.lots.given_g.tolist(), strict=True))


@given(market=markets(special=True, whole=True), pricing=st.sampled_from(["uniform", "pay_as_ask"]))
def test_nobody_trades_outside_what_was_offered_or_asked(market: Market, pricing: str) -> None:
    clearing = clear(market.problem(Rules(pricing=pricing)))
    lots = {lot.id: lot for lot in market.lots}
    orders = {order.id: order for order in market.orders}
    tariff = {(f.village_id, f.pickup_point_id): f for f in market.freight}
    left = {lot.id: lot.quantity_g for lot in market.lots}
    filled = dict.fromkeys(orders, 0)
    sources: dict[int, set[int]] = {order: set() for order in orders}
    for trade in trades(clearing):
        lot, order = lots[trade["lot_id"]], orders[trade["order_id"]]
        freight = tariff[lot.village_id, order.pickup_point_id]
        assert gain_minor(market, lot, order) is not None
        assert lot.first_day <= trade["day"] <= lot.last_day
        assert order.first_day <= trade["day"] + freight.lag_days <= order.last_day
        assert trade["farmer_minor"] >= lot.ask_minor
        assert trade["buyer_minor"] <= (best_limit(order, lot.grade) or -1)
        parts = freight.freight_minor + freight.fee_minor
        assert trade["buyer_minor"] == trade["farmer_minor"] + parts
        left[lot.id] -= trade["quantity_g"]
        filled[order.id] += trade["quantity_g"]
        sources[order.id].add(lot.id)
    assert min(left.values()) >= 0
    for order in market.orders:
        least = order.quantity_g if order.all_or_nothing else order.least_fill_g
        assert filled[order.id] == 0 or least <= filled[order.id] <= order.quantity_g
        assert order.most_lots == 0 or len(sources[order.id]) <= order.most_lots


@given(market=markets(special=True))
def test_nobody_who_could_have_gained_is_left_out(market: Market) -> None:
    """No pair can both do better with each other than they did."""
    clearing = clear(market.problem())
    lot_gain, order_gain = {}, {}
    for trade in trades(clearing):
        lot = next(lot for lot in market.lots if lot.id == trade["lot_id"])
        order = next(order for order in market.orders if order.id == trade["order_id"])
        lot_gain[lot.id] = trade["farmer_minor"] - lot.ask_minor
        order_gain[order.id] = (best_limit(order, lot.grade) or 0) - trade["buyer_minor"]
    full = sold_g(clearing)
    filled = dict(zip(clearing.orders.id.tolist(), clearing.orders.given_g.tolist(), strict=True))
    for lot in market.lots:
        for order in market.orders:
            gain = gain_minor(market, lot, order)
            if gain is None:
                continue
            had = lot_gain.get(lot.id, 0) if full[lot.id] == lot.quantity_g else 0
            had += order_gain.get(order.id, 0) if filled[order.id] == order.quantity_g else 0
            assert gain <= had


@given(market=markets(special=True), data=st.data())
def test_a_lower_ask_never_sells_less(market: Market, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(market.lots) - 1))
    lot = market.lots[index]
    lower = replace(lot, ask_minor=data.draw(st.integers(0, lot.ask_minor - 1)))
    cheaper = replace(market, lots=(*market.lots[:index], lower, *market.lots[index + 1 :]))
    before, after = sold_g(clear(market.problem())), sold_g(clear(cheaper.problem()))
    assert after[lot.id] >= before[lot.id]


@given(market=markets())
def test_a_more_flexible_order_never_pays_more(market: Market) -> None:
    clearing = clear(market.problem())
    paid = {trade["order_id"]: trade["buyer_minor"] for trade in trades(clearing)}
    served = [order for order in market.orders if order.id in paid]
    for one in served:
        for other in served:
            wider = one.first_day <= other.first_day and other.last_day <= one.last_day
            lower = one.least_grade >= other.least_grade
            if wider and lower and one.pickup_point_id == other.pickup_point_id:
                assert paid[one.id] <= paid[other.id]


@given(market=markets())
def test_a_better_and_longer_ready_lot_never_earns_less(market: Market) -> None:
    clearing = clear(market.problem())
    earned = {trade["lot_id"]: trade["farmer_minor"] for trade in trades(clearing)}
    sold = [lot for lot in market.lots if lot.id in earned]
    for one in sold:
        for other in sold:
            wider = one.first_day <= other.first_day and other.last_day <= one.last_day
            if wider and one.grade <= other.grade and one.village_id == other.village_id:
                assert earned[one.id] >= earned[other.id]


@given(market=markets(special=True), data=st.data())
def test_twins_share_equally_within_one_gram(market: Market, data: st.DataObject) -> None:
    lot = data.draw(st.sampled_from(market.lots))
    assume(not any(pair.lot_id == lot.id for pair in market.forbidden))
    assume(all(order.only_farmer_id != lot.farmer_id for order in market.orders))
    twins = (replace(lot, farmer_id=98), replace(lot, id=99, farmer_id=99))
    others = tuple(other for other in market.lots if other.id != lot.id)
    sold = sold_g(clear(replace(market, lots=(*others, *twins)).problem()))
    assert abs(sold[lot.id] - sold[99]) <= 1


@given(
    small=st.integers(1, 60),
    large=st.integers(200, 2_000),
    wanted=st.integers(1, 2_000),
)
def test_every_tied_farmer_gets_the_floor_before_anyone_gets_more(
    small: int, large: int, wanted: int
) -> None:
    lots = [
        Lot(1, 1, 1, 0, small * 1000, 1400, DAY, DAY),
        Lot(2, 2, 1, 0, large * 1000, 1400, DAY, DAY),
    ]
    order = Order(1, 1, 1, 0, wanted * 1000, 1900, DAY, DAY)
    sold = sold_g(clear(Problem.of(lots, [order], [TO_TOWN])))
    if wanted >= 50:
        assert sold[1] >= min(25, small) * 1000


def test_splitting_a_lot_does_not_raise_the_floor() -> None:
    rival = Lot(1, 1, 1, 0, 500_000, 1400, DAY, DAY)
    whole = [rival, Lot(2, 2, 1, 0, 500_000, 1400, DAY, DAY)]
    parts = [rival, *(Lot(n, 2, 1, 0, 50_000, 1400, DAY, DAY) for n in range(2, 12))]
    order = Order(1, 1, 1, 0, 100_000, 1900, DAY, DAY)
    one = sold_g(clear(Problem.of(whole, [order], [TO_TOWN])))
    many = sold_g(clear(Problem.of(parts, [order], [TO_TOWN])))
    assert abs(one[1] - many[1]) <= 10


def test_ties_between_villages_are_shared_too() -> None:
    lots = [
        Lot(1, 1, 1, 0, 300_000, 1400, DAY, DAY),
        Lot(2, 2, 2, 0, 300_000, 1300, DAY, DAY),
    ]
    order = Order(1, 1, 1, 0, 300_000, 1900, DAY, DAY)
    problem = Problem.of(lots, [order], [Freight(1, 1, 100), Freight(2, 1, 200)])
    sold = sold_g(clear(problem))
    # Across places shares are even to a slice, which is two per cent.
    assert sum(sold.values()) == 300_000
    assert abs(sold[1] - sold[2]) <= 6_000


def test_tied_trade_without_gain_happens_rather_than_not() -> None:
    lot = Lot(1, 1, 1, 0, 300_000, 1400, DAY, DAY)
    order = Order(1, 1, 1, 0, 300_000, 1785, DAY, DAY)
    assert sold_g(clear(Problem.of([lot], [order], [TO_TOWN]))) == {1: 300_000}


def test_tiny_lots_count_as_one_when_the_cooperative_pools_them() -> None:
    lots = [Lot(n, n, 1, 0, 10_000, 1300 + n, DAY, DAY) for n in range(1, 9)]
    order = Order(1, 1, 1, 0, 60_000, 1900, DAY, DAY, most_lots=1)
    apart = clear(Problem.of(lots, [order], [TO_TOWN]))
    pooled = clear(Problem.of(lots, [order], [TO_TOWN], rules=Rules(pool_below_g=20_000)))
    assert int(apart.orders.given_g[0]) == 10_000
    assert apart.orders.reason(0)[0] == "order_lots_limited"
    assert int(pooled.orders.given_g[0]) == 60_000
