"""Every page of the routes, by every role, with own and with foreign ids."""

from __future__ import annotations

import pytest

from tests.logistics.pages.conftest import Stage

WHO = (
    "driver",
    "manager",
    "buyer",
    "farmer",
    "other driver",
    "lead",
    "other lead",
    "hub worker",
    "shopkeeper",
)
MANAGER = {"manager"}
# Page, and those to whom it opens; all others are told that they may not.
PAGES = {
    "/plans": MANAGER,
    "/market-days/{day}/hubs/{hub}/plan": MANAGER,
    "/plans/{plan}": MANAGER,
    "/plans/{plan}/run-sheets": MANAGER,
    "/village-routes": MANAGER,
    "/village-routes/new": MANAGER,
    "/village-routes/new?run={run}": MANAGER,
    "/runs": {"driver", "other driver"},
    "/runs/{run}": {"driver", "manager"},
    "/runs/{run}/sheet": {"driver", "manager"},
    "/stops/{stop}": {"driver", "manager", "lead"},
    "/gathering": {"lead", "other lead"},
    "/receiving": {"hub worker", "manager"},
    "/market-days/{day}/hubs/{hub}/receiving": {"hub worker", "manager"},
}


def _address(stage: Stage, page: str) -> str:
    return page.format(
        day=stage.valley.day.id,
        hub=stage.valley.hub.id,
        plan=stage.plan_id,
        run=stage.run.id,
        stop=stage.stop_of("Wu Mei").id,
    )


def test_each_page_opens_to_its_roles_only(stage: Stage) -> None:
    seen = {
        page: {
            who for who in WHO if stage.client(who).get(_address(stage, page)).status_code == 200
        }
        for page in PAGES
    }
    assert seen == PAGES
    refused = {
        stage.client(who).get(_address(stage, page)).status_code
        for page, allowed in PAGES.items()
        for who in set(WHO) - allowed
    }
    assert refused == {403}


@pytest.mark.parametrize("page", [page for page in PAGES if "{" in page])
def test_another_cooperatives_rows_are_not_found(stage: Stage, page: str) -> None:
    assert stage.client("foreign manager").get(_address(stage, page)).status_code == 404


@pytest.mark.parametrize("page", sorted(PAGES))
def test_nobody_gets_in_without_signing_in(stage: Stage, page: str) -> None:
    response = stage.app.test_client().get(_address(stage, page))
    assert response.status_code == 302
    assert response.location.startswith("/sign-in")


def test_ids_that_do_not_exist_are_not_found(stage: Stage) -> None:
    manager = stage.client("manager")
    for page in ("/plans/999", "/runs/999", "/stops/999", "/runs/999/sheet", "/village-routes/999"):
        assert manager.get(page).status_code == 404
    assert manager.get("/village-routes/new?run=999").status_code == 404
