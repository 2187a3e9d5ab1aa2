"""Matching for the rest of the product: load, clear, store, check again, explain."""

from app.matching.engine import Clearing, clear
from app.matching.loading import load_problem
from app.matching.rows import Forbidden, Pin
from app.matching.saving import CertificateBroken, Saved, recheck, save, store_allocations
from app.matching.sentences import Phrase, phrases
from app.matching.shortages import after_shortage
from app.matching.whatif import (
    Outlook,
    lot_outlook,
    order_outlook,
    with_lot,
    with_order,
)

__all__ = [
    "CertificateBroken",
    "Clearing",
    "Forbidden",
    "Outlook",
    "Phrase",
    "Pin",
    "Saved",
    "after_shortage",
    "clear",
    "load_problem",
    "lot_outlook",
    "order_outlook",
    "phrases",
    "recheck",
    "save",
    "store_allocations",
    "with_lot",
    "with_order",
]
