"""The manager's set-up pages, and the pages about money; one 'Set up' entry leads to most."""

from __future__ import annotations

from types import ModuleType

from app.pages.setup import (
    background,
    buyers_money,
    cooperative,
    crops,
    deliveries,
    farmers_money,
    fees,
    filters,
    freight_prices,
    hubs,
    imports,
    line_hauls,
    market_calendar,
    money,
    overview,
    points,
    shops,
    vehicles,
    villages,
)

overview.blueprint.record_once(lambda state: filters.install(state.app))

PAGES: tuple[ModuleType, ...] = (
    background,
    buyers_money,
    cooperative,
    crops,
    deliveries,
    farmers_money,
    fees,
    freight_prices,
    hubs,
    imports,
    line_hauls,
    market_calendar,
    money,
    overview,
    points,
    shops,
    vehicles,
    villages,
)
