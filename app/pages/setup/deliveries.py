"""Messages to phones: how many went, what failed, and what nobody knows the end of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, current_app, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import N_, NotFound
from app.messages import overseeing
from app.messages.overseeing import Delivered
from app.messages.quiet import quiet_hours, set_quiet_hours
from app.messages.reasons import WORDS
from app.models import Channel, DeliveryState, MessageDelivery, RoleKind
from app.web.formatting import minute_of_day
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative, current_person, now
from app.web.told import in_words
from app.web.translation import gettext
from app.web.writing import write_once

blueprint = Blueprint("deliveries", __name__, template_folder="templates")

_PAGE = 30
STATES = {
    DeliveryState.WAITING: (N_("waiting"), "wait"),
    DeliveryState.SENDING: (N_("being sent"), "wait"),
    DeliveryState.SENT: (N_("sent"), "good"),
    DeliveryState.FAILED: (N_("failed"), "bad"),
    DeliveryState.UNKNOWN: (N_("unknown"), "bad"),
}
CHANNELS = {Channel.SMS: N_("Text message"), Channel.PUSH: N_("Notification")}


@dataclass(frozen=True)
class Row:
    """One delivery in words."""

    delivery: MessageDelivery
    name: str
    text: str
    channel: str
    state: str
    tone: str
    reason: str


@dataclass(frozen=True)
class Filter:
    """One state to look at, with how many deliveries are in it."""

    label: str
    address: str
    is_here: bool


@blueprint.get("/set-up/messages")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """List what went to phones; what needs a decision is named on top."""
    return _page(Form({}))


@blueprint.post("/set-up/messages/<int:delivery_id>/sending")
@role_required(RoleKind.MANAGER)
def send_again(delivery_id: int) -> ResponseReturnValue:
    """Send a message once more whose end is bad or unknown."""
    return _decide(delivery_id, overseeing.send_again, gettext("It is sent once more."))


@blueprint.post("/set-up/messages/<int:delivery_id>/arrival")
@role_required(RoleKind.MANAGER)
def call_arrived(delivery_id: int) -> ResponseReturnValue:
    """Note that a message arrived."""
    return _decide(delivery_id, overseeing.call_arrived, gettext("Noted: it arrived."))


@blueprint.post("/set-up/messages/quiet-hours")
@role_required(RoleKind.MANAGER)
def quiet() -> ResponseReturnValue:
    """Keep the hours in which phones are left in peace."""
    form = Form()
    first, last = form.time("quiet_from"), form.time("quiet_until")

    def do(session: Session) -> Answer:
        set_quiet_hours(
            session,
            cooperative_id=current_cooperative().id,
            from_minute=first.hour * 60 + first.minute,
            until_minute=last.hour * 60 + last.minute,
        )
        flash(gettext("Saved."), "good")
        return Answer(url_for("deliveries.index"))

    return write_once(form, do) or _page(form)


@blueprint.get("/set-up/written-texts")
@role_required(RoleKind.MANAGER)
def written() -> ResponseReturnValue:
    """Show the text messages that the local adapter wrote down.

    :raises NotFound: wherever text messages really go, or are off.
    """
    if current_app.config["SMS"] != "local":
        raise NotFound
    with reading() as session:
        found = overseeing.written_texts(
            session,
            cooperative_id=current_cooperative().id,
            before_id=request.args.get("before", type=int),
            limit=_PAGE + 1,
        )
    more = url_for("deliveries.written", before=found[_PAGE - 1][0].id) if found[_PAGE:] else ""
    return render_template("setup/written_texts.html", texts=found[:_PAGE], more_address=more)


def _decide(delivery_id: int, decide: Callable[..., None], said: str) -> ResponseReturnValue:
    form = Form()

    def do(session: Session) -> Answer:
        decide(
            session,
            delivery_id=delivery_id,
            cooperative_id=current_cooperative().id,
            person_id=current_person().id,
            at=now(),
        )
        flash(said, "good")
        return Answer(url_for("deliveries.index"))

    with reading() as session:
        delivery = session.get(MessageDelivery, delivery_id)
        if delivery is None or delivery.cooperative_id != current_cooperative().id:
            raise NotFound
    return write_once(form, do) or _page(form)


def _page(form: Form) -> ResponseReturnValue:
    home_id = current_cooperative().id
    wanted = request.args.get("state", "")
    state = DeliveryState(wanted) if wanted in set(DeliveryState) else None
    with reading() as session:
        counts = overseeing.counts(session, cooperative_id=home_id)
        found = overseeing.latest(
            session,
            cooperative_id=home_id,
            state=state,
            before_id=request.args.get("before", type=int),
            limit=_PAGE + 1,
        )
        rows = _rows(session, found[:_PAGE])
        hours = quiet_hours(session, cooperative_id=home_id)
    more = ""
    if len(found) > _PAGE:
        last_id = found[_PAGE - 1].delivery.id
        more = url_for("deliveries.index", state=state, before=last_id)
    page = render_template(
        "setup/deliveries.html",
        form=form,
        rows=rows,
        filters=_filters(counts, state),
        unknown=0 if state else counts.get(DeliveryState.UNKNOWN, 0),
        quiet=[minute_of_day(minute) for minute in hours],
        more_address=more,
        writes=current_app.config["SMS"] == "local",
        has_texts=current_app.config["SMS"] != "off",
    )
    return page, form.status


def _filters(counts: dict[DeliveryState, int], here: DeliveryState | None) -> list[Filter]:
    everything = Filter(gettext("All"), url_for("deliveries.index"), here is None)
    return [everything] + [
        Filter(
            gettext("%(name)s: %(count)s", name=gettext(word), count=counts[state]),
            url_for("deliveries.index", state=state.value),
            here is state,
        )
        for state, (word, _) in STATES.items()
        if state in counts
    ]


def _rows(session: Session, found: list[Delivered]) -> list[Row]:
    told = in_words(session, [one.message for one in found])
    return [
        Row(
            delivery=one.delivery,
            name=one.person.name,
            text=words.text,
            channel=gettext(CHANNELS[one.delivery.channel]),
            state=gettext(STATES[one.delivery.state][0]),
            tone=STATES[one.delivery.state][1],
            reason=gettext(WORDS[one.delivery.reason]) if one.delivery.reason in WORDS else "",
        )
        for one, words in zip(found, told, strict=True)
    ]
