"""What driving takes in each district: learnt from recorded runs, assumed until then."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Cooperative, RoadLesson

# A gathering takes ten minutes to park and greet, and a minute per 100 kg to load.
STOP_S = 600
LOAD_S_PER_100_KG = 60
# A loaded truck on hill roads.
SPEED_M_PER_H = 40_000


@dataclass(frozen=True)
class Lesson:
    """Detour factor and speed of the roads, and what a stop takes; ``runs`` taught it."""

    factor_percent: int
    speed_m_per_h: int = SPEED_M_PER_H
    stop_s: int = STOP_S
    load_s_per_100_kg: int = LOAD_S_PER_100_KG
    runs: int = 0

    def service_s(self, load_g: int) -> int:
        """Return the seconds that a stop takes with so many grams."""
        return self.stop_s + self.load_s_per_100_kg * load_g // 100_000


def lessons_of(session: Session, *, cooperative: Cooperative) -> dict[str, Lesson]:
    """Return the lessons in force by district; the empty name stands for all others."""
    rows = session.scalars(
        select(RoadLesson)
        .where(RoadLesson.cooperative_id == cooperative.id)
        .order_by(RoadLesson.learnt_at, RoadLesson.id)
    )
    found = {"": Lesson(cooperative.road_factor_percent)}
    # Later rows overwrite earlier ones, so that the newest stays.
    for row in rows:
        found[row.district] = Lesson(
            row.factor_percent, row.speed_m_per_h, row.stop_s, row.load_s_per_100_kg, row.runs
        )
    return found
