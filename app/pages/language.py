"""Choosing the language of the pages."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.kernel.database import transaction
from app.models import Person
from app.web.forms import Form, NoSuchChoice
from app.web.guards import public
from app.web.locale import keep_language, languages
from app.web.redirects import back_or
from app.web.session import visitor

blueprint = Blueprint("language", __name__)


@blueprint.post("/language")
@public
def choose() -> ResponseReturnValue:
    """Keep a language on the device, and on the person when one is signed in.

    :raises NoSuchChoice: if the cooperative does not speak it.
    """
    code = Form().text("language", maximum=16)
    if code not in languages():
        raise NoSuchChoice
    known = visitor()
    if known is not None:
        with transaction() as session:
            session.get_one(Person, known.person.id).language = code
    response = back_or("/")
    keep_language(response, code)
    return response
