"""After the run: planned against driven, and what that teaches of roads and stops.

Medians over many runs, held within bounds, so that one lost hour or a slip at the
odometer teaches nothing. Lessons are rows: what a past plan assumed can be looked up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, pairwise
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, BadInput, NotFound, Refusal
from app.kernel.geo import Position, distance_m
from app.models import Cooperative, Hub, Plan, PlanKind, RoadLesson, Run, Stop, Village
from logistics.services.batching import position_of
from logistics.services.lessons import Lesson, lessons_of

LEAST_RUNS, MOST_RUNS = 5, 200
_LEAST_STOPS = 20
_MOST_PAIRS = 300
"""Of more stops, the latest so many teach how long loading takes."""
_FACTORS = (100, 400)
_SPEEDS = (10_000, 90_000)
_STOPS_S = (60, 3_600)
_LOADS_S = (0, 600)
_FARTHEST_M = 3_000_000


class RunNotOver(Refusal):
    """A run that is still driven has no odometer reading yet."""

    code = "run_not_over"
    message = N_("This run has not ended yet.")


class OdometerUnlikely(BadInput):
    """A reading that is a slip of the finger."""

    code = "odometer_unlikely"
    message = N_(
        "Between the stops alone it is %(least_km)s km in a straight line. Check the reading."
    )


@dataclass(frozen=True)
class _Driven:
    """A recorded run: its district, straight and driven metres, seconds and stops."""

    district: str
    straight_m: int
    driven_m: int
    moving_s: float
    stops: tuple[tuple[float, float], ...]
    """Per stop: hundreds of kilograms loaded, and seconds beyond the planned driving."""


def record(session: Session, *, run_id: int, driven_m: int, at: datetime) -> Run:
    """Write down what a finished run drove, and learn from it; the same again is no change.

    :raises NotFound: if there is no such run.
    :raises RunNotOver: if it has not ended.
    :raises OdometerUnlikely: if it is shorter than straight lines, or beyond a continent.
    """
    run = session.get(Run, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise NotFound
    if run.finished_at is None:
        raise RunNotOver
    plan = session.get_one(Plan, run.plan_id)
    straight_m = _straight_m(session, plan, run)
    # An odometer shows whole kilometres.
    if not max(0, straight_m - 1_000) <= driven_m <= _FARTHEST_M or driven_m == 0:
        raise OdometerUnlikely(field="driven", least_km=-(-straight_m // 1_000))
    if run.driven_m != driven_m:
        run.driven_m = driven_m
        session.flush()
        learn(session, cooperative_id=plan.cooperative_id, at=at)
    return run


def learn(session: Session, *, cooperative_id: int, at: datetime) -> list[RoadLesson]:
    """Keep what the recorded runs of each district teach, where there are enough of them."""
    cooperative = session.get_one(Cooperative, cooperative_id)
    known = lessons_of(session, cooperative=cooperative)
    runs = _recorded(session, cooperative_id)
    made: list[RoadLesson] = []
    for district in ["", *sorted({run.district for run in runs} - {""})]:
        of_district = [run for run in runs if district in ("", run.district)]
        if len(of_district) < LEAST_RUNS:
            continue
        lesson = _taught(of_district, known.get(district, known[""]))
        if lesson != known.get(district):
            made.append(_keep(session, cooperative_id, district, lesson, at))
    session.flush()
    return made


def _taught(runs: Sequence[_Driven], known: Lesson) -> Lesson:
    factor = median(100 * run.driven_m / run.straight_m for run in runs if run.straight_m)
    paces = [3_600 * run.driven_m / run.moving_s for run in runs if run.moving_s > 0]
    stop_s, load_s = _service([stop for run in runs for stop in run.stops], known)
    return Lesson(
        factor_percent=_within(factor, _FACTORS),
        speed_m_per_h=_within(median(paces) if paces else known.speed_m_per_h, _SPEEDS),
        stop_s=_within(stop_s, _STOPS_S),
        load_s_per_100_kg=_within(load_s, _LOADS_S),
        runs=len(runs),
    )


def _service(stops: Sequence[tuple[float, float]], known: Lesson) -> tuple[float, float]:
    """Return a stop's seconds and those per 100 kg: the median slope (Theil and Sen)."""
    if len(stops) < _LEAST_STOPS:
        return known.stop_s, known.load_s_per_100_kg
    recent = stops[:_MOST_PAIRS]
    slopes = [
        (second[1] - first[1]) / (second[0] - first[0])
        for first, second in combinations(recent, 2)
        if second[0] != first[0]
    ]
    slope = median(slopes) if slopes else float(known.load_s_per_100_kg)
    slope = min(max(slope, _LOADS_S[0]), _LOADS_S[1])
    return median(spent_s - slope * load for load, spent_s in recent), slope


