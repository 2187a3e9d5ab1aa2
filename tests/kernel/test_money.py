"""The one rounding of lines and the one of shares."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import line_amount_minor, shares_minor

figures = st.integers(min_value=0, max_value=10**9)


@given(figures, figures)
def test_a_line_is_rounded_half_up(quantity_g: int, price_minor: int) -> None:
    exact = Fraction(quantity_g * price_minor, 1000)
    amount = line_amount_minor(quantity_g, price_minor)
    assert -Fraction(1, 2) < amount - exact <= Fraction(1, 2)


def test_66_pears_of_76_cents_cost_50_16_and_not_50_00() -> None:
    assert line_amount_minor(66_000, 76) == 5016


def test_a_negative_line_is_refused() -> None:
    with pytest.raises(ValueError):
        line_amount_minor(-1, 5)


@given(figures, st.lists(figures, min_size=1, max_size=40).filter(any))
def test_shares_sum_to_the_total_and_are_within_one_of_the_exact(
    total: int, weights: list[int]
) -> None:
    parts = shares_minor(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


def test_equal_remainders_go_to_the_earlier_part() -> None:
    assert shares_minor(100, [1, 1, 1]) == [34, 33, 33]
