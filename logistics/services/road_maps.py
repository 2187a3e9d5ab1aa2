"""A cooperative's road map: an OpenStreetMap extract that a job turns into a road graph."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.jobs import services as jobs
from app.jobs.context import JobContext
from app.kernel.database import insert_if_new
from app.kernel.errors import N_, BadInput, NotFound, Refusal
from app.models import Hub, HubKind, RoadExtract, Village
from app.models.jobs import Job, JobQueue, JobState
from logistics.services import road_settings
from logistics.services.batching import position_of
from logistics.services.road_files import maps
from logistics.services.roads import map_in_use
from logistics.solver.problem import Place
from logistics.solver.roads.extract import build
from logistics.solver.roads.graph import RoadGraph
from logistics.solver.roads.refusals import ExtractTooLarge

KIND = "roads.build"
_NAME_LENGTH = 200
_ENDINGS = (".osm.pbf", ".osm", ".pbf", ".osm.bz2", ".osm.gz")
_PART = 2**20


class NoExtract(BadInput):
    """The form came without a file, or with one of another kind."""

    code = "no_extract"
    message = N_("Choose an OpenStreetMap extract, a file that ends in .osm.pbf.")


class NoRoadFolder(Refusal):
    """This process was started without a place for road maps."""

    code = "no_road_folder"
    message = N_("This installation keeps no road maps.")


@dataclass(frozen=True)
class Building:
    """How far the building of a road map is; ``refusal`` is why it failed."""

    extract_id: int
    name: str
    is_open: bool
    ways: str
    refusal: tuple[str, dict[str, Any]] | None


@dataclass(frozen=True)
class OffRoad:
    """A village or hub that the road map does not lead to.

    ``is_island``: there is a road, but it is not joined to the rest.
    """

    kind: str
    row_id: int
    name: str
    is_island: bool


def keep(*, name: str, file: IO[bytes], key: str) -> int:
    """Keep an extract's file until it is built, and return its bytes.

    Call it before the transaction: writing so much would hold everybody else up.

    :raises NoExtract: if nothing was sent, or something of another kind.
    :raises ExtractTooLarge: if it is larger than this installation takes.
    :raises NoRoadFolder: if this process keeps no road maps.
    """
    settings = _settings()
    data = _read(file, settings.most_mb)
    if not data or not name.lower().endswith(_ENDINGS):
        raise NoExtract(field="file")
    settings.store.put(_upload_name(key), data)
    return len(data)


def upload(
    session: Session,
    *,
    cooperative_id: int,
    person_id: int | None,
    name: str,
    size_bytes: int,
    key: str,
    at: datetime,
) -> int:
    """Have the road graph of a kept extract built; return the extract's id, once per key."""
    values = {
        "cooperative_id": cooperative_id,
        "name": Path(name).name[-_NAME_LENGTH:],
        "size_bytes": size_bytes,
        "segments": 0,
        "key": key,
        "uploaded_by_id": person_id,
        "uploaded_at": at,
    }
    extract_id = insert_if_new(session, RoadExtract, values)
    if extract_id is None:
        return session.scalars(select(RoadExtract.id).where(RoadExtract.key == key)).one()
    jobs.enqueue(
        session,
        kind=KIND,
        key=_job_key(extract_id),
        payload={"extract_id": extract_id},
        queue=JobQueue.SOLVE,
        cooperative_id=cooperative_id,
        at=at,
    )
    return extract_id


def handle_build(context: JobContext) -> None:
    """Build the road graph of an extract; the newest built one is then in use.

    :raises BrokenExtract: if the file cannot be read.
    :raises NoRoads: if it holds nothing a truck may drive.
    """
    settings = _settings()
    extract_id = int(context.payload["extract_id"])
    with context.reading() as session:
        extract = session.get_one(RoadExtract, extract_id)
    name, stored = extract.name, _upload_name(extract.key)

    def show(ways: int) -> None:
        context.progress(50, str(ways))
        context.stop_if_asked()

    graph = _build_stored(settings, stored, name, show)
    maps(settings.store).put(graph)
    context.stop_if_asked()
    with context.finishing() as (session, done):
        extract = session.get_one(RoadExtract, extract_id)
        extract.digest, extract.segments = graph.digest, len(graph.origin)
        extract.built_at = context.now()
        done.result = {"segments": extract.segments}
    # Only what is committed may forget its source; a rerun would need it.
    settings.store.delete(stored)


