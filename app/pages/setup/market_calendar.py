"""The calendar: weekdays with their four times, exceptions, and the days to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import calendar
from app.calendar import DayTimes
from app.kernel.database import reading
from app.kernel.errors import N_
from app.market_days.following_calendar import Followed, follow_calendar
from app.models import CalendarException, CalendarExceptionKind, CalendarRule, MarketDay, RoleKind
from app.setting_up import market_calendar
from app.setting_up.market_calendar import FourTimes
from app.web.formatting import day, minute_of_day
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative, now
from app.web.translation import gettext
from app.web.writing import write_once

blueprint = Blueprint("market_calendar", __name__, template_folder="templates")

_MINUTES_A_DAY = 24 * 60
_USUAL = FourTimes(-6 * 60, -4 * 60, -3 * 60, 6 * 60)
OFFSETS = {
    -3: N_("three days before"),
    -2: N_("two days before"),
    -1: N_("the day before"),
    0: N_("on the market day"),
    1: N_("the day after"),
}
KINDS = {
    CalendarExceptionKind.CLOSED: N_("No market"),
    CalendarExceptionKind.EXTRA: N_("Extra market day"),
}


@dataclass(frozen=True)
class TimeField:
    """One of the four times in the form: day offset and clock time to start with."""

    name: str
    label: str
    offset: int
    clock: str


@dataclass(frozen=True)
class CalendarPage:
    """Everything the calendar shows."""

    rules: dict[int, CalendarRule]
    fields: list[TimeField]
    weekdays: frozenset[int]
    offsets: list[tuple[int, str]]
    kinds: list[tuple[str, str, str]]
    exceptions: list[CalendarException]
    coming: dict[date, DayTimes]
    day_ids: dict[date, int]


@blueprint.app_template_filter()
def relative_time(minute: int) -> str:
    """Return one of a day's four times as people say it: 18:00 the day before."""
    offset, of_day = divmod(minute, _MINUTES_A_DAY)
    when = gettext(OFFSETS[offset]) if offset in OFFSETS else str(offset)
    return gettext("%(time)s %(when)s", time=minute_of_day(of_day), when=when)


@blueprint.app_template_filter()
def exception_name(kind: CalendarExceptionKind) -> str:
    """Return what happens on an exceptional date."""
    return gettext(KINDS[kind])


@blueprint.get("/set-up/calendar")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """Show the calendar; with ``?weekday=`` its times stand in the form."""
    return _page(Form({}), Form({}))


@blueprint.post("/set-up/calendar")
@role_required(RoleKind.MANAGER)
def save() -> ResponseReturnValue:
    """Have a market on the ticked weekdays at these times."""
    form, home_id = Form(), current_cooperative().id
    weekdays = [int(one) for one in form.chosen("weekdays") if one in set("0123456")]
    times = FourTimes(*(_read(form, name) for name in _names()))

    def do(session: Session) -> Answer:
        market_calendar.put_rules(session, cooperative_id=home_id, weekdays=weekdays, times=times)
        return _followed(session)

    return write_once(form, do) or _page(form, Form({}))


@blueprint.post("/set-up/calendar/<int:weekday>/removal")
@role_required(RoleKind.MANAGER)
def remove(weekday: int) -> ResponseReturnValue:
    """Have no market on a weekday any more."""
    form, home_id = Form(), current_cooperative().id

    def do(session: Session) -> Answer:
        market_calendar.remove_rule(session, cooperative_id=home_id, weekday=weekday)
        return _followed(session)

    return write_once(form, do) or _page(form, Form({}))


@blueprint.post("/set-up/calendar/exceptions")
@role_required(RoleKind.MANAGER)
def except_day() -> ResponseReturnValue:
    """Close a date, or add one."""
    form, home_id = Form(), current_cooperative().id
    on = form.date("on")
    kind = form.choice("kind", CalendarExceptionKind)
    note = form.text("note", maximum=120, required=False)

    def do(session: Session) -> Answer:
        market_calendar.put_exception(
            session, cooperative_id=home_id, on=on, kind=kind, note=note, at=now()
        )
        return _followed(session)

    return write_once(form, do) or _page(Form({}), form)


