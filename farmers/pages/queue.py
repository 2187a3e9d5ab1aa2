"""The endpoint of the phone's outbox: a listing as JSON, its photo apart, each once.

A page that was kept for weeks has no fresh CSRF token, so these two check where the
request comes from instead, and whose row of the outbox it is.
"""

from __future__ import annotations

import json

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.database import reading, transaction
from app.kernel.errors import N_, BadInput, NotFound, Refusal
from app.models import Lot, MarketDay
from app.web.formatting import day as day_words
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer, checked_key, reply_once
from app.web.security import csrf, same_origin_required
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext
from farmers.pages.listing import LISTERS, choices_for, farmer_asked_for
from farmers.pages.offer_form import read_offer
from farmers.pages.photos import keep_photo
from farmers.services import harvests

MOST_PHOTO_BYTES = 16_000_000

blueprint = Blueprint("queue", __name__)
# Instead of a token, each view checks where the request comes from.
csrf.exempt(blueprint)


class NotReadable(BadInput):
    """The body is not the JSON that the outbox sends."""

    code = "not_readable"
    message = N_("The saved listing could not be read. List it again.")


class OtherPerson(Refusal):
    """The row was saved by another person than the one who is signed in now."""

    code = "other_person"
    message = N_("This was saved by another person on this phone. It is sent when they sign in.")
    status = 401


@blueprint.post("/api/lots")
@same_origin_required
@role_required(*LISTERS)
def create() -> ResponseReturnValue:
    """List a harvest out of the outbox; the same key gives the first answer again."""
    fields = _fields()
    form = Form(fields)
    with reading() as session:
        farmer = farmer_asked_for(session, form.whole_or_none("farmer"))
        offered = choices_for(session, farmer)
    offer = read_offer(form, offered, farmer=farmer, currency=current_cooperative().currency)
    key = checked_key(request.headers.get("Idempotency-Key"))

    def do(session: Session) -> Answer:
        lot = harvests.offer(
            session,
            cooperative_id=current_cooperative().id,
            listed_by_id=current_person().id,
            offered=offer,
            key=key,
            at=now(),
        )
        return Answer(body=json.dumps(_answer(session, lot)), status=201)

    if not form.valid:
        return {"errors": form.errors, "error": {"message": _first(form)}}, 422
    try:
        with transaction() as session:
            answer = reply_once(
                session,
                person_id=current_person().id,
                key=key,
                body=fields,
                at=now(),
                do=lambda: do(session),
            )
    except BadInput as refusal:
        form.refuse(refusal)
        return {"errors": form.errors, "error": {"message": _first(form)}}, 422
    return answer.response()


@blueprint.post("/api/lots/<key>/photo")
@same_origin_required
@role_required(*LISTERS)
def attach(key: str) -> ResponseReturnValue:
    """Keep the photo of a lot that this person listed under a key."""
    with transaction() as session:
        lot_id = session.scalar(
            select(Lot.id).where(Lot.listed_by_id == current_person().id, Lot.key == key)
        )
        if lot_id is None:
            raise NotFound
        photo = keep_photo(
            session,
            lot_id=lot_id,
            key=checked_key(request.headers.get("Idempotency-Key")),
            data=request.get_data(cache=False),
        )
        return {"photo": photo.id}, 201


def _fields() -> dict[str, str]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("fields"), dict):
        raise NotReadable
    if body.get("person") != current_person().id:
        raise OtherPerson
    fields = body["fields"]
    if not all(isinstance(value, str) for value in fields.values()):
        raise NotReadable
    return {str(name): value for name, value in fields.items()}


def _answer(session: Session, lot: Lot) -> dict[str, object]:
    day = session.get(MarketDay, lot.market_day_id) if lot.market_day_id else None
    if day is None:
        message = gettext("Saved, but no market day fits these days yet.")
    else:
        message = gettext("It is offered for the market on %(day)s.", day=day_words(day.on))
    return {
        "lot": lot.id,
        "address": url_for("harvests.show", lot_id=lot.id, sent=1),
        "message": message,
    }


def _first(form: Form) -> str:
    return next(iter([*form.general_errors, *form.errors.values()]), "")
