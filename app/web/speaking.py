"""Messages in words where no page is asked for: a worker speaks as the pages do."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, g
from flask_babel import Babel, force_locale
from sqlalchemy.orm import Session

from app.models import Cooperative, Message
from app.web.told import brief


class PageSpeaker:
    """Words messages with the catalogues and formats of the pages.

    :param translations: the folder of the catalogues.
    """

    def __init__(self, translations: Path) -> None:
        self._app = Flask("app.web.speaking", static_folder=None)
        self._app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(translations)
        Babel(self._app, default_locale="en")

    def brief(self, session: Session, message: Message, *, language: str) -> str:
        """Return a message in a language, without money and codes."""
        home = session.get_one(Cooperative, message.cooperative_id)
        with self._app.app_context(), force_locale(language):
            # Times are those of the message's cooperative; nobody has signed in here.
            g.cooperative, g.visitor = home, None
            return brief(session, message, home)
