"""Which market days there are, and which of them a lot or an order fits."""

from app.calendar.services import (
    day_for_lot,
    day_for_order,
    make_days,
    open_day,
    times_of,
)

__all__ = ["day_for_lot", "day_for_order", "make_days", "open_day", "times_of"]
