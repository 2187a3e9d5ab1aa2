"""The one family of errors that a person may meet: refusals."""

from __future__ import annotations

from typing import ClassVar


def N_(message: str) -> str:
    """Mark a message for extraction; it is translated where it is shown."""
    return message


class Refusal(Exception):
    """An expected no: the request was understood and cannot be done.

    Subclasses stand beside the code that raises them. ``code`` is stable and is
    what machines read; ``message`` is an English message id with ``%(name)s``
    places for the figures, translated in one place (``app.web.refusals``).

    :param field: the form field the refusal belongs to, if any.
    :param figures: whole numbers and words that the message needs.
    """

    code: ClassVar[str] = "refused"
    message: ClassVar[str] = N_("This cannot be done.")
    status: ClassVar[int] = 409

    def __init__(self, *, field: str | None = None, **figures: int | str) -> None:
        super().__init__(self.code)
        self.field = field
        self.figures = figures


class NotFound(Refusal):
    """The thing asked for does not exist, or not for this person."""

    code = "not_found"
    message = N_("This was not found. It may have been removed, or the link is incomplete.")
    status = 404


class NotAllowed(Refusal):
    """The thing exists, and this person may not see or do it."""

    code = "not_allowed"
    message = N_("Your role does not allow this. Ask your cooperative if you need it.")
    status = 403


class BadInput(Refusal):
    """A value that a person typed cannot be used as it is."""

    code = "bad_input"
    message = N_("This value cannot be used.")
    status = 422
