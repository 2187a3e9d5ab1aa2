from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.alliance.netting import NetPayment, least_payments, nets

debts = st.dictionaries(
    st.tuples(st.integers(1, 7), st.integers(1, 7)).filter(lambda pair: pair[0] != pair[1]),
    st.integers(0, 6),
    max_size=12,
)


def _settled(payments: list[NetPayment], owed: dict[int, int]) -> dict[int, int]:
    left = dict(owed)
    for payment in payments:
        left[payment.payer_id] += payment.amount_minor
        left[payment.payee_id] -= payment.amount_minor
    return left


def _fewest(amounts: list[int]) -> int:
    """Count by trying: the first sums to zero with some of the others, or all stay one group."""
    if not amounts:
        return 0
    best = len(amounts) - 1
    for size in range(1, len(amounts)):
        for chosen in combinations(range(1, len(amounts)), size - 1):
            group = (0, *chosen)
            if sum(amounts[i] for i in group) == 0:
                rest = [amount for i, amount in enumerate(amounts) if i not in group]
                best = min(best, size - 1 + _fewest(rest))
    return best


@given(debts)
def test_the_payments_settle_all_debts_and_are_the_fewest(
    owing: dict[tuple[int, int], int],
) -> None:
    payments = least_payments(owing)
    owed = nets(owing)
    assert set(_settled(payments, owed).values()) <= {0}
    assert all(payment.amount_minor > 0 for payment in payments)
    assert len(payments) == _fewest([amount for amount in owed.values() if amount])


@given(debts)
def test_the_order_of_the_debts_changes_nothing(owing: dict[tuple[int, int], int]) -> None:
    assert least_payments(owing) == least_payments(dict(reversed(owing.items())))


def test_a_ring_of_equal_debts_needs_no_payment() -> None:
    assert least_payments({(1, 2): 50, (2, 3): 50, (3, 1): 50}) == []


def test_two_pairs_stay_apart() -> None:
    payments = least_payments({(1, 2): 70, (3, 4): 40})
    assert payments == [NetPayment(1, 2, 70), NetPayment(3, 4, 40)]


def test_many_shops_are_settled_with_one_payment_fewer_than_shops() -> None:
    owing = {(shop, shop % 40 + 1): shop * shop % 97 + 1 for shop in range(1, 41)}
    payments = least_payments(owing)
    assert set(_settled(payments, nets(owing)).values()) == {0}
    assert len(payments) < 40


def test_a_negative_debt_is_a_bug() -> None:
    with pytest.raises(ValueError):
        least_payments({(1, 2): -1})
