"""Which market days there are, and which of them a lot or an order fits."""

from app.calendar.services import (
    HORIZON_DAYS,
    DayTimes,
    day_for_lot,
    day_for_order,
    make_days,
    open_day,
    times_of,
    wanted_days,
)

__all__ = [
    "HORIZON_DAYS",
    "DayTimes",
    "day_for_lot",
    "day_for_order",
    "make_days",
    "open_day",
    "times_of",
    "wanted_days",
]
