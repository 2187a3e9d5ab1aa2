"""Matching for the rest of the product: load, clear, store, check again."""

from app.matching.engine import clear
from app.matching.loading import load_problem
from app.matching.saving import CertificateBroken, Saved, recheck, save

__all__ = ["CertificateBroken", "Saved", "clear", "load_problem", "recheck", "save"]
