"""Where this installation's road graphs lie and which road service it may ask.

Bound once by each composition root, as pages, commands and jobs look roads up alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.media.store import Store
from logistics.solver.memory import free_mb
from logistics.solver.roads.extract import MOST_MB
from logistics.solver.roads.service import RoadService, ServiceKind


@dataclass(frozen=True)
class RoadSettings:
    """``service`` is asked where a cooperative has no road map; ``most_mb`` bounds a map."""

    store: Store
    service: RoadService | None = None
    most_mb: int = MOST_MB


def settings(store: Store, *, service: str, address: str) -> RoadSettings:
    """Return the settings of an installation, with maps bounded by the machine's memory.

    :param service: ``osrm``, ``valhalla``, or nothing; it is asked at the address.
    """
    asked = RoadService(ServiceKind(service), address) if service and address else None
    free = free_mb()
    # Building a graph takes some ten times its extract.
    return RoadSettings(store, asked, MOST_MB if free is None else min(MOST_MB, free // 10))


_bound: RoadSettings | None = None


def bind(settings: RoadSettings | None) -> None:
    """Make these the settings of this process."""
    global _bound
    _bound = settings


def bound() -> RoadSettings | None:
    """Return the settings of this process; None knows of no roads."""
    return _bound