@blueprint.post("/set-up/calendar/exceptions/<int:exception_id>/removal")
@role_required(RoleKind.MANAGER)
def remove_exception(exception_id: int) -> ResponseReturnValue:
    """Let the weekly rule hold again on a date."""
    form, home_id = Form(), current_cooperative().id

    def do(session: Session) -> Answer:
        market_calendar.remove_exception(session, cooperative_id=home_id, exception_id=exception_id)
        return _followed(session)

    return write_once(form, do) or _page(Form({}), form)


def _followed(session: Session) -> Answer:
    done = follow_calendar(session, cooperative_id=current_cooperative().id, at=now())
    tell(done)
    return Answer(url_for("market_calendar.index"))


def tell(done: Followed) -> None:
    """Tell the manager what became of the coming days, and which ones were left alone."""
    flash(
        gettext(
            "Saved. Market days made: %(made)s, changed: %(changed)s, taken away: %(removed)s.",
            made=done.made,
            changed=done.changed,
            removed=done.removed,
        ),
        "good",
    )
    if done.kept_on:
        days = ", ".join(day(on) for on in done.kept_on)
        flash(
            gettext(
                "Farmers or buyers already count on %(days)s, so these stay as they are."
                " Postpone or cancel them on their own page.",
                days=days,
            ),
            "wait",
        )


def _names() -> tuple[str, ...]:
    return ("farmers_cutoff", "buyers_cutoff", "confirm_by", "pickup")


def _read(form: Form, name: str) -> int:
    clock = form.time(name)
    offset = form.whole(f"{name}_day", minimum=min(OFFSETS), maximum=max(OFFSETS))
    return offset * _MINUTES_A_DAY + clock.hour * 60 + clock.minute


def _page(form: Form, exception_form: Form) -> ResponseReturnValue:
    home_id, at = current_cooperative().id, now()
    with reading() as session:
        rules = market_calendar.rules(session, cooperative_id=home_id)
        exceptions = market_calendar.coming_exceptions(session, cooperative_id=home_id, at=at)
        coming = calendar.wanted_days(session, cooperative_id=home_id, at=at)
        made = select(MarketDay).where(
            MarketDay.cooperative_id == home_id, MarketDay.on.in_(coming)
        )
        day_ids = {one.on: one.id for one in session.scalars(made.order_by(MarketDay.on))}
    chosen = request.args.get("weekday", type=int)
    shown = rules.get(chosen) if chosen is not None else next(iter(rules.values()), None)
    typed = {int(one) for one in form.chosen("weekdays") if one in set("0123456")}
    page = CalendarPage(
        rules=rules,
        fields=_fields(shown),
        weekdays=frozenset(typed or ({chosen} if chosen is not None else ())),
        offsets=[(offset, gettext(name)) for offset, name in OFFSETS.items()],
        kinds=[(kind.value, gettext(name), "") for kind, name in KINDS.items()],
        exceptions=exceptions,
        coming=coming,
        day_ids=day_ids,
    )
    status = max(form.status, exception_form.status)
    return render_template(
        "setup/calendar.html", page=page, form=form, exception_form=exception_form
    ), status


def _fields(rule: CalendarRule | None) -> list[TimeField]:
    start = rule or _USUAL
    rows = (
        ("farmers_cutoff", gettext("Farmers offer until"), start.farmers_cutoff_minute),
        ("buyers_cutoff", gettext("Buyers order until"), start.buyers_cutoff_minute),
        ("confirm_by", gettext("Farmers confirm until"), start.confirm_by_minute),
        ("pickup", gettext("Buyers collect from"), start.pickup_minute),
    )
    return [
        TimeField(name, label, minute // _MINUTES_A_DAY, minute_of_day(minute % _MINUTES_A_DAY))
        for name, label, minute in rows
    ]
