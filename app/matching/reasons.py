"""Why each lot and each order got what it got: a code and whole figures, never a sentence.

The figures come from the prices and the trades behind them. -1 stands for a figure
that does not apply. ``app.matching.sentences`` has the words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from app.matching.tables import Ints, Table, no_rows

NONE = -1
LOT_CODES = (
    "lot_sold",
    "lot_shared",
    "lot_last_needed",
    "lot_not_needed",
    "lot_ask_above_price",
    "lot_no_buyer",
    "lot_no_route",
    "lot_no_day",
    "lot_expired",
    "lot_kept_apart",
)
ORDER_CODES = (
    "order_filled",
    "order_shared",
    "order_last_served",
    "order_not_served",
    "order_limit_below_price",
    "order_no_lot",
    "order_no_route",
    "order_no_day",
    "order_all_or_nothing_missed",
    "order_least_fill_missed",
    "order_lots_limited",
    "order_displaced",
    "order_kept_apart",
)


@dataclass(frozen=True)
class LotReasons(Table):
    """Why, by lot.

    :param code: index into ``LOT_CODES``. :param price_minor: what the lot earns per kg
        on average, or at most would have. :param pickup_point_id: of its largest trade,
        whose buyer pays ``buyer_minor`` with ``freight_minor`` and ``fee_minor`` in it.
    :param tied_rows: lots alike in place, window and ask, this one included, which
        offered ``tied_g`` together when ``needed_g`` of it were needed.
    """

    CODES: ClassVar[tuple[str, ...]] = LOT_CODES

    id: Ints = field(default_factory=no_rows)
    code: Ints = field(default_factory=no_rows)
    quantity_g: Ints = field(default_factory=no_rows)
    given_g: Ints = field(default_factory=no_rows)
    ask_minor: Ints = field(default_factory=no_rows)
    price_minor: Ints = field(default_factory=no_rows)
    pickup_point_id: Ints = field(default_factory=no_rows)
    buyer_minor: Ints = field(default_factory=no_rows)
    freight_minor: Ints = field(default_factory=no_rows)
    fee_minor: Ints = field(default_factory=no_rows)
    tied_rows: Ints = field(default_factory=no_rows)
    tied_g: Ints = field(default_factory=no_rows)
    needed_g: Ints = field(default_factory=no_rows)

    def reason(self, row: int) -> tuple[str, dict[str, int]]:
        """Return the code and the figures of one row."""
        return _reason(self, LOT_CODES, row)


@dataclass(frozen=True)
class OrderReasons(Table):
    """Why, by order.

    :param code: index into ``ORDER_CODES``. :param price_minor: what the order pays per
        kg on average, or would have had to. :param village_id: of its largest trade, whose farmer
        earns ``farmer_minor``. :param found_g: what there was within the limit when
        an indivisible order was given up. :param cheaper_day: a day outside the window
        on which ``saving_minor`` less per kg would have been paid.
    """

    CODES: ClassVar[tuple[str, ...]] = ORDER_CODES

    id: Ints = field(default_factory=no_rows)
    code: Ints = field(default_factory=no_rows)
    quantity_g: Ints = field(default_factory=no_rows)
    given_g: Ints = field(default_factory=no_rows)
    limit_minor: Ints = field(default_factory=no_rows)
    price_minor: Ints = field(default_factory=no_rows)
    village_id: Ints = field(default_factory=no_rows)
    farmer_minor: Ints = field(default_factory=no_rows)
    freight_minor: Ints = field(default_factory=no_rows)
    fee_minor: Ints = field(default_factory=no_rows)
    tied_rows: Ints = field(default_factory=no_rows)
    tied_g: Ints = field(default_factory=no_rows)
    needed_g: Ints = field(default_factory=no_rows)
    found_g: Ints = field(default_factory=no_rows)
    most_lots: Ints = field(default_factory=no_rows)
    cheaper_day: Ints = field(default_factory=no_rows)
    saving_minor: Ints = field(default_factory=no_rows)

    def reason(self, row: int) -> tuple[str, dict[str, int]]:
        """Return the code and the figures of one row."""
        return _reason(self, ORDER_CODES, row)


def _reason(table: Table, codes: tuple[str, ...], row: int) -> tuple[str, dict[str, int]]:
    figures = {name: int(column[row]) for name, column in table.columns().items()}
    code = codes[figures.pop("code")]
    return code, {name: figure for name, figure in figures.items() if figure != NONE}
