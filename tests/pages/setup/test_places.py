"""Villages, hubs, shops and vehicles: added, pinned, taken out of use."""

from __future__ import annotations

from sqlalchemy import func, select

from app.kernel.database import reading, transaction
from app.models import (
    CalendarRule,
    Hub,
    LineHaul,
    Lot,
    MarketDay,
    PickupPoint,
    PlacePrecision,
    Shop,
    Vehicle,
    Village,
)
from tests.market import listed
from tests.pages.setup.conftest import Stage

VILLAGE = {"name": "Longfeng", "opens": "06:00", "closes": "18:00", "hub": "", "key": "v" * 16}


def _village(name: str) -> Village:
    # Both cooperatives of the stage have villages of these names; the first is Enshi's.
    wanted = select(Village).where(Village.name == name).order_by(Village.id).limit(1)
    with reading() as session:
        return session.scalars(wanted).one()


def test_a_village_whose_name_is_known_once_is_placed_at_its_town(stage: Stage) -> None:
    sent = stage.manager().post("/set-up/villages", data=VILLAGE | {"local_name": "龙凤坝镇"})
    village = _village("Longfeng")
    assert (sent.status_code, sent.location) == (303, f"/set-up/villages/{village.id}")
    assert village.place_precision is PlacePrecision.TOWN
    assert village.place_source == "geonames"


def test_an_unknown_name_is_kept_and_asks_for_a_pin(stage: Stage) -> None:
    client = stage.manager()
    client.post("/set-up/villages", data=VILLAGE | {"name": "Upper Nowhere"})
    village = _village("Upper Nowhere")
    assert village.place_precision is PlacePrecision.UNKNOWN
    listed_page = client.get("/set-up/villages").text
    assert listed_page.index("Upper Nowhere") < listed_page.index("Baiyangping")
    pin = {"lat": "30.28", "lon": "109.49", "key": "p" * 16}
    assert client.post(f"/set-up/villages/{village.id}/place", data=pin).status_code == 303
    pinned = _village("Upper Nowhere")
    assert (pinned.lat, pinned.lon) == (30.28, 109.49)
    assert (pinned.place_precision, pinned.place_source) == (PlacePrecision.PIN, "manager")


def test_a_wrong_position_keeps_what_was_typed_and_changes_nothing(stage: Stage) -> None:
    address = f"/set-up/villages/{stage.market.baiyangping_id}/place"
    before = _village("Baiyangping").lat
    for lat, lon in (("91", "109"), ("north", "109"), ("", ""), ("0", "0")):
        page = stage.manager().post(address, data={"lat": lat, "lon": lon, "key": "p" * 16})
        assert page.status_code == 422
        assert f'value="{lat}"' in page.text
    assert _village("Baiyangping").lat == before


def test_a_choice_keeps_its_source_and_an_invented_source_is_a_pin(stage: Stage) -> None:
    client = stage.manager()
    address = f"/set-up/villages/{stage.market.sancha_id}/place"
    at = {"lat": "30.3", "lon": "109.6", "precision": "town"}
    client.post(address, data=at | {"source": "geonames", "key": "a" * 16})
    assert _village("Sancha").place_source == "geonames"
    client.post(address, data=at | {"source": "a friend", "key": "b" * 16})
    assert _village("Sancha").place_source == "manager"


def test_the_look_up_offers_places_with_their_distance(stage: Stage) -> None:
    page = stage.manager().get(f"/set-up/villages/{stage.market.sancha_id}?search=Longfeng").text
    assert "龙凤坝镇" in page
    assert "km away" in page


def test_a_village_is_not_added_twice_and_a_wrong_form_keeps_what_was_typed(stage: Stage) -> None:
    client = stage.manager()
    for _ in range(2):
        client.post("/set-up/villages", data=VILLAGE)
    again = client.post("/set-up/villages", data=VILLAGE | {"key": "w" * 16})
    assert again.status_code == 422
    reversed_hours = VILLAGE | {"name": "Tunbao", "opens": "19:00", "key": "x" * 16}
    page = client.post("/set-up/villages", data=reversed_hours)
    assert page.status_code == 422
    assert 'value="Tunbao"' in page.text
    with reading() as session:
        named = select(func.count()).where(Village.name.in_(("Longfeng", "Tunbao")))
        assert session.scalar(named) == 1


