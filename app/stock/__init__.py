"""The stock of lots: taken and given back through one function each."""

from app.stock.services import (
    LotFrozen,
    NotEnoughLeft,
    drain,
    freeze_day,
    give_back,
    open_stock,
    take,
    take_all,
    thaw_day,
    thaw_lots,
)

__all__ = [
    "LotFrozen",
    "NotEnoughLeft",
    "drain",
    "freeze_day",
    "give_back",
    "open_stock",
    "take",
    "take_all",
    "thaw_day",
    "thaw_lots",
]
