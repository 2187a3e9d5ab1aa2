"""What of the messages comes to the phone: switches by topic and channel, and this device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Blueprint, current_app, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading, transaction
from app.kernel.errors import N_
from app.messages import choices, subscriptions
from app.messages.kinds import TOPICS, Topic, topics_for
from app.messages.pushing import PushSettings
from app.messages.quiet import quiet_hours
from app.models import Channel
from app.web.forms import Form
from app.web.guards import signed_in_required
from app.web.idempotency import Answer
from app.web.session import (
    SignInNeeded,
    current_cooperative,
    current_person,
    current_roles,
    now,
    visitor,
)
from app.web.translation import gettext
from app.web.writing import write_once

blueprint = Blueprint("message_switches", __name__, template_folder="templates")

TOPIC_WORDS = {
    Topic.SALES: (N_("My harvest"), N_("sold, not sold, moved to another day")),
    Topic.TRUCK: (N_("The truck"), N_("when it comes, changes, delays")),
    Topic.WEIGHTS: (N_("Weights"), N_("what was accepted of my harvest")),
    Topic.MONEY: (N_("Money"), N_("statements and payments; never the amount")),
    Topic.ORDERS: (N_("My orders"), N_("what I get, what is missing")),
    Topic.PICKUP: (N_("Collecting"), N_("on its way, ready to collect")),
    Topic.DAYS: (N_("Market days"), N_("cancelled or moved")),
    Topic.REMINDERS: (N_("Reminders"), N_("before a cut-off")),
    Topic.DRIVING: (N_("My runs"), N_("new runs and changes")),
    Topic.SECURITY: (N_("Security"), N_("another PIN or device; always on")),
}


@dataclass(frozen=True)
class Switch:
    """One topic with its switches; a channel that is not offered is None."""

    topic: Topic
    name: str
    text: str
    is_fixed: bool
    texts: bool | None
    pushes: bool


@blueprint.get("/account/messages")
@signed_in_required
def show() -> ResponseReturnValue:
    """Show the switches."""
    return _page(Form({}))


@blueprint.post("/account/messages")
@signed_in_required
def change() -> ResponseReturnValue:
    """Keep the switches."""
    form = Form()
    ticked = set(form.chosen("on"))

    def do(session: Session) -> Answer:
        offered, channels = _topics(), _channels()
        choices.choose(
            session,
            person_id=current_person().id,
            topics=offered,
            channels=channels,
            wanted={
                (topic, channel)
                for topic in offered
                for channel in channels
                if f"{topic}-{channel}" in ticked
            },
            at=now(),
        )
        flash(gettext("Saved."), "good")
        return Answer(url_for("message_switches.show"))

    return write_once(form, do) or _page(form)


@blueprint.post("/account/push")
@signed_in_required
def subscribe() -> ResponseReturnValue:
    """Show the person's messages on this device from now on; asked for by its script."""
    form = Form()
    with transaction() as session:
        subscriptions.subscribe(
            session,
            settings=push_settings(),
            person_id=current_person().id,
            session_id=_session_id(),
            endpoint=form.typed("endpoint"),
            p256dh=form.typed("p256dh"),
            auth=form.typed("auth"),
            at=now(),
        )
    return {"subscribed": True}


@blueprint.post("/account/push/removal")
@signed_in_required
def unsubscribe() -> ResponseReturnValue:
    """Show nothing on this device any more."""
    with transaction() as session:
        subscriptions.unsubscribe(
            session, person_id=current_person().id, session_id=_session_id(), at=now()
        )
    return {"subscribed": False}


def push_settings() -> PushSettings:
    """Return how this installation sends notifications."""
    return cast(PushSettings, current_app.extensions["push"])


def push_key() -> str:
    """Return the key that a browser subscribes with; nothing where phones keep no worker."""
    return push_settings().public_key if current_app.config["OFFLINE"] else ""


blueprint.record_once(lambda state: state.app.jinja_env.globals.update(push_key=push_key))


def _topics() -> list[Topic]:
    return topics_for(frozenset(role.kind for role in current_roles()))


def _channels() -> list[Channel]:
    has_texts = current_app.config["SMS"] != "off" and current_person().phone is not None
    return [Channel.SMS, Channel.PUSH] if has_texts else [Channel.PUSH]


def _page(form: Form) -> ResponseReturnValue:
    person, home = current_person(), current_cooperative()
    with reading() as session:
        chosen = choices.choices_of(session, person_ids=[person.id], at=now())
        hours = quiet_hours(session, cooperative_id=home.id)
        is_subscribed = subscriptions.is_subscribed(session, session_id=_session_id(), at=now())
    with_texts = Channel.SMS in _channels()
    switches = [
        Switch(
            topic=topic,
            name=gettext(TOPIC_WORDS[topic][0]),
            text=gettext(TOPIC_WORDS[topic][1]),
            is_fixed=TOPICS[topic].is_fixed,
            texts=chosen.is_on(person.id, topic, Channel.SMS) if with_texts else None,
            pushes=chosen.is_on(person.id, topic, Channel.PUSH),
        )
        for topic in _topics()
    ]
    page = render_template(
        "pages/message_switches.html",
        form=form,
        person=person,
        switches=switches,
        with_texts=with_texts,
        is_subscribed=is_subscribed,
        quiet=hours if hours[0] != hours[1] else None,
    )
    return page, form.status


def _session_id() -> int:
    known = visitor()
    if known is None:
        raise SignInNeeded
    return known.session_id