def test_a_village_with_harvests_on_the_way_stays_and_an_idle_one_can_come_back(
    stage: Stage,
) -> None:
    market = stage.market
    client = stage.manager()
    client.post("/set-up/calendar/1/removal", data={"key": "c" * 16})
    with transaction() as session:
        listed(session, market, key="lot")
    busy = client.post(
        f"/set-up/villages/{market.baiyangping_id}/retirement", data={"key": "r" * 16}
    )
    assert busy.status_code == 422
    idle = f"/set-up/villages/{market.sancha_id}"
    assert client.post(f"{idle}/retirement", data={"key": "s" * 16}).status_code == 303
    assert _village("Sancha").retired_at is not None
    client.post(f"{idle}/return", data={"key": "t" * 16})
    assert _village("Sancha").retired_at is None
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Lot)) == 1
        assert session.scalar(select(func.count()).select_from(MarketDay)) > 0
        weekdays = session.scalars(
            select(CalendarRule.weekday).where(CalendarRule.cooperative_id == market.cooperative_id)
        ).all()
        assert weekdays == [4]


def test_hubs_and_a_leg_between_them_are_added_and_a_used_hub_stays(stage: Stage) -> None:
    client, market = stage.manager(), stage.market
    client.post("/set-up/hubs", data={"name": "Badong", "kind": "city", "key": "h" * 16})
    with reading() as session:
        hub = session.scalars(select(Hub).where(Hub.name == "Badong")).one()
    leg = {
        "from_hub": market.rural_hub_id,
        "to_hub": hub.id,
        "carrier": "River boat",
        "departs": "20:30",
        "hours": "5",
        "minutes": "30",
        "capacity": "2000",
        "price": "0.25",
        "key": "l" * 16,
    }
    assert client.post("/set-up/line-hauls", data=leg).status_code == 303
    with reading() as session:
        saved = session.scalars(select(LineHaul).where(LineHaul.carrier == "River boat")).one()
    assert (saved.departs_minute, saved.duration_s) == (1230, 19_800)
    assert (saved.capacity_g, saved.price_minor) == (2_000_000, 25)
    same = client.post(
        "/set-up/line-hauls", data=leg | {"to_hub": market.rural_hub_id, "key": "m" * 16}
    )
    assert same.status_code == 422
    used = client.post(f"/set-up/hubs/{market.rural_hub_id}/removal", data={"key": "u" * 16})
    assert used.status_code == 422
    with reading() as session:
        assert session.get(Hub, market.rural_hub_id) is not None
    assert client.get(f"/set-up/line-hauls/{saved.id}").status_code == 200
    client.post(f"/set-up/line-hauls/{saved.id}/retirement", data={"key": "n" * 16})
    with reading() as session:
        assert session.get_one(LineHaul, saved.id).retired_at is not None


def test_a_shop_leads_to_its_pickup_point(stage: Stage) -> None:
    client = stage.manager()
    shop = {"name": "River Shop", "phone": "13912345678", "key": "s" * 16}
    sent = client.post("/set-up/shops", data=shop)
    assert sent.location.startswith("/set-up/pickup-points/new?shop=")
    assert 'value="River Shop"' in client.get(sent.location).text
    with reading() as session:
        saved = session.scalars(select(Shop).where(Shop.name == "River Shop")).one()
    assert saved.phone == "+8613912345678"
    point = {
        "name": "River Shop",
        "shop": saved.id,
        "hub": stage.market.city_hub_id,
        "opens": "07:00",
        "closes": "21:00",
        "key": "q" * 16,
    }
    assert client.post("/set-up/pickup-points", data=point).status_code == 303
    foreign = point | {"name": "Other", "shop": stage.other.shop_id, "key": "z" * 16}
    assert client.post("/set-up/pickup-points", data=foreign).status_code == 422
    with reading() as session:
        names = session.scalars(select(PickupPoint.name).where(PickupPoint.shop_id == saved.id))
        assert names.all() == ["River Shop"]


def test_a_vehicle_is_added_with_its_load_and_costs_in_whole_units(stage: Stage) -> None:
    vehicle = {
        "name": "Blue truck",
        "hub": stage.market.rural_hub_id,
        "driver": stage.market.peng_id,
        "capacity": "1500.5",
        "crates": "60",
        "cold_crates": "",
        "cost_per_km": "2.60",
        "cost_per_hour": "",
        "starts": "05:00",
        "ends": "17:00",
        "key": "v" * 16,
    }
    client = stage.manager()
    assert client.post("/set-up/vehicles", data=vehicle).status_code == 303
    with reading() as session:
        saved = session.scalars(select(Vehicle).where(Vehicle.name == "Blue truck")).one()
    assert (saved.capacity_g, saved.crates, saved.cold_crates) == (1_500_500, 60, 0)
    assert (saved.cost_per_km_minor, saved.cost_per_hour_minor) == (260, 0)
    foreign = vehicle | {"name": "Red truck", "driver": stage.other.peng_id, "key": "w" * 16}
    assert client.post("/set-up/vehicles", data=foreign).status_code == 422
    assert client.post("/set-up/vehicles", data=vehicle | {"key": "x" * 16}).status_code == 422
