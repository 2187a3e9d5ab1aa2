"""Standing village routes: written, changed, retired, and made from a run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.kernel.database import Database
from app.kernel.errors import NotFound
from app.models import Run
from logistics.services import village_routes
from logistics.services.village_routes import RouteDraft
from tests.logistics.valley import AT, ON, Valley, build


def _draft(valley: Valley, *villages: str) -> RouteDraft:
    ids = tuple(valley.village(name).id for name in villages)
    return RouteDraft("North", (1, 4), valley.truck.id, 330, ids)


def test_a_route_keeps_its_villages_in_order_when_it_changes(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        own = {"cooperative_id": valley.cooperative.id}
        route = village_routes.create(session, **own, draft=_draft(valley, "Tunbao", "Banqiao"))
        changed = _draft(valley, "Banqiao", "Longfeng", "Tunbao")
        village_routes.change(session, route_id=route.id, **own, draft=changed)
        (view,) = village_routes.routes(session, **own)
        assert view.villages == ("Banqiao", "Longfeng", "Tunbao")
        assert (view.weekdays, view.vehicle, view.starts_minute) == ((1, 4), "Truck 1", 330)


def test_a_retired_route_is_gone_and_its_name_free(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        own = {"cooperative_id": valley.cooperative.id}
        draft = _draft(valley, "Tunbao")
        route = village_routes.create(session, **own, draft=draft)
        with pytest.raises(village_routes.RouteNameTaken):
            village_routes.create(session, **own, draft=draft)
        village_routes.retire(session, route_id=route.id, **own, at=AT)
        village_routes.retire(session, route_id=route.id, **own, at=AT)
        village_routes.create(session, **own, draft=draft)
        assert len(village_routes.routes(session, **own)) == 1


def test_villages_of_another_cooperative_are_not_found(database: Database) -> None:
    with database.transaction() as session:
        valley, other = build(session), build(session, slug="lichuan")
        draft = replace(_draft(valley, "Tunbao"), village_ids=(other.village("Shadi").id,))
        with pytest.raises(NotFound):
            village_routes.create(session, cooperative_id=valley.cooperative.id, draft=draft)
        route = village_routes.create(
            session, cooperative_id=other.cooperative.id, draft=_draft(other, "Shadi")
        )
        with pytest.raises(NotFound):
            village_routes.read_route(
                session, route_id=route.id, cooperative_id=valley.cooperative.id
            )


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"village_ids": ()}, village_routes.NoVillages),
        ({"weekdays": ()}, village_routes.NoWeekday),
        ({"weekdays": (7,)}, village_routes.NoWeekday),
    ],
)
def test_a_route_that_goes_nowhere_is_refused(
    database: Database, changes: dict[str, tuple[int, ...]], refusal: type[Exception]
) -> None:
    with database.transaction() as session:
        valley = build(session)
        draft = replace(_draft(valley, "Tunbao"), **changes)
        with pytest.raises(refusal):
            village_routes.create(session, cooperative_id=valley.cooperative.id, draft=draft)


def test_a_run_can_become_a_standing_route(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        valley.offer("Yang Hua", "Baiyang", 100_000, 60_000)
        valley.plan()
        run = session.scalars(select(Run)).one()
        draft = village_routes.draft_of_run(
            session, run_id=run.id, cooperative_id=valley.cooperative.id
        )
        assert draft.weekdays == (ON.weekday(),)
        assert set(draft.village_ids) == {village.id for village in valley.villages.values()}
        assert 300 <= draft.starts_minute < 1080
