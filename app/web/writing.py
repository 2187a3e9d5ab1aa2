"""The one way a page's form changes something: checked, once, in one transaction."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response
from sqlalchemy.orm import Session

from app.kernel.database import transaction
from app.kernel.errors import Refusal
from app.web.forms import Form
from app.web.idempotency import Answer, reply_once
from app.web.session import current_person, now


def write_once(form: Form, do: Callable[[Session], Answer]) -> Response | None:
    """Do a form's work once per key and return the answer to send.

    None means that the form is refused: the reasons stand in it, nothing was changed,
    and the view shows it again with ``form.status``. Call it after every field is read.

    :param do: gets the open session and returns where to look next.
    """
    if not form.valid:
        return None
    try:
        with transaction() as session:
            answer = reply_once(
                session,
                person_id=current_person().id,
                key=form.key,
                body=form.body,
                at=now(),
                do=lambda: do(session),
            )
    except Refusal as refusal:
        form.refuse(refusal)
        return None
    return answer.response()
