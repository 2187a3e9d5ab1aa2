"""The checker finds what is wrong, whoever made the record."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.matching.certificate import check, check_evidence
from app.matching.engine import Clearing, Freight, Lot, Order, Problem, clear
from app.matching.record import RecordDamaged
from tests.matching.markets import DAY, Market, markets

TANS = Lot(1, 11, 1, 0, 240_000, 1250, DAY, DAY + 1, 1)
XIANGS = Lot(2, 12, 1, 0, 200_000, 1500, DAY, DAY + 1, 2)
ZHOUS = Order(1, 21, 1, 1, 300_000, 1810, DAY, DAY)
WUS = Order(2, 22, 1, 1, 900_000, 1850, DAY, DAY, all_or_nothing=True)
TO_TOWN = Freight(1, 1, 355, 30)


def cleared() -> Clearing:
    return clear(Problem.of([TANS, XIANGS], [ZHOUS, WUS], [TO_TOWN]))


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("quantity_g", 1),
        ("quantity_g", -240_000),
        ("farmer_minor", 1),
        ("buyer_minor", -1),
        ("freight_minor", 1),
        ("day", 9),
        ("grade", 1),
        ("lot_id", 1),
        ("lot_id", 70),
        ("order_id", 1),
        ("pinned", 1),
    ],
)
def test_a_changed_allocation_is_found(column: str, change: int) -> None:
    evidence = cleared().evidence
    values = getattr(evidence.allocations, column) + np.int64(change)
    forged = replace(evidence, allocations=replace(evidence.allocations, **{column: values}))
    assert not check_evidence(forged).valid


@given(market=markets(special=True, whole=True), data=st.data())
def test_an_outcome_with_a_trade_left_out_is_not_optimal(
    market: Market, data: st.DataObject
) -> None:
    clearing = clear(market.problem())
    given_away = clearing.allocations
    assume(len(given_away) > 0)
    gone = data.draw(st.integers(0, len(given_away) - 1))
    assume(_gain(clearing, gone) > 0)
    fewer = given_away.take(np.arange(len(given_away)) != gone)
    assert not check_evidence(replace(clearing.evidence, allocations=fewer)).valid


def _gain(clearing: Clearing, row: int) -> int:
    trade, problem = clearing.allocations, clearing.problem
    lot = int(np.searchsorted(problem.lots.id, trade.lot_id[row]))
    order = int(np.searchsorted(problem.orders.id, trade.order_id[row]))
    limit = problem.orders.limits()[order, problem.lots.grade[lot]]
    cost = trade.freight_minor[row] + trade.fee_minor[row]
    return int(limit - problem.lots.ask_minor[lot] - cost)


@given(market=markets(special=True, whole=True), data=st.data())
def test_prices_that_promise_less_support_nothing(market: Market, data: st.DataObject) -> None:
    clearing = clear(market.problem())
    assume(len(clearing.allocations) > 0)
    evidence = clearing.evidence
    by_minor = data.draw(st.sampled_from([-5, 5]))
    side = data.draw(st.sampled_from(["villages", "points"]))
    table = getattr(evidence.support, side)
    changed = replace(table, price_minor=table.price_minor + by_minor)
    forged = replace(evidence, support=replace(evidence.support, **{side: changed}))
    verdict = check_evidence(forged)
    # Prices that no trade depends on may move; then they still prove the same.
    assert not verdict.valid or verdict.value == verdict.bound == evidence.value


def test_an_order_that_could_be_divided_cannot_be_dropped() -> None:
    evidence = cleared().evidence
    assert evidence.dropped.tolist() == [2]
    forged = replace(
        evidence,
        dropped=np.array([1, 2]),
        allocations=evidence.allocations.take(np.zeros(0, dtype=np.int64)),
    )
    assert "an order that can be divided was dropped" in check_evidence(forged).faults


def test_a_name_that_nobody_has_is_found() -> None:
    evidence = cleared().evidence
    assert not check_evidence(replace(evidence, dropped=np.array([77]))).valid


@pytest.mark.parametrize("part", ["input", "allocations", "support", "input_hash", "format"])
def test_a_damaged_record_cannot_be_read(part: str) -> None:
    record = cleared().record()
    with pytest.raises(RecordDamaged):
        check(record | {part: "x"})
    with pytest.raises(RecordDamaged):
        check({name: value for name, value in record.items() if name != part})


def test_another_input_than_the_hashed_one_is_found() -> None:
    other = clear(Problem.of([TANS, XIANGS], [ZHOUS], [TO_TOWN])).record()
    with pytest.raises(RecordDamaged):
        check(cleared().record() | {"input": other["input"]})
