"""The road: what it costs per kilogram, and when a truck that is on it arrives."""

from app.freight.services import (
    NoTariff,
    fee_per_kg,
    publish_tariffs,
    set_tariff,
    tariff,
    tariff_or_none,
    tariffs,
)

__all__ = [
    "NoTariff",
    "fee_per_kg",
    "publish_tariffs",
    "set_tariff",
    "tariff",
    "tariff_or_none",
    "tariffs",
]
