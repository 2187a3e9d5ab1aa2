"""Pages of the routes: manager, driver, village lead and hub worker."""

from __future__ import annotations

from types import ModuleType

from logistics.pages import (
    board,
    cargo,
    comparison,
    driving,
    gathering,
    plans,
    receiving,
    recorded_runs,
    roads,
    run_sheets,
    searches,
    village_routes,
)

PAGES: tuple[ModuleType, ...] = (
    board,
    cargo,
    comparison,
    driving,
    gathering,
    plans,
    receiving,
    recorded_runs,
    roads,
    run_sheets,
    searches,
    village_routes,
)
