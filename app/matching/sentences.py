"""The sentence of each reason code, as message ids for translation.

A message names its figures as the reasons do, so that whoever shows it formats them by
their endings: ``_minor`` is a price per kg, ``_g`` a weight, ``_id`` a place to be named,
``_day`` a date ordinal; ``_percent`` and ``_rows`` are plain numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.kernel.errors import N_

LOT_SENTENCES = {
    "lot_sold": N_(
        "Sold %(given_g)s at %(price_minor)s; you asked %(ask_minor)s. The last buyer served"
        " at %(pickup_point_id)s pays %(buyer_minor)s; transport is %(freight_minor)s and the"
        " fee %(fee_minor)s."
    ),
    "lot_shared": N_(
        "%(tied_rows)s lots asked exactly %(ask_minor)s; %(needed_g)s of %(tied_g)s were"
        " needed. You sold %(given_g)s, that is %(share_percent)s %%."
    ),
    "lot_last_needed": N_(
        "Sold %(given_g)s of %(quantity_g)s at %(price_minor)s; you asked %(ask_minor)s."
        " No buyer needed more at this price."
    ),
    "lot_not_needed": N_(
        "Not sold: you asked exactly the price, %(ask_minor)s, and what was needed came from"
        " others who asked as much."
    ),
    "lot_ask_above_price": N_(
        "Not sold: you asked %(ask_minor)s; buyers would have paid your village"
        " %(price_minor)s after transport."
    ),
    "lot_no_buyer": N_("Not sold: nobody asked for this crop in this grade on this day."),
    "lot_kept_apart": N_(
        "Not sold: your cooperative keeps this harvest apart from the buyer who asked for it."
        " Ask there why."
    ),
    "lot_no_route": N_("Not sold: no transport price is published from your village yet."),
    "lot_no_day": N_("Not sold: your harvest is not ready on a day that a buyer asked for."),
    "lot_expired": N_("Not sold: your last day had passed when the market was matched."),
}
ORDER_SENTENCES = {
    "order_filled": N_(
        "You get %(given_g)s at %(price_minor)s; your limit was %(limit_minor)s. The farmer"
        " in %(village_id)s earns %(farmer_minor)s; transport is %(freight_minor)s and the"
        " fee %(fee_minor)s."
    ),
    "order_shared": N_(
        "%(tied_rows)s orders offered exactly %(limit_minor)s; there was %(needed_g)s for"
        " %(tied_g)s. You get %(given_g)s, that is %(share_percent)s %%."
    ),
    "order_last_served": N_(
        "You get %(given_g)s of %(quantity_g)s at %(price_minor)s; your limit was"
        " %(limit_minor)s. There was no more within it."
    ),
    "order_not_served": N_(
        "Not filled: your limit, %(limit_minor)s, was exactly the price, and what there was"
        " went to others who offered as much."
    ),
    "order_limit_below_price": N_(
        "Not filled: your limit was %(limit_minor)s; the cheapest harvest costs"
        " %(price_minor)s at your pickup point."
    ),
    "order_no_lot": N_("Not filled: no farmer offered this crop in this grade for this day."),
    "order_kept_apart": N_(
        "Not filled: your cooperative keeps this request apart from the harvest on offer. Ask"
        " there why."
    ),
    "order_no_route": N_("Not filled: no transport price to your pickup point is published yet."),
    "order_no_day": N_("Not filled: nothing is brought to your pickup point on your days."),
    "order_all_or_nothing_missed": N_(
        "Not filled: you wanted all of %(quantity_g)s or nothing, and %(found_g)s could be"
        " had within your limit. Allow part delivery?"
    ),
    "order_least_fill_missed": N_(
        "Not filled: less than the least you take was to be had within your limit:"
        " %(found_g)s. Take less?"
    ),
    "order_displaced": N_(
        "Not filled: your order of %(quantity_g)s cannot be divided, and another one that"
        " cannot be divided either was worth more with what there was. Allow part delivery?"
    ),
    "order_lots_limited": N_(
        "You get %(given_g)s of %(quantity_g)s: that is what %(most_lots_rows)s lots could"
        " give. Allow more lots?"
    ),
}
# Where a lot got just its ask: always so where the cooperative pays everybody the own ask.
SOLD_AS_ASKED = N_(
    "Sold %(given_g)s at what you asked, %(ask_minor)s. The buyer at %(pickup_point_id)s pays"
    " %(buyer_minor)s; transport is %(freight_minor)s and the fee %(fee_minor)s."
)
# Where an order was served from lots of different prices.
FILLED_ON_AVERAGE = N_(
    "You get %(given_g)s at %(price_minor)s on average; your limit was %(limit_minor)s. Most"
    " comes from %(village_id)s, where the farmer earns %(farmer_minor)s; transport is"
    " %(freight_minor)s and the fee %(fee_minor)s."
)
# An order that cannot be divided may miss out though its limit is above the price.
PARADOX = N_(
    "Your limit, %(limit_minor)s, is above the price of the day, %(price_minor)s: what cannot"
    " be divided may miss out all the same."
)
CHEAPER_DAY = N_("Collecting on %(cheaper_day)s too would have cost %(saving_minor)s less.")
_SERVED = ("order_filled", "order_shared", "order_last_served", "order_lots_limited")
INDIVISIBLE = ("order_all_or_nothing_missed", "order_least_fill_missed", "order_displaced")
NOTHING_SENTENCES = {
    "no_lots": N_("Nothing to match: no lots are offered."),
    "no_orders": N_("Nothing to match: nobody has asked for this crop."),
    "no_tariff": N_("Nothing to match: no transport prices are published."),
    "no_trade": N_("Nothing was matched: every ask with transport is above every limit."),
}


@dataclass(frozen=True)
class Phrase:
    """One sentence: a message id and the whole figures that it names."""

    message: str
    figures: Mapping[str, int]


def phrases(code: str, figures: Mapping[str, int]) -> tuple[Phrase, ...]:
    """Return the sentences of a stored reason, the main one first.

    :raises KeyError: on a code that no reason has.
    """
    named = dict(figures)
    if named.get("tied_g"):
        named["share_percent"] = 100 * named["given_g"] // named["quantity_g"]
    if "most_lots" in named:
        named["most_lots_rows"] = named["most_lots"]
    main = Phrase(_main_message(code, named), named)
    if code in _SERVED and "cheaper_day" in named:
        return main, Phrase(CHEAPER_DAY, named)
    if code in INDIVISIBLE and 0 <= named.get("price_minor", -1) < named["limit_minor"]:
        return main, Phrase(PARADOX, named)
    return (main,)


def _main_message(code: str, figures: Mapping[str, int]) -> str:
    if code == "lot_sold" and figures["price_minor"] == figures["ask_minor"]:
        return SOLD_AS_ASKED
    if code == "order_filled":
        parts = ("farmer_minor", "freight_minor", "fee_minor")
        if sum(figures[part] for part in parts) != figures["price_minor"]:
            return FILLED_ON_AVERAGE
    return (LOT_SENTENCES if code in LOT_SENTENCES else ORDER_SENTENCES)[code]
