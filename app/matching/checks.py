"""What is refused before anything is computed: figures out of range, repeated rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from app.kernel.errors import N_, BadInput
from app.matching.rows import Forbidden, Pin, Rules
from app.matching.tables import NO_LIMIT, BadRow, Bools, FreightTable, Ints, LotTable, OrderTable

MAX_QUANTITY_G = 10**12
MAX_PRICE_MINOR = 10**8
MAX_DAY = 4_000_000
MAX_LAG_DAYS = 60
MAX_FLOOR_G = 10**6
# One gram at one minor unit per kg is the unit of value; half of 63 bits stays free.
MAX_VALUE = 2**61


class RepeatedRow(BadInput):
    """Two rows of the input carry the same id."""

    code = "matching_repeated_row"
    message = N_("Row %(row)s of the %(table)s is there twice.")


class TooLarge(BadInput):
    """The market is too large to be computed in whole numbers without overflow."""

    code = "matching_too_large"
    message = N_("This market is too large to clear in one piece.")


def check_lots(lots: LotTable) -> None:
    """Refuse lots that cannot be offered.

    :raises BadRow: on a figure out of its range.
    :raises RepeatedRow: if an id occurs twice.
    """
    _unique(lots.id, "lots")
    _within(lots.id, "lots", "grade", lots.grade, 0, 2)
    _within(lots.id, "lots", "quantity", lots.quantity_g, 1, MAX_QUANTITY_G)
    _within(lots.id, "lots", "price", lots.ask_minor, 0, MAX_PRICE_MINOR)
    _days(lots.id, "lots", lots.first_day, lots.last_day)


def check_orders(orders: OrderTable, fallbacks: Mapping[int, tuple[tuple[int, int], ...]]) -> None:
    """Refuse orders that cannot be placed.

    :raises BadRow: on a figure out of its range.
    :raises RepeatedRow: if an id occurs twice.
    """
    ids = orders.id
    _unique(ids, "orders")
    _within(ids, "orders", "grade", orders.least_grade, 0, 2)
    _within(ids, "orders", "quantity", orders.quantity_g, 1, MAX_QUANTITY_G)
    _within(ids, "orders", "price", orders.limit_minor, 0, MAX_PRICE_MINOR)
    _days(ids, "orders", orders.first_day, orders.last_day)
    _within(ids, "orders", "least fill", orders.least_fill_g, 0, MAX_QUANTITY_G)
    _refuse(ids, "orders", "least fill", orders.least_fill_g > orders.quantity_g)
    _within(ids, "orders", "most lots", orders.most_lots, 0, 10**6)
    before = orders.limit_minor
    for grade, limit in ((1, orders.substitute_1_minor), (2, orders.substitute_2_minor)):
        _within(ids, "orders", "substitute", limit, NO_LIMIT, MAX_PRICE_MINOR)
        given = limit != NO_LIMIT
        # A worse grade at a better price would not be a substitute.
        _refuse(ids, "orders", "substitute", given & (limit > before))
        _refuse(ids, "orders", "substitute", given & (orders.least_grade >= grade))
        before = np.where(given, limit, before)
    known = set(ids.tolist()) if fallbacks else set()
    for order_id, steps in fallbacks.items():
        good = order_id in known and all(
            0 < least <= MAX_QUANTITY_G and 0 <= limit <= MAX_PRICE_MINOR for least, limit in steps
        )
        if not good:
            raise BadRow(row=order_id, table="orders", column="fallbacks")


def check_freight(freight: FreightTable) -> None:
    """Refuse a tariff that cannot be charged.

    :raises BadRow: on a figure out of its range.
    :raises RepeatedRow: if a village and pickup point are listed twice.
    """
    ids = freight.village_id
    pairs = np.stack([freight.village_id, freight.pickup_point_id], axis=1)
    if len(np.unique(pairs, axis=0)) < len(pairs):
        raise RepeatedRow(row=0, table="freight")
    _within(ids, "freight", "freight", freight.freight_minor, 0, MAX_PRICE_MINOR)
    _within(ids, "freight", "fee", freight.fee_minor, 0, MAX_PRICE_MINOR)
    _within(ids, "freight", "days", freight.lag_days, 0, MAX_LAG_DAYS)


def check_size(lots: LotTable, orders: OrderTable, freight: FreightTable) -> None:
    """Refuse a market whose value might not fit in 63 bits.

    :raises TooLarge: if it might not.
    """
    most_g = max(sum(lots.quantity_g.tolist()), sum(orders.quantity_g.tolist()))
    highest = [lots.ask_minor, orders.limit_minor, freight.freight_minor + freight.fee_minor]
    most_minor = sum(int(column.max(initial=0)) for column in highest)
    if most_g * most_minor > MAX_VALUE:
        raise TooLarge


def check_overrides(
    lots: LotTable, orders: OrderTable, pins: Sequence[Pin], forbidden: Sequence[Forbidden]
) -> None:
    """Refuse overrides about lots or orders that are not in this market.

    :raises BadRow: if one is unknown or a pinned quantity is not positive.
    """
    lot_ids, order_ids = set(lots.id.tolist()), set(orders.id.tolist())
    pairs = [(pin.lot_id, pin.order_id) for pin in pins]
    if len(set(pairs)) < len(pairs):
        raise RepeatedRow(row=0, table="overrides")
    for lot_id, order_id in pairs + [(pair.lot_id, pair.order_id) for pair in forbidden]:
        if lot_id not in lot_ids:
            raise BadRow(row=lot_id, table="overrides", column="lot")
        if order_id not in order_ids:
            raise BadRow(row=order_id, table="overrides", column="order")
    for pin in pins:
        if not 0 < pin.quantity_g <= MAX_QUANTITY_G:
            raise BadRow(row=pin.lot_id, table="overrides", column="quantity")


def check_rules(rules: Rules) -> None:
    """Refuse rules out of range.

    :raises BadRow: if one is.
    """
    if rules.pricing not in ("uniform", "pay_as_ask"):
        raise BadRow(row=0, table="rules", column="pricing")
    if not 0 <= rules.floor_g <= MAX_FLOOR_G or not 0 <= rules.pool_below_g <= MAX_QUANTITY_G:
        raise BadRow(row=0, table="rules", column="grams")
    if not 0 <= rules.earliest_day <= MAX_DAY:
        raise BadRow(row=0, table="rules", column="earliest day")


def _unique(ids: Ints, table: str) -> None:
    # Tables are sorted by id, so a repeated id stands beside its twin.
    repeated = np.flatnonzero(ids[1:] == ids[:-1])
    if repeated.size:
        raise RepeatedRow(row=int(ids[repeated[0]]), table=table)


def _within(ids: Ints, table: str, column: str, values: Ints, least: int, most: int) -> None:
    _refuse(ids, table, column, (values < least) | (values > most))


def _days(ids: Ints, table: str, first: Ints, last: Ints) -> None:
    _within(ids, table, "first day", first, 1, MAX_DAY)
    _within(ids, table, "last day", last, 1, MAX_DAY)
    _refuse(ids, table, "last day", last < first)


def _refuse(ids: Ints, table: str, column: str, bad: Bools) -> None:
    rows = np.flatnonzero(bad)
    if rows.size:
        raise BadRow(row=int(ids[rows[0]]), table=table, column=column)
