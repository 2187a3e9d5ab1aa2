"""The ways between a day's places: from the road map, a road service, or an estimate."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, Refusal
from app.models import Cooperative, RoadClosure, RoadExtract, Village
from logistics.services import road_settings
from logistics.services.lessons import Lesson, lessons_of
from logistics.services.road_files import Maps, maps
from logistics.solver.matrix import UNREACHABLE, Located, Matrix, great_circles_m
from logistics.solver.problem import Place
from logistics.solver.roads.service import RoadServiceSilent

_log = logging.getLogger(__name__)

OSM_CREDIT = "© OpenStreetMap contributors"


class HubOffRoads(Refusal):
    """The road map knows no road at the hub, so that nothing could be reached from it."""

    code = "hub_off_roads"
    message = N_(
        "The road map has no road within 100 m of the hub %(hub)s. Move its pin to the road, or"
        " upload a map of the right district."
    )


@dataclass(frozen=True)
class Ways:
    """What is known of a cooperative's roads on a date.

    ``digest`` names the road map in use; ``shut`` are points whose road is closed,
    ``closed`` villages that nobody gets to.
    """

    digest: str | None
    shut: tuple[Place, ...]
    closed: frozenset[int]
    districts: dict[int, str]
    lessons: dict[str, Lesson]

    def lesson(self, village_id: int | None) -> Lesson:
        """Return what is known of the driving around a village, or of the cooperative."""
        district = self.districts.get(village_id or 0, "")
        return self.lessons.get(district, self.lessons[""])

    def matrix(self, places: Sequence[Place], villages: Sequence[int | None], hub: str) -> Matrix:
        """Return metres and seconds between places; ``villages`` names each place's village.

        The first place is the hub. What is closed or has no way is UNREACHABLE.

        :raises HubOffRoads: if the road map has no road at the hub.
        """
        found = self._open(places, villages, hub)
        shut = [at for at, village in enumerate(villages) if village in self.closed]
        if not shut:
            return found
        distance_m, duration_s = found.distance_m.copy(), found.duration_s.copy()
        for figures in (distance_m, duration_s):
            figures[shut, :] = UNREACHABLE
            figures[:, shut] = UNREACHABLE
            np.fill_diagonal(figures, 0)
        return Matrix(distance_m, duration_s, estimated=found.estimated, source=found.source)

    def _open(self, places: Sequence[Place], villages: Sequence[int | None], hub: str) -> Matrix:
        settings = road_settings.bound()
        if settings is not None and self.digest is not None:
            known = maps(settings.store)
            if known.has(self.digest):
                return self._by_map(known, self.digest, places, hub)
        if settings is not None and settings.service is not None:
            try:
                return settings.service.matrix(places)
            except RoadServiceSilent:
                # The trucks leave in the morning; a flagged estimate is better than no plan.
                _log.warning("The road service did not answer; distances are estimated")
        return self._estimate(places, villages)

    def _by_map(self, known: Maps, digest: str, places: Sequence[Place], hub: str) -> Matrix:
        found = known.matrix(digest, places, self.shut)
        if len(places) > 1 and places and not known.is_on_road(digest, places[0]):
            raise HubOffRoads(hub=hub)
        return found

    def _estimate(self, places: Sequence[Located], villages: Sequence[int | None]) -> Matrix:
        """Return great circles stretched by what runs taught of both ends' districts."""
        lessons = [self.lesson(village) for village in villages]
        factor = np.array([lesson.factor_percent for lesson in lessons]) / 200
        pace = np.array([3_600 / lesson.speed_m_per_h for lesson in lessons]) / 2
        metres = great_circles_m(places) * (factor[:, None] + factor[None, :])
        seconds = metres * (pace[:, None] + pace[None, :])
        home = self.lessons[""]
        return Matrix(
            np.rint(metres).astype(np.int64),
            np.rint(seconds).astype(np.int64),
            estimated=True,
            source=f"great circle x {home.factor_percent / 100}",
        )


def ways_of(session: Session, *, cooperative: Cooperative, on: date) -> Ways:
    """Return what is known of a cooperative's roads on a date."""
    closures = closed_on(session, cooperative_id=cooperative.id, on=on)
    rows = session.execute(
        select(Village.id, Village.admin).where(Village.cooperative_id == cooperative.id)
    )
    extract = map_in_use(session, cooperative_id=cooperative.id)
    return Ways(
        digest=None if extract is None else extract.digest,
        shut=tuple(
            Place(closure.lat, closure.lon)
            for closure in closures
            if closure.lat is not None and closure.lon is not None
        ),
        closed=frozenset(c.village_id for c in closures if c.village_id is not None),
        districts={village_id: admin or "" for village_id, admin in rows},
        lessons=lessons_of(session, cooperative=cooperative),
    )


def map_in_use(session: Session, *, cooperative_id: int) -> RoadExtract | None:
    """Return the newest road map of a cooperative that was built and not put aside."""
    return session.scalar(
        select(RoadExtract)
        .where(
            RoadExtract.cooperative_id == cooperative_id,
            RoadExtract.built_at.is_not(None),
            RoadExtract.retired_at.is_(None),
        )
        .order_by(RoadExtract.built_at.desc(), RoadExtract.id.desc())
        .limit(1)
    )


def closed_on(session: Session, *, cooperative_id: int, on: date) -> list[RoadClosure]:
    """Return what is closed on a date, in the order it was closed."""
    return list(
        session.scalars(
            select(RoadClosure)
            .where(
                RoadClosure.cooperative_id == cooperative_id,
                RoadClosure.on == on,
                RoadClosure.lifted_at.is_(None),
            )
            .order_by(RoadClosure.id)
        )
    )
