"""A tiny district: a river with one bridge, a one-way street and an island."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from logistics.solver.matrix import UNREACHABLE
from logistics.solver.plan import Reason
from logistics.solver.problem import Hub, Place, Problem, Stop, Vehicle
from logistics.solver.roads.extract import build
from logistics.solver.roads.graph import RoadGraph
from logistics.solver.roads.refusals import BrokenExtract, ExtractTooLarge, NoRoads
from logistics.solver.solve import solve

# The river runs west to east at latitude 30.010. The west road ends on both banks;
# the only bridge is in the east. One degree of longitude is some 96 km here.
NODES = {
    1: (30.000, 109.000),
    2: (30.009, 109.000),
    3: (30.011, 109.000),
    4: (30.020, 109.000),
    5: (30.000, 109.050),
    6: (30.020, 109.050),
    7: (30.020, 109.010),
    8: (30.030, 109.010),
    9: (30.010, 109.020),
    10: (30.0101, 109.030),
}
WAYS = [
    ([1, 2], {"highway": "tertiary"}),
    ([3, 4], {"highway": "tertiary"}),
    ([1, 5], {"highway": "secondary"}),
    ([5, 6], {"highway": "secondary", "bridge": "yes"}),
    ([6, 7, 4], {"highway": "secondary"}),
    ([7, 8], {"highway": "residential", "oneway": "yes"}),
    ([8, 4], {"highway": "residential"}),
    ([9, 10], {"highway": "unclassified"}),
    ([2, 3], {"highway": "footway"}),
]


@dataclass(frozen=True)
class Spot:
    lat: float
    lon: float


SOUTH, NORTH = Spot(30.0085, 109.0001), Spot(30.0115, 109.0001)
ISLAND = Spot(30.010, 109.025)


def write_extract(path: Path, ways: list[tuple[list[int], dict[str, str]]]) -> Path:
    lines = ["<?xml version='1.0'?>", "<osm version='0.6'>"]
    for number, (lat, lon) in NODES.items():
        lines.append(f"<node id='{number}' version='1' lat='{lat}' lon='{lon}'/>")
    for number, (nodes, tags) in enumerate(ways, start=1):
        lines.append(f"<way id='{number}' version='1'>")
        lines += [f"<nd ref='{node}'/>" for node in nodes]
        lines += [f"<tag k='{key}' v='{value}'/>" for key, value in tags.items()]
        lines.append("</way>")
    path.write_text("\n".join([*lines, "</osm>"]))
    return path


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> RoadGraph:
    return build(write_extract(tmp_path_factory.mktemp("roads") / "tiny.osm", WAYS))


def test_the_way_over_the_river_goes_by_the_bridge(graph: RoadGraph) -> None:
    line = graph.line(SOUTH, NORTH)
    assert NODES[5] in line and NODES[6] in line
    matrix = graph.matrix([SOUTH, NORTH])
    # 330 m as the crow flies, some 14 km by road.
    assert 13_000 < matrix.distance_m[0, 1] < 14_000
    assert not matrix.estimated


def test_a_one_way_street_is_driven_one_way(graph: RoadGraph) -> None:
    corner, top = Spot(30.020, 109.010), Spot(30.030, 109.010)
    matrix = graph.matrix([corner, top])
    assert matrix.distance_m[0, 1] < 1_200
    assert matrix.distance_m[1, 0] > 2_000


def test_an_island_is_found_and_named_before_solving(graph: RoadGraph) -> None:
    assert graph.islanders([SOUTH, ISLAND, NORTH]) == [1]
    assert graph.matrix([SOUTH, ISLAND]).distance_m[0, 1] == UNREACHABLE


def test_a_place_far_from_every_road_is_not_reached(graph: RoadGraph) -> None:
    field = Spot(30.005, 109.025)
    assert graph.snap([field]) == [None]
    assert graph.matrix([SOUTH, field]).duration_s[0, 1] == UNREACHABLE


def test_two_places_on_one_road_are_joined_along_it(graph: RoadGraph) -> None:
    near, far = Spot(30.002, 109.0), Spot(30.006, 109.0)
    matrix = graph.matrix([near, far])
    assert matrix.distance_m[0, 1] == pytest.approx(445, abs=3)
    assert matrix.distance_m[1, 0] == matrix.distance_m[0, 1]


def test_a_closed_bridge_parts_the_banks(graph: RoadGraph) -> None:
    closed = graph.without_roads_at([Spot(30.010, 109.050)])
    assert closed.matrix([SOUTH, NORTH]).distance_m[0, 1] == UNREACHABLE


def test_a_saved_graph_is_read_back_the_same(graph: RoadGraph) -> None:
    again = RoadGraph.from_bytes(graph.to_bytes())
    assert again.digest == graph.digest
    places = [SOUTH, NORTH, ISLAND]
    assert (again.matrix(places).distance_m == graph.matrix(places).distance_m).all()


def test_routes_cross_at_the_bridge_and_the_island_is_left_out_with_its_reason(
    graph: RoadGraph,
) -> None:
    places = tuple(Place(spot.lat, spot.lon) for spot in (SOUTH, NORTH, ISLAND))
    problem = Problem(
        places=places,
        hubs=(Hub("hub", 0),),
        vehicles=(Vehicle("truck", 0, "hub", 1_000_000),),
        stops=(Stop("north", 1, 1_000), Stop("island", 2, 1_000)),
        matrix=graph.matrix(places),
    )
    plan = solve(problem, seed=1, iterations=20)
    assert [visit.stop_id for visit in plan.routes[0].visits] == ["north"]
    assert plan.routes[0].distance_m > 26_000
    assert [(u.stop_id, u.reason) for u in plan.unplanned] == [("island", Reason.UNREACHABLE)]


def test_a_broken_extract_is_refused(tmp_path: Path) -> None:
    for name, body in (("cut.osm.pbf", os.urandom(5_000)), ("cut.osm", b"<osm><node id=")):
        broken = tmp_path / name
        broken.write_bytes(body)
        with pytest.raises(BrokenExtract):
            build(broken)


def test_an_extract_without_roads_is_refused(tmp_path: Path) -> None:
    footpaths = [([1, 2], {"highway": "footway"})]
    with pytest.raises(NoRoads):
        build(write_extract(tmp_path / "paths.osm", footpaths))


def test_a_huge_extract_is_refused_before_it_is_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.osm.pbf"
    with huge.open("wb") as file:
        file.truncate(3 * 2**20)
    with pytest.raises(ExtractTooLarge):
        build(huge, most_mb=2)
