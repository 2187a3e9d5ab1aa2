"""Pages of the routes: manager, driver, village lead and hub worker."""

from __future__ import annotations

from types import ModuleType

from logistics.pages import (
    driving,
    gathering,
    plans,
    receiving,
    recorded_runs,
    roads,
    run_sheets,
    village_routes,
)

PAGES: tuple[ModuleType, ...] = (
    driving,
    gathering,
    plans,
    receiving,
    recorded_runs,
    roads,
    run_sheets,
    village_routes,
)
