"""The listing form: one lot per key, messages at their fields, nothing typed lost."""

from __future__ import annotations

from datetime import UTC, date, datetime

import brotli
import pytest
from sqlalchemy import func, select

from app.catalogue.crops import crops
from app.catalogue.services import adopt
from app.kernel.database import reading, transaction
from app.models import Grade, Lot, MarketDay, Role, RoleKind
from tests.farmers.conftest import Farm
from tests.market import AT, FRIDAY, TUESDAY, listed


def fields(farm: Farm, **changes: str) -> dict[str, str]:
    """Return a good listing of Tan Guihua's potatoes, with changes."""
    return {
        "key": "key-00000001",
        "farmer": str(farm.market.tan_id),
        "crop": str(farm.market.potato_id),
        "quantity": "6",
        "unit": "crate",
        "grade": "I",
        "price": "0.90",
        "price_unit": "jin",
        "ready_from": "2026-05-04",
        "ready_until": "2026-05-08",
        **changes,
    }


def lots() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Lot)) or 0


def test_a_harvest_is_listed_in_the_farmers_own_units(farm: Farm) -> None:
    client = farm.client(farm.market.tan_id)
    page = client.post("/harvests", data=fields(farm))
    assert page.status_code == 303
    with reading() as session:
        lot = session.scalars(select(Lot)).one()
        day = session.get_one(MarketDay, lot.market_day_id)
    assert (lot.quantity_g, lot.unit_code, lot.unit_grams) == (120_000, "crate", 20_000)
    assert (lot.ask_minor, lot.grade, day.on) == (180, Grade.CLASS_I, TUESDAY)
    shown = client.get(page.headers["Location"]).text
    assert "It is offered for the market on Tue, May 5" in shown


def test_a_second_click_and_a_replay_make_one_lot(farm: Farm) -> None:
    client = farm.client(farm.market.tan_id)
    answers = {client.post("/harvests", data=fields(farm)).headers["Location"] for _ in range(3)}
    assert len(answers) == lots() == 1
    other = client.post("/harvests", data=fields(farm, quantity="7"))
    assert other.status_code == 422
    assert "already sent with other content" in other.text
    assert lots() == 1


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"crop": ""}, "crop", "Choose what you harvest."),
        ({"crop": "999"}, "crop", "does not trade this crop"),
        ({"quantity": "lots"}, "quantity", "Write a number"),
        ({"quantity": "-3"}, "quantity", "must be between"),
        ({"quantity": "999999"}, "quantity", "must be between"),
        ({"unit": "bunch"}, "unit", "is not counted in that unit"),
        ({"price": ""}, "price", "Type the least you want"),
        ({"price": "1.999"}, "price", "Use at most 2 digits"),
        ({"grade": "best"}, "grade", "Choose one of the answers."),
        ({"ready_until": "soon"}, "ready_until", "Write a date"),
        ({"ready_until": "2026-05-01"}, "ready_until", "must not be before the first"),
        ({"ready_from": "2026-05-01", "ready_until": "2026-05-02"}, "ready_until", "is over"),
        ({"note": "x" * 301}, "note", "at most 300"),
    ],
)
def test_bad_input_gets_its_message_and_keeps_what_was_typed(
    farm: Farm, changes: dict[str, str], field: str, message: str
) -> None:
    typed = fields(farm, note="From the upper field") | changes
    page = farm.client(farm.market.tan_id).post("/harvests", data=typed)
    assert page.status_code == 422
    assert message in page.text
    assert f'href="#{field}"' in page.text
    assert f'id="{field}-error"' in page.text
    if field != "note":
        assert "From the upper field" in page.text
    assert f'value="{typed["price"]}"' in page.text
    assert lots() == 0


def test_several_faults_are_all_told_at_once(farm: Farm) -> None:
    page = farm.client(farm.market.tan_id).post(
        "/harvests", data=fields(farm, crop="", quantity="", price="x")
    )
    assert all(f'href="#{name}"' in page.text for name in ("crop", "quantity", "price"))


def test_what_fits_no_day_is_kept_and_says_so(farm: Farm) -> None:
    client = farm.client(farm.market.tan_id)
    data = fields(farm, ready_from="2026-06-20", ready_until="2026-06-25")
    page = client.post("/harvests", data=data, follow_redirects=True)
    assert "no market day fits these days yet" in page.text
    assert lots() == 1


def test_what_comes_too_late_for_its_day_says_where_it_went(farm: Farm) -> None:
    clock = farm.app.extensions["clock"]
    clock.at = datetime(2026, 5, 4, 17, 0, tzinfo=UTC)
    page = farm.client(farm.market.tan_id).post(
        "/harvests", data=fields(farm), follow_redirects=True
    )
    assert "It came too late for Tue, May 5, so it goes to the market on Fri, May 8." in page.text
    with reading() as session:
        assert (
            session.scalars(select(MarketDay.on).join(Lot, Lot.market_day_id == MarketDay.id)).one()
            == FRIDAY
        )


