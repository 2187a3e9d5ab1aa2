"""Turn what shops owe each other into the least number of payments.

Shops whose debts cancel among themselves need no payment to the others: with ``g`` such
groups, ``n`` shops that owe or are owed need ``n - g`` payments and no fewer. Finding the
most groups is NP-hard (Verhoeff, Settling Multiple Debts Efficiently, 2004), so it is done
exactly for the few shops of a circle and by pairing the largest sums beyond.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Three to the power of this many subsets of subsets are looked at.
MOST_EXACT = 12


@dataclass(frozen=True)
class NetPayment:
    """What one shop pays another, in minor units."""

    payer_id: int
    payee_id: int
    amount_minor: int


def nets(debts: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """Return what each shop is owed (positive) or owes (negative) after all debts.

    :param debts: (debtor, creditor) -> amount in minor units.
    :raises ValueError: on a negative debt.
    """
    if any(amount < 0 for amount in debts.values()):
        raise ValueError("a debt is never negative; turn it round instead")
    owed: dict[int, int] = {}
    for (debtor, creditor), amount in debts.items():
        owed[debtor] = owed.get(debtor, 0) - amount
        owed[creditor] = owed.get(creditor, 0) + amount
    return owed


def least_payments(debts: Mapping[tuple[int, int], int]) -> list[NetPayment]:
    """Return the payments that settle all debts; the fewest possible up to 12 shops.

    The same debts give the same payments, whatever order they come in.
    """
    owed = {shop: amount for shop, amount in sorted(nets(debts).items()) if amount}
    groups = _most_groups(owed) if len(owed) <= MOST_EXACT else [list(owed)]
    return [payment for group in groups for payment in _within({s: owed[s] for s in group})]


def _most_groups(owed: Mapping[int, int]) -> list[list[int]]:
    """Split shops into as many groups as possible that each sum to zero."""
    shops = list(owed)
    full = (1 << len(shops)) - 1
    sums = [0] * (full + 1)
    for subset in range(1, full + 1):
        lowest = subset & -subset
        sums[subset] = sums[subset ^ lowest] + owed[shops[lowest.bit_length() - 1]]
    # most[subset]: how many groups; first[subset]: the one that holds its lowest shop.
    most, first = [0] * (full + 1), [0] * (full + 1)
    for subset in range(1, full + 1):
        if sums[subset]:
            continue
        lowest = subset & -subset
        rest = subset ^ lowest
        part = rest
        while True:
            group = part | lowest
            if not sums[group] and most[subset ^ group] + 1 > most[subset]:
                most[subset], first[subset] = most[subset ^ group] + 1, group
            if not part:
                break
            part = (part - 1) & rest
    groups, left = [], full
    while left:
        groups.append([shop for at, shop in enumerate(shops) if first[left] >> at & 1])
        left ^= first[left]
    return groups


def _within(owed: Mapping[int, int]) -> list[NetPayment]:
    """Settle one group: the largest debtor pays the largest creditor, one is done each time."""
    left = dict(owed)
    payments = []
    while any(left.values()):
        payer = min(left, key=lambda shop: (left[shop], shop))
        payee = max(left, key=lambda shop: (left[shop], -shop))
        amount = min(-left[payer], left[payee])
        payments.append(NetPayment(payer, payee, amount))
        left[payer] += amount
        left[payee] -= amount
    return payments
