"""Crops, fees, freight, the calendar and the rules."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import func, select

from app import freight
from app.kernel.database import reading, transaction
from app.models import Cooperative, Crop, CropUnit, Fee, MarketDay
from tests.market import AT, FRIDAY, TUESDAY, listed
from tests.pages.setup.conftest import Stage


def _days(stage: Stage) -> list[date]:
    with reading() as session:
        return list(
            session.scalars(
                select(MarketDay.on)
                .where(MarketDay.cooperative_id == stage.market.cooperative_id)
                .order_by(MarketDay.on)
            )
        )


def _times(**changes: str) -> dict[str, object]:
    return {
        "weekdays": ["2"],
        "farmers_cutoff": "18:00",
        "farmers_cutoff_day": "-1",
        "buyers_cutoff": "20:00",
        "buyers_cutoff_day": "-1",
        "confirm_by": "21:00",
        "confirm_by_day": "-1",
        "pickup": "06:00",
        "pickup_day": "0",
        "key": "c" * 16,
        **changes,
    }


def test_crops_of_the_catalogue_are_adopted_and_traded_again(stage: Stage) -> None:
    client = stage.manager()
    data = {"crop": ["ginger", "konjac"], "key": "a" * 16}
    assert client.post("/set-up/crops/catalogue", data=data).status_code == 303
    with reading() as session:
        ginger = session.scalars(select(Crop).where(Crop.code == "ginger")).one()
        units = session.scalars(select(CropUnit.code).where(CropUnit.crop_id == ginger.id)).all()
    assert {"kg", "jin"} <= set(units)
    stop = {"traded": "no", "key": "b" * 16}
    client.post(f"/set-up/crops/{ginger.id}/trade", data=stop)
    with reading() as session:
        assert not session.get_one(Crop, ginger.id).is_traded
    client.post("/set-up/crops/catalogue", data={"crop": ["ginger"], "key": "d" * 16})
    with reading() as session:
        assert session.get_one(Crop, ginger.id).is_traded
    assert client.post("/set-up/crops/catalogue", data={"key": "e" * 16}).status_code == 422


def test_a_unit_gets_another_weight_and_the_last_one_stays(stage: Stage) -> None:
    client, potato = stage.manager(), stage.market.potato_id
    address = f"/set-up/crops/{potato}/units"
    for key, weight in (("a", "18"), ("b", "19.5")):
        data = {"unit": "crate", "weight": weight, "key": key * 16}
        assert client.post(address, data=data).status_code == 303
    with reading() as session:
        units = session.scalars(select(CropUnit).where(CropUnit.crop_id == potato)).all()
        assert [unit.grams for unit in units if unit.code == "crate"] == [19_500]
    for number, unit in enumerate(units):
        sent = client.post(f"{address}/{unit.id}/removal", data={"key": f"{number}" * 16})
        assert sent.status_code == (303 if number < len(units) - 1 else 422)


def test_a_fee_holds_from_its_day_to_its_last_and_the_past_stays(stage: Stage) -> None:
    client = stage.manager()
    fee = {"name": "Cold store", "price": "0.05", "starts_on": "2026-05-06", "key": "f" * 16}
    assert client.post("/set-up/fees", data=fee).status_code == 303
    late = fee | {"starts_on": "2026-05-03", "key": "g" * 16}
    assert client.post("/set-up/fees", data=late).status_code == 422
    with reading() as session:
        saved = session.scalars(select(Fee).where(Fee.name == "Cold store")).one()
    end = {"ends_on": "2026-05-20", "key": "h" * 16}
    assert client.post(f"/set-up/fees/{saved.id}/end", data=end).status_code == 303
    with reading() as session:
        home = stage.market.cooperative_id
        sums = [
            freight.fee_per_kg(session, cooperative_id=home, on=date(2026, 5, day))
            for day in (5, 6, 20, 21)
        ]
    assert [later - sums[0] for later in sums] == [0, 5, 5, 0]


def test_a_freight_price_set_by_hand_holds_from_its_day(stage: Stage) -> None:
    client, market = stage.manager(), stage.market
    price = {
        "village": market.baiyangping_id,
        "point": market.pickup_point_id,
        "price": "0.77",
        "from_on": "2026-05-06",
        "key": "p" * 16,
    }
    assert client.post("/set-up/freight", data=price).status_code == 303
    corrected = price | {"price": "0.79", "key": "q" * 16}
    assert client.post("/set-up/freight", data=corrected).status_code == 303
    past = price | {"from_on": "2026-05-01", "key": "r" * 16}
    assert client.post("/set-up/freight", data=past).status_code == 422
    with reading() as session:
        pair = (market.baiyangping_id, market.pickup_point_id)
        now = freight.tariffs(session, cooperative_id=market.cooperative_id, at=AT)
        later = freight.tariffs(
            session, cooperative_id=market.cooperative_id, at=AT + timedelta(days=2)
        )
    assert now[pair] != 79
    assert later[pair] == 79


def test_saving_the_calendar_makes_the_days_and_moves_only_unused_ones(stage: Stage) -> None:
    client = stage.manager()
    assert client.post("/set-up/calendar", data=_times()).status_code == 303
    made = _days(stage)
    assert {on.weekday() for on in made} == {1, 2, 4}
    with transaction() as session:
        lot = listed(session, stage.market, key="lot")
        used_on = session.get_one(MarketDay, lot.market_day_id).on
    page = client.post(
        "/set-up/calendar/1/removal", data={"key": "d" * 16}, follow_redirects=True
    ).text
    left = _days(stage)
    assert used_on == TUESDAY
    assert [on for on in left if on.weekday() == 1] == [TUESDAY]
    assert "already count on" in page
    closed = {"on": FRIDAY.isoformat(), "kind": "closed", "note": "Feast", "key": "e" * 16}
    client.post("/set-up/calendar/exceptions", data=closed)
    assert FRIDAY not in _days(stage)
    later = _times(pickup="07:30", key="f" * 16)
    client.post("/set-up/calendar", data=later)
    with reading() as session:
        wednesday = session.scalars(select(MarketDay).where(MarketDay.on == date(2026, 5, 6))).one()
    # 07:30 in Enshi.
    assert (wednesday.pickup_at.hour, wednesday.pickup_at.minute) == (23, 30)


def test_times_that_contradict_each_other_are_refused_with_all_that_was_typed(
    stage: Stage,
) -> None:
    client = stage.manager()
    page = client.post("/set-up/calendar", data=_times(confirm_by="19:00"))
    assert page.status_code == 422
    assert 'value="19:00"' in page.text
    none = _times(key="n" * 16) | {"weekdays": []}
    assert client.post("/set-up/calendar", data=none).status_code == 422
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(MarketDay)) == 0


def test_the_rules_are_saved_and_the_currency_is_locked_once_prices_exist(stage: Stage) -> None:
    client = stage.manager()
    rules = {
        "name": "Enshi Heights",
        "currency": "KES",
        "time_zone": "Asia/Shanghai",
        "languages": ["en"],
        "pricing_rule": "pay_as_ask",
        "pool_below": "30",
        "direct_margin": "2.5",
        "ceiling": "8",
        "shrinkage": "1.5",
        "road_factor": "1.6",
        "freight_base": "0.2",
        "freight_per_100km": "0.3",
        "key": "r" * 16,
    }
    assert client.post("/set-up/cooperative", data=rules).status_code == 303
    with reading() as session:
        home = session.get_one(Cooperative, stage.market.cooperative_id)
    assert (home.name, home.currency, home.languages) == ("Enshi Heights", "KES", ["en"])
    assert home.pool_below_g == 30_000
    assert (home.direct_margin_bp, home.ceiling_bp, home.shrinkage_bp) == (250, 800, 150)
    assert (home.road_factor_percent, home.freight_base_minor) == (160, 20)
    client.post("/set-up/calendar", data=_times())
    with transaction() as session:
        listed(session, stage.market, key="lot")
    locked = rules | {"currency": "CNY", "key": "s" * 16}
    assert client.post("/set-up/cooperative", data=locked).status_code == 422
    odd = rules | {"time_zone": "Enshi", "languages": [], "key": "t" * 16}
    assert client.post("/set-up/cooperative", data=odd).status_code == 422