def _build_stored(
    settings: road_settings.RoadSettings, stored: str, name: str, progress: Callable[[int], None]
) -> RoadGraph:
    """Return the graph of a stored extract."""
    ending = next((end for end in _ENDINGS if name.lower().endswith(end)), ".osm.pbf")
    # pyosmium tells the format by the name's ending.
    with tempfile.NamedTemporaryFile(suffix=ending) as copy:
        copy.write(settings.store.get(stored))
        copy.flush()
        return build(Path(copy.name), progress=progress, most_mb=settings.most_mb)


def build_at_once(
    session: Session, *, cooperative_id: int, path: Path, graph: RoadGraph, at: datetime
) -> RoadExtract:
    """Put a graph that a command built of a file to use."""
    maps(_settings().store).put(graph)
    key = f"{cooperative_id}:{graph.digest}"[:64]
    extract = session.scalar(select(RoadExtract).where(RoadExtract.key == key))
    if extract is None:
        extract = RoadExtract(
            cooperative_id=cooperative_id,
            name=path.name[-_NAME_LENGTH:],
            size_bytes=path.stat().st_size,
            key=key,
            uploaded_at=at,
        )
        session.add(extract)
    extract.digest, extract.segments = graph.digest, len(graph.origin)
    extract.built_at, extract.retired_at = at, None
    session.flush()
    return extract


def put_aside(session: Session, *, extract_id: int, cooperative_id: int, at: datetime) -> None:
    """Use a road map no more; distances come from the one before, or are estimated.

    :raises NotFound: if the cooperative has no such map.
    """
    extract = session.get(RoadExtract, extract_id)
    if extract is None or extract.cooperative_id != cooperative_id:
        raise NotFound
    extract.retired_at = extract.retired_at or at
    session.flush()


def building(session: Session, *, cooperative_id: int) -> Building | None:
    """Return the building of the newest map, unless it is built or put aside."""
    extract = session.scalar(
        select(RoadExtract)
        .where(RoadExtract.cooperative_id == cooperative_id)
        .order_by(RoadExtract.id.desc())
        .limit(1)
    )
    if extract is None or extract.built_at is not None or extract.retired_at is not None:
        return None
    job = session.scalar(select(Job).where(Job.key == _job_key(extract.id)))
    refusal = None
    if job is not None and job.state in (JobState.FAILED, JobState.CANCELLED):
        error = job.error or {}
        refusal = (str(error.get("message", "")), dict(error.get("figures", {})))
    return Building(
        extract_id=extract.id,
        name=extract.name,
        is_open=refusal is None,
        ways=(job.progress_note or "") if job is not None else "",
        refusal=refusal,
    )


def off_road(session: Session, *, cooperative_id: int) -> list[OffRoad]:
    """Return the pinned rural hubs and villages that the map in use does not lead to.

    A city far away may well lie beyond the map of the villages' district.
    """
    settings = road_settings.bound()
    extract = map_in_use(session, cooperative_id=cooperative_id)
    if settings is None or extract is None or extract.digest is None:
        return []
    known = maps(settings.store)
    if not known.has(extract.digest):
        return []
    hubs = session.scalars(
        select(Hub)
        .where(Hub.cooperative_id == cooperative_id, Hub.kind != HubKind.CITY)
        .order_by(Hub.name, Hub.id)
    ).all()
    villages = session.scalars(
        select(Village)
        .where(Village.cooperative_id == cooperative_id, Village.retired_at.is_(None))
        .order_by(Village.name, Village.id)
    ).all()
    places: list[Place] = []
    found: list[OffRoad] = []
    rows: list[Hub | Village] = [*hubs, *villages]
    for row in rows:
        where = position_of(row)
        if where is not None:
            places.append(Place(where.lat, where.lon))
            kind = "hub" if isinstance(row, Hub) else "village"
            found.append(OffRoad(kind, row.id, row.called, is_island=False))
    off, islands = known.islanders(extract.digest, places)
    return [replace(found[at], is_island=at in islands) for at in sorted({*off, *islands})]


def _read(file: IO[bytes], most_mb: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := file.read(_PART):
        size += len(part)
        if size > most_mb * 2**20:
            raise ExtractTooLarge(field="file", size_mb=f"{most_mb}+", most_mb=most_mb)
        parts.append(part)
    return b"".join(parts)


def _upload_name(key: str) -> str:
    return f"roads/uploads/{hashlib.sha256(key.encode()).hexdigest()}"


def _settings() -> road_settings.RoadSettings:
    settings = road_settings.bound()
    if settings is None:
        raise NoRoadFolder
    return settings


def _job_key(extract_id: int) -> str:
    return f"{KIND}:{extract_id}"
