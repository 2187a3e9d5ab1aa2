"""The manager's roads: the road map, what runs taught, and what is closed on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.clock import local
from app.kernel.database import reading
from app.kernel.errors import BadInput, Refusal
from app.models import RoadExtract, RoleKind, Village
from app.places.place import position_from
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.numbers import typed_decimal
from app.web.session import current_cooperative, current_person, current_roles, now
from app.web.translation import gettext, locale
from app.web.words import place_name
from app.web.writing import write_once
from logistics.services import closures, road_maps, road_settings
from logistics.services.lessons import Lesson, lessons_of
from logistics.services.road_maps import Building, OffRoad
from logistics.services.roads import OSM_CREDIT, map_in_use

blueprint = Blueprint("roads", __name__, template_folder="templates")

_FORM_BYTES = 2**20
_FARTHEST = timedelta(days=366)


@dataclass(frozen=True)
class RoadsPage:
    """Where distances come from: a map, a service, or the estimate of ``lessons``."""

    extract: RoadExtract | None
    service: str
    building: Building | None
    refusal: str
    off: list[OffRoad]
    lessons: list[tuple[str, Lesson]]
    credit: str
    most_mb: int


@dataclass(frozen=True)
class Closed:
    """One closure in words: a village, or a position."""

    closure_id: int
    on: date
    where: str
    reason: str


@blueprint.url_value_preprocessor
def let_maps_in(endpoint: str | None, values: dict[str, object] | None) -> None:
    """Take a manager's road map although it is larger than any other upload."""
    settings = road_settings.bound()
    if endpoint == "roads.upload" and settings is not None and current_roles(RoleKind.MANAGER):
        request.max_content_length = settings.most_mb * 2**20 + _FORM_BYTES


@blueprint.get("/set-up/roads")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """Show where distances come from."""
    return _page(Form({}))


@blueprint.post("/set-up/roads/maps")
@role_required(RoleKind.MANAGER)
def upload() -> ResponseReturnValue:
    """Take an extract in; its road map is built in the background."""
    form, home_id = Form(), current_cooperative().id
    file = request.files.get("file")
    name = "" if file is None else file.filename or ""
    key = f"{current_person().id}:{form.key}"[-64:]
    size_bytes = 0
    try:
        if file is None or not name:
            raise road_maps.NoExtract(field="file")
        size_bytes = road_maps.keep(name=name, file=file.stream, key=key)
    except Refusal as refusal:
        form.refuse(refusal)

    def do(session: Session) -> Answer:
        road_maps.upload(
            session,
            cooperative_id=home_id,
            person_id=current_person().id,
            name=name,
            size_bytes=size_bytes,
            key=key,
            at=now(),
        )
        return Answer(url_for("roads.index"))

    return write_once(form, do) or _page(form)


@blueprint.post("/set-up/roads/maps/<int:extract_id>/retirement")
@role_required(RoleKind.MANAGER)
def put_aside(extract_id: int) -> ResponseReturnValue:
    """Use a road map no more."""
    form, home_id = Form(), current_cooperative().id

    def do(session: Session) -> Answer:
        road_maps.put_aside(session, extract_id=extract_id, cooperative_id=home_id, at=now())
        return Answer(url_for("roads.index"))

    return write_once(form, do) or _page(form)


@blueprint.get("/roads/closures")
@role_required(RoleKind.MANAGER)
def closed() -> ResponseReturnValue:
    """Show what is closed from today on, with a form to close more."""
    return _closures_page(Form({}))


@blueprint.post("/roads/closures")
@role_required(RoleKind.MANAGER)
def close() -> ResponseReturnValue:
    """Close a village's access or a stretch of road on a date."""
    form, home = Form(), current_cooperative()
    today = local(now(), home.time_zone).date()
    with reading() as session:
        offered = [village_id for village_id, _ in _villages(session)]
    on = form.date("on", earliest=today, latest=today + _FARTHEST)
    reason = form.text("reason", required=False)
    typed = form.typed("village").strip()
    village_id = form.identifier("village", offered) if typed else None
    position = None
    if any(form.typed(name).strip() for name in ("lat", "lon")):
        try:
            lat, lon = (float(typed_decimal(form.typed(n), locale())) for n in ("lat", "lon"))
            position = position_from(lat, lon)
        except BadInput as refusal:
            form.refuse(refusal, field="lat")

    def do(session: Session) -> Answer:
        closures.close(
            session,
            cooperative_id=home.id,
            on=on,
            village_id=village_id,
            position=position,
            reason=reason,
            person_id=current_person().id,
            key=f"{current_person().id}:{form.key}"[-64:],
            at=now(),
        )
        flash(gettext("Closed. Plan the routes of that day again."), "good")
        return Answer(url_for("roads.closed"))

    return write_once(form, do) or _closures_page(form)


@blueprint.post("/roads/closures/<int:closure_id>/end")
@role_required(RoleKind.MANAGER)
def lift(closure_id: int) -> ResponseReturnValue:
    """Open a closed road again."""
    form, home_id = Form(), current_cooperative().id

    def do(session: Session) -> Answer:
        closures.lift(session, closure_id=closure_id, cooperative_id=home_id, at=now())
        return Answer(url_for("roads.closed"))

    return write_once(form, do) or _closures_page(form)


def _page(form: Form) -> ResponseReturnValue:
    home, settings = current_cooperative(), road_settings.bound()
    with reading() as session:
        building = road_maps.building(session, cooperative_id=home.id)
        page = RoadsPage(
            extract=map_in_use(session, cooperative_id=home.id),
            service=settings.service.kind if settings and settings.service else "",
            building=building,
            refusal=_refusal(building),
            off=road_maps.off_road(session, cooperative_id=home.id),
            lessons=sorted(lessons_of(session, cooperative=home).items()),
            credit=OSM_CREDIT,
            most_mb=settings.most_mb if settings else 0,
        )
    return render_template("logistics/roads.html", page=page, form=form), form.status


def _refusal(building: Building | None) -> str:
    if building is None or building.refusal is None:
        return ""
    message, figures = building.refusal
    return gettext(message, **figures) if message else gettext("The building was broken off.")


def _villages(session: Session) -> list[tuple[int, str]]:
    found = session.scalars(
        select(Village)
        .where(Village.cooperative_id == current_cooperative().id, Village.retired_at.is_(None))
        .order_by(Village.name, Village.id)
    )
    return [(village.id, place_name(village)) for village in found]


def _closures_page(form: Form) -> ResponseReturnValue:
    home = current_cooperative()
    today = local(now(), home.time_zone).date()
    with reading() as session:
        villages = _villages(session)
        names = dict(villages)
        found = [
            Closed(
                closure.id,
                closure.on,
                f"{closure.lat:.5f}, {closure.lon:.5f}"
                if closure.village_id is None
                else names.get(closure.village_id, "–"),
                closure.reason,
            )
            for closure in closures.coming(session, cooperative_id=home.id, from_on=today)
        ]
        has_map = map_in_use(session, cooperative_id=home.id) is not None
    return render_template(
        "logistics/closures.html",
        closures=found,
        villages=villages,
        today=today,
        has_map=has_map,
        form=form,
    ), form.status