def _within(value: float, bounds: tuple[int, int]) -> int:
    return min(max(round(value), bounds[0]), bounds[1])


def _keep(
    session: Session, cooperative_id: int, district: str, lesson: Lesson, at: datetime
) -> RoadLesson:
    same = select(RoadLesson).where(
        RoadLesson.cooperative_id == cooperative_id,
        RoadLesson.district == district,
        RoadLesson.learnt_at == at,
    )
    row = session.scalar(same)
    if row is None:
        row = RoadLesson(cooperative_id=cooperative_id, district=district, learnt_at=at)
        session.add(row)
    row.factor_percent, row.speed_m_per_h = lesson.factor_percent, lesson.speed_m_per_h
    row.stop_s, row.load_s_per_100_kg = lesson.stop_s, lesson.load_s_per_100_kg
    row.runs = lesson.runs
    return row


def _recorded(session: Session, cooperative_id: int) -> list[_Driven]:
    """Return the recorded collection runs, the latest first."""
    rows = session.execute(
        select(Run, Hub)
        .join(Plan, Plan.id == Run.plan_id)
        .join(Hub, Hub.id == Plan.hub_id)
        .where(
            Plan.cooperative_id == cooperative_id,
            Plan.kind == PlanKind.COLLECTION,
            Run.driven_m.is_not(None),
            Run.finished_at.is_not(None),
        )
        .order_by(Run.finished_at.desc(), Run.id.desc())
        .limit(MOST_RUNS)
    ).all()
    stops = _stops(session, [run.id for run, _ in rows])
    found = [_driven(run, hub, stops.get(run.id, [])) for run, hub in rows]
    return [run for run in found if run is not None]


def _driven(run: Run, hub: Hub, stops: Sequence[tuple[Stop, Village]]) -> _Driven | None:
    straight_m = _round_trip_m(hub, [village for _, village in stops])
    if not straight_m or run.driven_m is None or run.finished_at is None:
        return None
    spent_s = 0.0
    if run.started_at is not None:
        spent_s = (run.finished_at - run.started_at).total_seconds()
    standing_s = sum((s.departs_at - s.arrives_at).total_seconds() for s, _ in stops)
    districts = Counter(village.admin or "" for _, village in stops)
    return _Driven(
        district=districts.most_common(1)[0][0],
        straight_m=straight_m,
        driven_m=run.driven_m,
        moving_s=max(0.0, spent_s - standing_s),
        stops=tuple(_beyond_driving([stop for stop, _ in stops])),
    )


def _beyond_driving(stops: Sequence[Stop]) -> Iterable[tuple[float, float]]:
    for before, stop in pairwise(stops):
        if before.done_at is not None and stop.done_at is not None and stop.load_g:
            gap_s = (stop.done_at - before.done_at).total_seconds()
            leg_s = (stop.arrives_at - before.departs_at).total_seconds()
            if gap_s > 0:
                yield stop.load_g / 100_000, max(0.0, gap_s - leg_s)


def _stops(session: Session, run_ids: Sequence[int]) -> dict[int, list[tuple[Stop, Village]]]:
    rows = session.execute(
        select(Stop, Village)
        .join(Village, Village.id == Stop.village_id)
        .where(Stop.run_id.in_(run_ids))
        .order_by(Stop.run_id, Stop.position)
    )
    found: dict[int, list[tuple[Stop, Village]]] = {}
    for stop, village in rows:
        found.setdefault(stop.run_id, []).append((stop, village))
    return found


def _straight_m(session: Session, plan: Plan, run: Run) -> int:
    stops = _stops(session, [run.id]).get(run.id, [])
    return _round_trip_m(session.get_one(Hub, plan.hub_id), [village for _, village in stops])


def _round_trip_m(hub: Hub, villages: Sequence[Village]) -> int:
    """Return the straight metres from the hub over villages and back."""
    ends: list[Position | None] = [position_of(hub)]
    found = [*ends, *(position_of(village) for village in villages), *ends]
    spots = [where for where in found if where is not None]
    return sum(distance_m(first, second) for first, second in pairwise(spots))
