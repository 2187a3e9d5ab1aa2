"""One crop on one market day, checked and in a fixed order, ready to be cleared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from app.matching import checks
from app.matching.rows import Forbidden, Freight, Lot, Order, Pin, Rules
from app.matching.tables import NO_LIMIT, BadRow, FreightTable, LotTable, OrderTable, Table

Fallbacks = Mapping[int, tuple[tuple[int, int], ...]]


@dataclass(frozen=True)
class Problem:
    """One crop on one market day. Use :meth:`of` for rows, :meth:`from_tables` for columns."""

    lots: LotTable
    orders: OrderTable
    freight: FreightTable
    pins: tuple[Pin, ...] = ()
    forbidden: tuple[Forbidden, ...] = ()
    fallbacks: Fallbacks = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)

    @classmethod
    def of(
        cls,
        lots: Iterable[Lot],
        orders: Iterable[Order],
        freight: Iterable[Freight],
        *,
        pins: Sequence[Pin] = (),
        forbidden: Sequence[Forbidden] = (),
        rules: Rules | None = None,
    ) -> Problem:
        """Return a checked problem from rows.

        :raises BadInput: as :meth:`from_tables` does.
        """
        order_rows = list(orders)
        return cls.from_tables(
            LotTable.read(_transposed(list(lots), LotTable)),
            OrderTable.read(_transposed(order_rows, OrderTable) | _substitutes(order_rows)),
            FreightTable.read(_transposed(list(freight), FreightTable)),
            pins=pins,
            forbidden=forbidden,
            fallbacks={order.id: order.fallbacks for order in order_rows if order.fallbacks},
            rules=rules,
        )

    @classmethod
    def from_tables(
        cls,
        lots: LotTable,
        orders: OrderTable,
        freight: FreightTable,
        *,
        pins: Sequence[Pin] = (),
        forbidden: Sequence[Forbidden] = (),
        fallbacks: Fallbacks | None = None,
        rules: Rules | None = None,
    ) -> Problem:
        """Return a checked problem from columns, sorted by id.

        :raises BadRow: on a figure out of its range.
        :raises RepeatedRow: if an id, or a village and pickup point, occurs twice.
        :raises TooLarge: if the value could overflow 63 bits.
        """
        # Everything after this depends on the ids alone, never on the order of arrival.
        lots, orders = lots.sorted_by(lots.id), orders.sorted_by(orders.id)
        freight = freight.take(np.lexsort((freight.pickup_point_id, freight.village_id)))
        checks.check_lots(lots)
        checks.check_orders(orders, fallbacks or {})
        checks.check_freight(freight)
        checks.check_size(lots, orders, freight)
        checks.check_overrides(lots, orders, pins, forbidden)
        checks.check_rules(rules or Rules())
        return cls(
            lots=lots,
            orders=orders,
            freight=freight,
            pins=tuple(sorted(pins, key=lambda pin: (pin.lot_id, pin.order_id))),
            forbidden=tuple(sorted(forbidden, key=lambda pair: (pair.lot_id, pair.order_id))),
            fallbacks=dict(sorted((fallbacks or {}).items())),
            rules=rules or Rules(),
        )


def _transposed(
    rows: Sequence[Lot] | Sequence[Order] | Sequence[Freight], table: type[Table]
) -> dict[str, list[int]]:
    names = [f.name for f in fields(table) if not f.name.startswith("substitute_")]
    return {name: [getattr(row, name) for row in rows] for name in names}


def _substitutes(orders: Sequence[Order]) -> dict[str, list[int]]:
    for order in orders:
        if any(grade not in (1, 2) for grade, _ in order.substitutes):
            raise BadRow(row=order.id, table="orders", column="substitute")
    limits = [dict(order.substitutes) for order in orders]
    return {
        f"substitute_{grade}_minor": [limit.get(grade, NO_LIMIT) for limit in limits]
        for grade in (1, 2)
    }