def test_the_last_listing_is_repeated_with_two_taps(farm: Farm) -> None:
    with transaction() as session:
        lot = listed(session, farm.market, key="a", unit_code="crate", unit_grams=20_000)
    client = farm.client(farm.market.tan_id)
    assert f"repeat={lot.id}" in client.get("/harvests/new").text
    page = client.get(f"/harvests/new?repeat={lot.id}").text
    assert 'name="quantity" inputmode="decimal" autocomplete="off" value="6"' in page
    assert 'value="1.80"' in page
    assert f'value="{farm.market.potato_id}" id="crop" checked' in page


@pytest.mark.parametrize("who", ["zhou", "peng", "wu"])
@pytest.mark.parametrize("path", ["/harvests/new", "/harvests", "/my-day", "/statements"])
def test_other_roles_are_told_whose_page_it_is(farm: Farm, who: str, path: str) -> None:
    page = farm.client(getattr(farm.market, f"{who}_id")).get(path)
    assert page.status_code == 403
    assert "This page is for another role than yours." in page.text


def test_a_farmer_lists_for_nobody_else(farm: Farm) -> None:
    client = farm.client(farm.market.tan_id)
    assert client.get(f"/harvests/new?farmer={farm.market.xiang_id}").status_code == 404
    page = client.post("/harvests", data=fields(farm, farmer=str(farm.market.xiang_id)))
    assert page.status_code == 404
    assert lots() == 0


def test_a_manager_and_the_villages_lead_list_for_a_farmer(farm: Farm) -> None:
    with transaction() as session:
        session.add(
            Role(
                person_id=farm.market.wu_id,
                cooperative_id=farm.market.cooperative_id,
                kind=RoleKind.VILLAGE_LEAD,
                village_id=farm.market.baiyangping_id,
                started_at=AT,
            )
        )
    lead, manager = farm.client(farm.market.wu_id), farm.client(farm.market.luo_id)
    chosen = lead.get("/harvests/farmers").text
    assert "Tan Guihua" in chosen and "Xiang Lan" not in chosen
    assert lead.get(f"/harvests/new?farmer={farm.market.xiang_id}").status_code == 404
    assert lead.post("/harvests", data=fields(farm)).status_code == 303
    assert "Xiang Lan" in manager.get("/harvests/farmers").text
    data = fields(farm, farmer=str(farm.market.xiang_id), key="key-00000002")
    assert "Xiang Lan" in manager.post("/harvests", data=data, follow_redirects=True).text
    with reading() as session:
        rows = session.execute(select(Lot.farmer_id, Lot.listed_by_id, Lot.village_id)).all()
    assert [tuple(row) for row in rows] == [
        (farm.market.tan_id, farm.market.wu_id, farm.market.baiyangping_id),
        (farm.market.xiang_id, farm.market.luo_id, farm.market.sancha_id),
    ]


def test_the_first_load_stays_small_with_thirty_crops(farm: Farm) -> None:
    with transaction() as session:
        codes = [crop.code for crop in crops()][::5][:28]
        adopt(session, cooperative_id=farm.market.cooperative_id, codes=codes)
    page = farm.client(farm.market.tan_id).get("/harvests/new", headers={"Accept-Encoding": "br"})
    assert page.headers["Content-Encoding"] == "br"
    assert len(page.data) <= 6 * 1024, len(page.data)
    assert b"data-listing" in brotli.decompress(page.data)


def test_withdrawing_is_done_once_and_only_by_whom_it_concerns(farm: Farm) -> None:
    with transaction() as session:
        lot = listed(session, farm.market, key="a")
    path = f"/harvests/{lot.id}/withdrawal"
    foreign = farm.client(farm.market.xiang_id)
    assert foreign.get(f"/harvests/{lot.id}").status_code == 404
    assert foreign.post(path, data={"key": "key-00000009"}).status_code == 404
    own = farm.client(farm.market.tan_id)
    for _ in range(2):
        assert own.post(path, data={"key": "key-00000009"}).status_code == 303
    assert "Withdrawn" in own.get("/harvests").text


def test_long_lists_go_on_by_key(farm: Farm) -> None:
    with transaction() as session:
        ids = [listed(session, farm.market, key=f"k{number}").id for number in range(25)]
    client = farm.client(farm.market.tan_id)
    first = client.get("/harvests").text
    assert first.count('class="lot"') == 20
    assert f"/harvests?before={ids[5]}" in first
    assert client.get(f"/harvests?before={ids[5]}").text.count('class="lot"') == 5


def test_empty_pages_say_what_to_do(farm: Farm) -> None:
    client = farm.client(farm.market.tan_id)
    assert "Nothing listed yet" in client.get("/harvests").text
    assert "No market day yet" in client.get("/my-day").text
    assert "No statement yet" in client.get("/statements").text
    assert client.get("/statements/months/2026-13").status_code == 404
    assert client.get("/statements/days/99999").status_code == 404
    assert date(2026, 5, 5) == TUESDAY
