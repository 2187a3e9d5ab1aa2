"""Every set-up page: to the manager only, and only with the cooperative's own rows."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.kernel.database import reading
from app.models import CropUnit
from tests.market import Market
from tests.pages.setup.conftest import Stage

PAGES = (
    "/set-up",
    "/set-up/first-hour",
    "/set-up/villages",
    "/set-up/villages/new",
    "/set-up/hubs",
    "/set-up/hubs/new",
    "/set-up/line-hauls/new",
    "/set-up/shops",
    "/set-up/shops/new",
    "/set-up/pickup-points/new",
    "/set-up/vehicles",
    "/set-up/vehicles/new",
    "/set-up/crops",
    "/set-up/crops/catalogue",
    "/set-up/crops/catalogue?search=potato",
    "/set-up/fees",
    "/set-up/freight",
    "/set-up/calendar",
    "/set-up/calendar?weekday=1",
    "/set-up/cooperative",
    "/set-up/imports",
    "/set-up/imports/new/villages",
    "/set-up/imports/new/farmers",
    "/set-up/imports/new/vehicles",
    "/set-up/imports/new/shops",
    "/set-up/imports/new/shops/template.csv",
    "/set-up/imports/new/farmers/template.xlsx",
    "/set-up/background",
    "/money",
    "/money/payments",
    "/money/tills",
    "/money/buyers",
    "/money/farmers",
)
OF_A_ROW = (
    "/set-up/villages/{market.baiyangping_id}",
    "/set-up/hubs/{market.rural_hub_id}",
    "/set-up/shops/{market.shop_id}",
    "/set-up/pickup-points/new?shop={market.shop_id}",
    "/set-up/pickup-points/{market.pickup_point_id}",
    "/set-up/vehicles/{market.vehicle_id}",
    "/set-up/crops/{market.potato_id}",
    "/set-up/freight?point={market.pickup_point_id}",
    "/money/buyers/{market.zhou_id}",
    "/money/farmers/{market.tan_id}",
)
CHANGES = (
    "/set-up/villages/{market.baiyangping_id}",
    "/set-up/villages/{market.baiyangping_id}/place",
    "/set-up/villages/{market.baiyangping_id}/retirement",
    "/set-up/villages/{market.baiyangping_id}/return",
    "/set-up/hubs/{market.rural_hub_id}",
    "/set-up/hubs/{market.rural_hub_id}/place",
    "/set-up/hubs/{market.rural_hub_id}/removal",
    "/set-up/shops/{market.shop_id}",
    "/set-up/shops/{market.shop_id}/removal",
    "/set-up/pickup-points/{market.pickup_point_id}",
    "/set-up/pickup-points/{market.pickup_point_id}/place",
    "/set-up/pickup-points/{market.pickup_point_id}/retirement",
    "/set-up/pickup-points/{market.pickup_point_id}/return",
    "/set-up/vehicles/{market.vehicle_id}",
    "/set-up/vehicles/{market.vehicle_id}/retirement",
    "/set-up/vehicles/{market.vehicle_id}/return",
    "/set-up/crops/{market.potato_id}",
    "/set-up/crops/{market.potato_id}/trade",
    "/set-up/crops/{market.potato_id}/units",
    "/money/buyers/{market.zhou_id}/top-ups",
    "/money/buyers/{market.zhou_id}/limit",
)
NOWHERE = Market(*([999_999] * 16))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_to_the_manager_and_to_nobody_else(stage: Stage, page: str) -> None:
    assert stage.manager().get(page).status_code == 200
    assert stage.farmer().get(page).status_code == 403
    assert stage.app.test_client().get(page).status_code == 302


@pytest.mark.parametrize("page", OF_A_ROW)
def test_only_the_cooperatives_own_rows_are_found(stage: Stage, page: str) -> None:
    client = stage.manager()
    assert client.get(page.format(market=stage.market)).status_code == 200
    assert client.get(page.format(market=stage.other)).status_code == 404
    assert client.get(page.format(market=NOWHERE)).status_code == 404


@pytest.mark.parametrize("page", CHANGES)
def test_nothing_of_another_cooperative_can_be_changed(stage: Stage, page: str) -> None:
    sent = stage.manager().post(page.format(market=stage.other), data={"key": "k" * 16})
    assert sent.status_code == 404
    assert stage.farmer().post(page.format(market=stage.market)).status_code == 403


def test_another_crops_unit_is_not_removed(stage: Stage) -> None:
    with reading() as session:
        foreign = session.scalars(
            select(CropUnit.id).where(CropUnit.crop_id == stage.other.potato_id)
        ).first()
    address = f"/set-up/crops/{stage.market.potato_id}/units/{foreign}/removal"
    stage.manager().post(address, data={"key": "k" * 16})
    with reading() as session:
        assert session.get(CropUnit, foreign) is not None


def test_the_menu_has_one_entry_for_all_of_the_set_up(stage: Stage) -> None:
    page = stage.manager().get("/set-up").text
    menu = page[page.index('class="menu"') : page.index("</nav>", page.index('class="menu"'))]
    assert menu.count("/set-up") == 1
    assert menu.count("/money") == 1
