"""Preview, what-if, pins and undoing, as the manager, a farmer and a buyer meet them."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner
from sqlalchemy import func, select

from app.cli.recheck import recheck
from app.jobs.running import Workshop, drain
from app.kernel.clock import FixedClock
from app.market_days import opening
from app.media.store import FolderStore
from app.models import (
    Allocation,
    ClearingRun,
    Job,
    LineOutcome,
    LineState,
    Lot,
    LotChange,
    LotOutcome,
    MarketDay,
    MarketDayState,
    Message,
    OrderLine,
    PairOverride,
)
from app.orders.drafts import Placed
from app.tasks import build_registry
from config import Config
from tests.market import FRIDAY, TUESDAY, listed
from tests.orders.trading import LATER, count, direct, request
from tests.pages.stall import Stall, key, words
from tests.web.stage import AT

NOTHING_KEPT = (Allocation, ClearingRun, Job, LineOutcome, LotOutcome, Message, PairOverride)


def asked(stall: Stall, name: str = "bid", **changes: object) -> Placed:
    with stall.database.transaction() as session:
        return request(session, stall.scene, key=name, **changes)


def day(stall: Stall) -> str:
    return f"/market-days/{stall.scene.tuesday_id}"


def kept(stall: Stall) -> list[int]:
    with stall.database.reading() as session:
        return [count(session, table) for table in NOTHING_KEPT]


def manager(stall: Stall):  # type: ignore[no-untyped-def]
    return stall.client(stall.scene.market.luo_id)


def work(stall: Stall, folder: Path) -> None:
    clock = stall.app.extensions["clock"]
    drain(Workshop(stall.database, clock, build_registry(FolderStore(folder)), "test"))


def close(stall: Stall) -> None:
    with stall.database.transaction() as session:
        cutoff_at = session.get_one(MarketDay, stall.scene.tuesday_id).buyers_cutoff_at
        opening.close(
            session,
            market_day_id=stall.scene.tuesday_id,
            key="close",
            person_id=stall.scene.market.luo_id,
            at=cutoff_at,
        )
    stall.app.extensions["clock"] = FixedClock(cutoff_at + timedelta(minutes=1))


def test_a_preview_shows_what_would_come_out_and_keeps_nothing(stall: Stall) -> None:
    asked(stall)
    before = kept(stall)
    read = words(manager(stall).get(f"{day(stall)}/preview"))
    assert "Only a preview, made at" in read
    assert "20 kg would be matched of 120 kg offered and 20 kg asked for" in read
    assert "Sold 20 kg of 120 kg at" in read and "You get 20 kg at" in read
    assert kept(stall) == before
    assert words(manager(stall).get(day(stall))).count("Preview of the matching") == 1


def test_an_empty_market_says_so(stall: Stall) -> None:
    with stall.database.transaction() as session:
        session.get_one(Lot, stall.scene.lot_id).withdrawn_at = AT
    read = words(manager(stall).get(f"{day(stall)}/preview"))
    assert "Nothing to match yet" in read
    with stall.database.transaction() as session:
        session.get_one(Lot, stall.scene.lot_id).withdrawn_at = None
    read = words(manager(stall).get(f"{day(stall)}/preview"))
    assert "Nothing to match: nobody has asked for this crop." in read


def test_a_farmer_sees_what_another_price_does_and_changes_it_only_by_saying_so(
    stall: Stall,
) -> None:
    stall.at(LATER)
    asked(stall, limit_minor=300)
    client = stall.client(stall.scene.market.tan_id)
    address = f"/harvests/{stall.scene.lot_id}/what-if"
    assert address in client.get(f"/harvests/{stall.scene.lot_id}").text
    read = words(client.get(address))
    assert "If the market were matched now" in read and "Sold 20 kg of 120 kg" in read
    page = client.get(address, query_string={"ask": "9.00", "day": stall.scene.tuesday_id})
    assert "You would sell 0 kg instead of 20 kg and earn ¥0.00 instead of ¥36.00" in words(page)
    assert "¥36.00 less." in words(page)
    page = client.get(address, query_string={"ask": "1.50", "day": stall.scene.tuesday_id})
    assert "You would sell 20 kg as now and earn ¥30.00 instead of ¥36.00: ¥6.00 less." in words(
        page
    )
    with stall.database.reading() as session:
        assert session.get_one(Lot, stall.scene.lot_id).ask_minor == 180
    changed = {"ask": "1.90", "day": str(stall.scene.friday_id)}
    for _ in range(2):
        answer = client.post(f"/harvests/{stall.scene.lot_id}/change", data=changed | key("change"))
        assert answer.status_code == 303
    with stall.database.reading() as session:
        lot = session.get_one(Lot, stall.scene.lot_id)
        assert (lot.ask_minor, lot.market_day_id) == (190, stall.scene.friday_id)
        assert lot.ready_from_on == FRIDAY
        was = session.scalars(select(LotChange)).one()
        assert (was.ask_minor, was.market_day_id) == (180, stall.scene.tuesday_id)


def test_a_wrong_price_is_told_at_its_field_and_nothing_is_changed(stall: Stall) -> None:
    stall.at(LATER)
    client = stall.client(stall.scene.market.tan_id)
    address = f"/harvests/{stall.scene.lot_id}/what-if"
    page = client.get(address, query_string={"ask": "dear", "day": stall.scene.tuesday_id})
    assert page.status_code == 422 and 'value="dear"' in page.text
    wrong = {"ask": "-1", "day": "1"} | key("wrong")
    assert client.post(f"/harvests/{stall.scene.lot_id}/change", data=wrong).status_code == 422
    with stall.database.reading() as session:
        assert count(session, LotChange) == 0


def test_a_lot_that_is_partly_sold_stays_on_its_day(stall: Stall) -> None:
    stall.at(LATER)
    with stall.database.transaction() as session:
        direct(session, stall.scene)
    client = stall.client(stall.scene.market.tan_id)
    moved = {"ask": "1.80", "day": str(stall.scene.friday_id)} | key("move")
    page = client.post(f"/harvests/{stall.scene.lot_id}/change", data=moved)
    assert page.status_code == 422
    dearer = {"ask": "2.00", "day": str(stall.scene.tuesday_id)} | key("dearer")
    assert client.post(f"/harvests/{stall.scene.lot_id}/change", data=dearer).status_code == 303


def test_a_buyer_sees_what_other_terms_do_and_the_request_is_replaced_on_demand(
    stall: Stall,
) -> None:
    placed = asked(stall, limit_minor=300)
    client = stall.buyer
    base = f"/orders/{placed.order_id}/lines/{placed.order_line_id}"
    assert f"{base}/what-if" in client.get(f"/orders/{placed.order_id}").text
    assert "You get 20 kg at" in words(client.get(f"{base}/what-if"))
    tried = {"limit": "1.00", "day": TUESDAY.isoformat(), "least_fill": ""}
    read = words(client.get(f"{base}/what-if", query_string=tried))
    assert "You would get 0 kg instead of 20 kg" in read
    on_friday = {"limit": "3.00", "day": FRIDAY.isoformat(), "least_fill": "5"}
    read = words(client.get(f"{base}/what-if", query_string=on_friday))
    # Nobody offers for Friday yet.
    assert "You would get 0 kg instead of 20 kg" in read
    higher = {"limit": "3.50", "day": TUESDAY.isoformat(), "least_fill": "5"}
    answers = {client.post(f"{base}/change", data=higher | key("c")).location for _ in range(2)}
    # The order keeps its code: the changed request stands in it.
    assert answers == {f"/orders/{placed.order_id}"}
    with stall.database.reading() as session:
        lines = session.scalars(select(OrderLine).order_by(OrderLine.id)).all()
    assert [line.state for line in lines] == [LineState.CANCELLED, LineState.WAITING]
    assert (lines[1].limit_minor, lines[1].least_fill_g) == (350, 5_000)
    late = stall.client(stall.scene.market.zhou_id).post(f"{base}/change", data=higher | key("d"))
    assert late.status_code == 404


def test_a_change_that_contradicts_itself_leaves_the_request_as_it_was(stall: Stall) -> None:
    placed = asked(stall)
    base = f"/orders/{placed.order_id}/lines/{placed.order_line_id}"
    wrong = {"limit": "3.00", "day": TUESDAY.isoformat(), "least_fill": "25"} | key("w")
    page = stall.buyer.post(f"{base}/change", data=wrong)
    assert page.status_code == 422 and 'value="25"' in page.text
    with stall.database.reading() as session:
        assert session.get_one(OrderLine, placed.order_line_id).state is LineState.WAITING


def test_an_all_or_nothing_request_that_missed_is_filed_again_for_the_next_day_by_one_tap(
    stall: Stall, tmp_path: Path
) -> None:
    placed = asked(stall, quantity_g=400_000, all_or_nothing=True, last_on=TUESDAY)
    close(stall)
    client = manager(stall)
    assert client.post(f"{day(stall)}/matching", data=key("m")).status_code == 303
    work(stall, tmp_path)
    buyer = stall.client(stall.scene.market.zhou_id)
    page = buyer.get(f"/orders/{placed.order_id}")
    assert "Not filled: you wanted all of 400 kg or nothing, and 120 kg could be had" in words(page)
    assert "Ask again for Fri" in words(page)
    address = f"/orders/{placed.order_id}/lines/{placed.order_line_id}/again"
    answers = {buyer.post(address, data=key("again")).location for _ in range(2)}
    assert len(answers) == 1
    with stall.database.reading() as session:
        line = session.scalars(select(OrderLine).order_by(OrderLine.id.desc()).limit(1)).one()
        assert count(session, OrderLine) == 2
    assert (line.ordered_g, line.is_all_or_nothing, line.first_on) == (400_000, False, FRIDAY)


def test_the_manager_forbids_a_pair_on_the_page_sees_its_cost_and_ends_it(stall: Stall) -> None:
    placed = asked(stall)
    with stall.database.transaction() as session:
        listed(
            session,
            stall.scene.market,
            key="xiang",
            farmer_id=stall.scene.market.xiang_id,
            village_id=stall.scene.market.sancha_id,
            ask_minor=200,
        )
    client = manager(stall)
    address = f"{day(stall)}/overrides"
    ban = {
        "crop": str(stall.scene.market.potato_id),
        "kind": "forbid",
        "scope": "pair",
        "lot": str(stall.scene.lot_id),
        "order_line": str(placed.order_line_id),
        "reason": "they quarrel",
    }
    page = client.post(address, data=ban | {"reason": ""} | key("no"))
    assert page.status_code == 422 and "Fill this in." in words(page)
    for _ in range(2):
        assert client.post(address, data=ban | key("ban")).status_code == 303
    read = words(client.get(address))
    assert "they quarrel" in read and "Luo Jie" in read
    assert re.search(r"they cost ¥\d+\.\d\d", read) and re.search(r"costs ¥[1-9]", read)
    with stall.database.reading() as session:
        override_id = session.scalars(select(PairOverride.id)).one()
    for _ in range(2):
        removal = client.post(f"{address}/{override_id}/removal", data=key("end"))
        assert removal.status_code == 303
    assert "ended by Luo Jie" in words(client.get(address))


def test_a_matching_through_the_pages_is_undone_done_again_and_proved_from_its_record(
    stall: Stall, tmp_path: Path
) -> None:
    asked(stall)
    close(stall)
    client = manager(stall)
    client.post(f"{day(stall)}/matching", data=key("m1"))
    assert "waits its turn" in words(client.get(day(stall)))
    work(stall, tmp_path)
    read = words(client.get(f"{day(stall)}/outcome"))
    assert "Sold 20 kg of 120 kg at ¥1.80 per kg; you asked ¥1.80 per kg." in read
    client.post(f"{day(stall)}/matching/undoing", data=key("undo"))
    with stall.database.reading() as session:
        state = session.get_one(MarketDay, stall.scene.tuesday_id).state
        assert state is MarketDayState.CLOSED
        assert session.scalar(select(func.count()).where(Allocation.released_at.is_(None))) == 0
    assert "matching undone" in words(client.get(day(stall)))
    client.post(f"{day(stall)}/matching", data=key("m2"))
    work(stall, tmp_path)
    read = words(client.get(f"{day(stall)}/outcome"))
    (run_id,) = re.findall(r"python -m app recheck (\d+)", read)
    assert "Undone before:" in read
    config = Config.from_environment({"FARMGATE_INSTANCE_DIR": str(tmp_path)})
    config = dataclasses.replace(config, database_url=stall.database.url)
    done = CliRunner().invoke(recheck, [run_id], obj=config)
    assert done.exit_code == 0 and done.output.startswith(f"Clearing {run_id} is proved")


def test_a_cancelled_day_is_held_after_all_from_its_page(stall: Stall) -> None:
    client = manager(stall)
    client.post(f"{day(stall)}/cancellation", data=key("cancel"))
    assert "Hold it after all" in words(client.get(day(stall)))
    assert client.post(f"{day(stall)}/holding", data=key("hold")).status_code == 303
    assert "held after all" in words(client.get(day(stall)))
    with stall.database.reading() as session:
        state = session.get_one(MarketDay, stall.scene.tuesday_id).state
    assert state is MarketDayState.OPEN


def test_the_rules_of_prices_are_told_to_everybody(stall: Stall) -> None:
    read = words(stall.app.test_client().get("/help/prices"))
    assert "One price for one place" in read and "25 kg" in read
