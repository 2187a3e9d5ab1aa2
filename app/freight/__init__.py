"""What the road costs per kilogram: published tariffs and fees."""

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
