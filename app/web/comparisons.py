"""What a change would do, in one sentence with kilograms and money."""

from __future__ import annotations

from app.kernel.errors import N_
from app.matching.comparing import Comparison, Share
from app.web.formatting import money, quantity
from app.web.translation import gettext

_MORE = N_("%(amount)s more.")
_LESS = N_("%(amount)s less.")
_SAME = N_("as much money as now.")


def lot_difference(comparison: Comparison) -> str:
    """Return what a farmer would sell and earn instead."""
    if _is_same(comparison):
        return gettext(
            "Nothing would change: %(quantity)s sold for %(amount)s, as now.",
            quantity=quantity(comparison.now.quantity_g),
            amount=money(comparison.now.amount_minor),
        )
    if comparison.now.quantity_g == comparison.then.quantity_g:
        return gettext(
            "You would sell %(then_g)s as now and earn %(then)s instead of %(now)s: %(difference)s",
            difference=_difference(comparison),
            **_figures(comparison),
        )
    return gettext(
        "You would sell %(then_g)s instead of %(now_g)s and earn %(then)s instead of %(now)s:"
        " %(difference)s",
        difference=_difference(comparison),
        **_figures(comparison),
    )


def order_difference(comparison: Comparison) -> str:
    """Return what a buyer would get and pay instead."""
    if _is_same(comparison):
        return gettext(
            "Nothing would change: you get %(quantity)s for %(amount)s, as now.",
            quantity=quantity(comparison.now.quantity_g),
            amount=money(comparison.now.amount_minor),
        )
    if comparison.now.quantity_g == comparison.then.quantity_g:
        return gettext(
            "You would get %(then_g)s as now and pay %(then)s instead of %(now)s: %(difference)s",
            difference=_difference(comparison),
            **_figures(comparison),
        )
    return gettext(
        "You would get %(then_g)s instead of %(now_g)s and pay %(then)s instead of %(now)s:"
        " %(difference)s",
        difference=_difference(comparison),
        **_figures(comparison),
    )


def market_difference(comparison: Comparison) -> str:
    """Return what all trades of the market would be worth instead, or nothing on another day."""
    if comparison.value_then_minor is None:
        return ""
    change = comparison.value_then_minor - comparison.value_now_minor
    if change == 0:
        return gettext("The whole market would gain as much as now.")
    if change > 0:
        return gettext("The whole market would gain %(amount)s more.", amount=money(change))
    return gettext("The whole market would gain %(amount)s less.", amount=money(-change))


def _is_same(comparison: Comparison) -> bool:
    return _traded(comparison.now) == _traded(comparison.then)


def _traded(share: Share) -> tuple[int, int]:
    return share.quantity_g, share.amount_minor


def _difference(comparison: Comparison) -> str:
    change = comparison.then.amount_minor - comparison.now.amount_minor
    if change == 0:
        return gettext(_SAME)
    return gettext(_MORE if change > 0 else _LESS, amount=money(abs(change)))


def _figures(comparison: Comparison) -> dict[str, str]:
    return {
        "then_g": quantity(comparison.then.quantity_g),
        "now_g": quantity(comparison.now.quantity_g),
        "then": money(comparison.then.amount_minor),
        "now": money(comparison.now.amount_minor),
    }
