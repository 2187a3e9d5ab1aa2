"""Small random markets, and the exact answer computed pair by pair."""

from dataclasses import dataclass

from hypothesis import strategies as st
from ortools.graph.python import min_cost_flow

from app.matching.engine import Forbidden, Freight, Lot, Order, Problem, Rules

DAY = 739_000


@dataclass(frozen=True)
class Market:
    lots: tuple[Lot, ...]
    orders: tuple[Order, ...]
    freight: tuple[Freight, ...]
    forbidden: tuple[Forbidden, ...] = ()

    def problem(self, rules: Rules | None = None) -> Problem:
        return Problem.of(
            self.lots, self.orders, self.freight, forbidden=self.forbidden, rules=rules
        )


@st.composite
def windows(draw: st.DrawFn) -> tuple[int, int]:
    first = draw(st.integers(DAY, DAY + 3))
    return first, draw(st.integers(first, DAY + 4))


@st.composite
def lots(draw: st.DrawFn, number: int, villages: int) -> Lot:
    first, last = draw(windows())
    return Lot(
        id=number,
        farmer_id=draw(st.integers(1, 4)),
        village_id=draw(st.integers(1, villages)),
        grade=draw(st.integers(0, 2)),
        quantity_g=draw(st.sampled_from([1, 337, 5_000, 10_000, 20_000, 40_000])),
        ask_minor=draw(st.integers(5, 20)),
        first_day=first,
        last_day=last,
        offered_at=number,
    )


@st.composite
def orders(draw: st.DrawFn, number: int, points: int, *, special: bool, whole: bool) -> Order:
    first, last = draw(windows())
    grade, limit = draw(st.integers(0, 2)), draw(st.integers(8, 28))
    quantity = draw(st.sampled_from([1, 411, 5_000, 10_000, 20_000, 40_000]))
    substitutes: list[tuple[int, int]] = []
    for lower in range(grade + 1, 3):
        if special and draw(st.booleans()):
            most = substitutes[-1][1] if substitutes else limit
            substitutes.append((lower, draw(st.integers(0, most))))
    return Order(
        id=number,
        buyer_id=number,
        pickup_point_id=draw(st.integers(1, points)),
        least_grade=grade,
        quantity_g=quantity,
        limit_minor=limit,
        first_day=first,
        last_day=last,
        all_or_nothing=whole and draw(st.booleans()),
        least_fill_g=draw(st.integers(0, quantity)) if whole and draw(st.booleans()) else 0,
        most_lots=draw(st.integers(0, 2)) if whole else 0,
        only_farmer_id=draw(st.sampled_from([0, 0, 1, 2])) if special else 0,
        substitutes=tuple(substitutes),
        ordered_at=number,
    )


@st.composite
def markets(draw: st.DrawFn, *, special: bool = False, whole: bool = False) -> Market:
    villages, points = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    offered = [draw(lots(n + 1, villages)) for n in range(draw(st.integers(1, 7)))]
    asked = [
        draw(orders(n + 1, points, special=special, whole=whole))
        for n in range(draw(st.integers(1, 7)))
    ]
    freight = [
        Freight(v, p, draw(st.integers(0, 6)), draw(st.integers(0, 2)), draw(st.integers(0, 2)))
        for v in range(1, villages + 1)
        for p in range(1, points + 1)
        if draw(st.integers(0, 5))
    ]
    pairs = st.tuples(st.sampled_from(offered), st.sampled_from(asked))
    barred = draw(st.lists(pairs, max_size=3)) if special else []
    forbidden = {Forbidden(lot.id, order.id) for lot, order in barred}
    return Market(tuple(offered), tuple(asked), tuple(freight), tuple(forbidden))


def best_limit(order: Order, grade: int) -> int | None:
    """Return what an order pays at most for a grade, None if it refuses it."""
    if grade <= order.least_grade:
        return order.limit_minor
    return max((limit for lower, limit in order.substitutes if lower >= grade), default=None)


def gain_minor(market: Market, lot: Lot, order: Order) -> int | None:
    """Return what a pair gains per kg, None if it cannot trade."""
    tariff = {(f.village_id, f.pickup_point_id): f for f in market.freight}
    freight = tariff.get((lot.village_id, order.pickup_point_id))
    limit = best_limit(order, lot.grade)
    if freight is None or limit is None or Forbidden(lot.id, order.id) in market.forbidden:
        return None
    if order.only_farmer_id not in (0, lot.farmer_id):
        return None
    days = set(range(lot.first_day + freight.lag_days, lot.last_day + freight.lag_days + 1))
    if not days & set(range(order.first_day, order.last_day + 1)):
        return None
    return limit - lot.ask_minor - freight.freight_minor - freight.fee_minor


def pairwise_optimum(market: Market) -> int:
    """Return the greatest value over all divisions, with an arc for every pair."""
    solver = min_cost_flow.SimpleMinCostFlow()
    for i, lot in enumerate(market.lots):
        solver.add_arc_with_capacity_and_unit_cost(0, 1 + i, lot.quantity_g, 0)
    for j, order in enumerate(market.orders):
        node = 1 + len(market.lots) + j
        solver.add_arc_with_capacity_and_unit_cost(node, 0, order.quantity_g, 0)
        for i, lot in enumerate(market.lots):
            gain = gain_minor(market, lot, order)
            if gain is not None:
                solver.add_arc_with_capacity_and_unit_cost(1 + i, node, 10**9, -gain)
    assert solver.solve() == solver.OPTIMAL
    return -solver.optimal_cost()
