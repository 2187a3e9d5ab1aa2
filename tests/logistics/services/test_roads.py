"""Plans on a road map: the bridge, the island, closed roads, and the way without a map."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.jobs.registry import Registry
from app.jobs.running import Workshop, run
from app.kernel.clock import FixedClock
from app.kernel.database import Database
from app.kernel.geo import Position
from app.media.store import FolderStore
from app.models import RoadExtract, RoadLesson, UnplannedStop
from app.models.jobs import Job, JobState
from logistics.services import closures, plan_reading, planning, road_maps, road_settings, saving
from logistics.services.road_files import maps
from logistics.services.roads import HubOffRoads, map_in_use
from logistics.solver import plan as solver
from logistics.solver.matrix import UNREACHABLE
from logistics.solver.roads.extract import build as build_graph
from logistics.solver.roads.refusals import ExtractTooLarge
from tests.logistics import tiny_roads
from tests.logistics.valley import AT, ON, Valley, build, save


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FolderStore]:
    store = FolderStore(tmp_path / "media")
    road_settings.bind(road_settings.RoadSettings(store))
    yield store
    road_settings.bind(None)


def _build(database: Database, valley: Valley, tmp_path: Path) -> Job:
    """Upload the tiny map and let a worker build it."""
    path = tiny_roads.write(tmp_path / "tiny.osm")
    with path.open("rb") as file:
        size = road_maps.keep(name="tiny.osm", file=file, key="tiny")
    with database.transaction() as session:
        road_maps.upload(
            session,
            cooperative_id=valley.cooperative.id,
            person_id=valley.manager.id,
            name="tiny.osm",
            size_bytes=size,
            key="tiny",
            at=AT,
        )
    with database.reading() as session:
        job = session.query(Job).filter_by(kind=road_maps.KIND).one()
    registry = Registry()
    registry.add(road_maps.KIND, road_maps.handle_build)
    run(Workshop(database, FixedClock(AT), registry, "worker"), job_id=job.id)
    with database.reading() as session:
        return session.get_one(Job, job.id)


def _valley(session: Session) -> Valley:
    valley = build(session)
    lat, lon = tiny_roads.HUB
    valley.hub.lat, valley.hub.lon = lat, lon
    for name, (north, east) in {
        "Over the river": tiny_roads.NORTH_BANK,
        "Islet": tiny_roads.ISLAND,
    }.items():
        valley.village(name, lat=north, lon=east)
        valley.offer(f"Farmer of {name}", name, 50_000, 50_000)
    return valley


def _plan(session: Session, valley: Valley) -> tuple[planning.DayProblem, solver.Plan]:
    day = planning.load_problem(session, market_day_id=valley.day.id, hub_id=valley.hub.id)
    return day, planning.find_plan(day, seed=1, iterations=20)


def test_an_uploaded_map_sends_the_truck_over_the_bridge_and_names_the_island(
    database: Database, store: FolderStore, tmp_path: Path
) -> None:
    with database.transaction() as session:
        valley = _valley(session)
    assert _build(database, valley, tmp_path).state is JobState.DONE
    with database.transaction() as session:
        day, plan = _plan(session, valley)
        off = road_maps.off_road(session, cooperative_id=valley.cooperative.id)
        row = saving.save_plan(session, day=day, plan=plan, at=AT)
        view = plan_reading.read_plan(session, plan_id=row.id)
    # 660 m as the crow flies; some 4.0 km to the bridge, over it and back on either side.
    assert 18_000 < plan.distance_m < 19_500
    assert not plan.estimated and view.source.startswith("OpenStreetMap roads")
    assert [(place.name, place.is_island) for place in off] == [("Islet", True)]
    assert [(left.village, left.code) for left in view.unplanned] == [("Islet", "unreachable")]


def test_a_closed_bridge_or_village_leaves_stops_out_for_that_day_alone(
    database: Database, store: FolderStore, tmp_path: Path
) -> None:
    with database.transaction() as session:
        valley = _valley(session)
    _build(database, valley, tmp_path)
    given = {"cooperative_id": valley.cooperative.id, "person_id": valley.manager.id, "at": AT}
    with database.transaction() as session:
        bridge = closures.close(
            session,
            on=ON,
            village_id=None,
            position=Position(*tiny_roads.BRIDGE),
            reason="flood",
            key="flood",
            **given,
        )
        assert not _plan(session, valley)[1].routes
        closures.lift(session, closure_id=bridge, cooperative_id=valley.cooperative.id, at=AT)
        assert len(_plan(session, valley)[1].routes) == 1
        village_id = valley.villages["Over the river"].id
        for _ in range(2):
            closures.close(
                session,
                on=ON,
                village_id=village_id,
                position=None,
                reason="landslide",
                key="landslide",
                **given,
            )
        day, plan = _plan(session, valley)
        row = saving.save_plan(session, day=day, plan=plan, at=AT)
        codes = {
            stop.village_id: stop.code
            for stop in session.query(UnplannedStop).filter_by(plan_id=row.id)
        }
    assert codes == {village_id: "road_closed", valley.villages["Islet"].id: "unreachable"}


def test_a_hub_that_the_map_does_not_know_is_named(
    database: Database, store: FolderStore, tmp_path: Path
) -> None:
    with database.transaction() as session:
        valley = _valley(session)
        valley.hub.lat = 31.0
    _build(database, valley, tmp_path)
    with database.transaction() as session, pytest.raises(HubOffRoads):
        _plan(session, valley)


def test_a_broken_file_fails_with_a_reason_and_the_old_way_stays(
    database: Database, store: FolderStore, tmp_path: Path
) -> None:
    with database.transaction() as session:
        valley = _valley(session)
    (tmp_path / "broken.osm.pbf").write_bytes(b"\x00\x00\x00\x0d not an extract")
    with (tmp_path / "broken.osm.pbf").open("rb") as file:
        size = road_maps.keep(name="broken.osm.pbf", file=file, key="broken")
    with database.transaction() as session:
        road_maps.upload(
            session,
            cooperative_id=valley.cooperative.id,
            person_id=None,
            name="broken.osm.pbf",
            size_bytes=size,
            key="broken",
            at=AT,
        )
        job_id = session.query(Job).one().id
    registry = Registry()
    registry.add(road_maps.KIND, road_maps.handle_build)
    run(Workshop(database, FixedClock(AT), registry, "worker"), job_id=job_id)
    with database.reading() as session:
        found = road_maps.building(session, cooperative_id=valley.cooperative.id)
        assert map_in_use(session, cooperative_id=valley.cooperative.id) is None
        assert _plan(session, valley)[1].estimated
    assert found is not None and found.refusal is not None
    assert found.refusal[0].startswith("This file cannot be read as an OpenStreetMap extract")


def test_a_map_larger_than_the_machine_takes_is_refused(store: FolderStore, tmp_path: Path) -> None:
    road_settings.bind(road_settings.RoadSettings(store, most_mb=0))
    path = tiny_roads.write(tmp_path / "tiny.osm")
    with path.open("rb") as file, pytest.raises(ExtractTooLarge):
        road_maps.keep(name="tiny.osm", file=file, key="tiny")


def test_places_known_before_are_not_searched_again(store: FolderStore, tmp_path: Path) -> None:
    graph = build_graph(tiny_roads.write(tmp_path / "tiny.osm"))
    known = maps(store)
    known.put(graph)
    hub, north = Position(*tiny_roads.HUB), Position(*tiny_roads.NORTH_BANK)
    both = known.matrix(graph.digest, [hub, north], ())
    # The graph file is gone, so that only the matrix beside it can answer.
    store.delete(f"roads/{graph.digest}/graph.npz")
    known._graphs.clear()
    again = known.matrix(graph.digest, [north, hub], ())
    assert again.distance_m[1, 0] == both.distance_m[0, 1] < UNREACHABLE
    assert again.source == both.source


def test_what_a_district_taught_stretches_its_estimates(database: Database) -> None:
    with database.transaction() as session:
        valley = _valley(session)
        before = _plan(session, valley)[1]
        for village in valley.villages.values():
            village.admin = "Enshi"
        save(
            session,
            RoadLesson(
                cooperative_id=valley.cooperative.id,
                district="Enshi",
                factor_percent=300,
                speed_m_per_h=20_000,
                stop_s=300,
                load_s_per_100_kg=120,
                runs=9,
                learnt_at=AT + timedelta(days=1),
            ),
        )
        after = _plan(session, valley)[1]
        assert session.query(RoadExtract).count() == 0
    assert after.estimated and after.distance_m > 1.4 * before.distance_m
    visit = after.routes[0].visits[0]
    assert visit.depart_s - visit.arrive_s == 300 + 60
