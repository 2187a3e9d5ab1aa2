"""Whole-number money: the one rounding for lines and the one for shares.

Amounts are integers in a currency's minor unit, prices are minor units per
kilogram, quantities are integer grams. No float touches money.
"""

from __future__ import annotations

from collections.abc import Sequence

GRAMS_PER_KG = 1000


def line_amount_minor(quantity_g: int, price_minor: int) -> int:
    """Return what ``quantity_g`` grams cost at ``price_minor`` per kg, half up.

    :raises ValueError: on a negative quantity or price; a counter-entry negates
        the rounded amount instead, so that both directions round alike.
    """
    if quantity_g < 0 or price_minor < 0:
        raise ValueError("line amounts are rounded on positive figures only")
    return (2 * quantity_g * price_minor + GRAMS_PER_KG) // (2 * GRAMS_PER_KG)


def shares_minor(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Split an amount by weights so that the parts sum to it (largest remainder).

    Equal remainders go to the earlier part, so the caller's order is the tie rule.

    :raises ValueError: if a weight or the total is negative, or all weights are zero.
    """
    weight_sum = sum(weights)
    if total_minor < 0 or weight_sum <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("shares need a positive total weight and no negative figure")
    parts = [total_minor * weight // weight_sum for weight in weights]
    remainders = [total_minor * weight % weight_sum for weight in weights]
    left = total_minor - sum(parts)
    for index in sorted(range(len(weights)), key=lambda i: -remainders[i])[:left]:
        parts[index] += 1
    return parts
