"""What a phone needs without a network: the worker's script and the outbox's words."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache

import flask_babel
from flask import Blueprint, Response, current_app
from flask.typing import ResponseReturnValue

from app.kernel.errors import NotFound
from app.models import Grade
from app.web.assets import ROOT
from app.web.guards import public
from app.web.locale import languages
from app.web.translation import gettext

SCRIPTS = ("farmer", "listing", "outbox", "outbox_list", "photo", "read_aloud", "store")
PAGES = ("/harvests/new", "/harvests", "/my-day", "/help/offline")
# A worker that gives itself up: served when phones shall forget all that they kept.
GIVE_UP = """
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) await caches.delete(name);
  await registration.unregister();
})()));
"""

blueprint = Blueprint("offline", __name__)


@blueprint.get("/sw.js")
@public
def worker() -> ResponseReturnValue:
    """Send the worker's script, or the one that removes it (``FARMGATE_OFFLINE=off``)."""
    text = _script(tuple(languages())) if current_app.config["OFFLINE"] else GIVE_UP
    response = Response(text, mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/outbox/words-<language>.js")
@public
def words(language: str) -> ResponseReturnValue:
    """Send the words of the outbox's list, as a script that a page can import."""
    if language not in languages():
        raise NotFound
    with flask_babel.force_locale(language):
        text = json.dumps(_words(), ensure_ascii=False)
    response = Response(f"export default {text};\n", mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@cache
def _script(spoken: tuple[str, ...]) -> str:
    body = (ROOT / "js" / "service_worker.js").read_text(encoding="utf-8")
    files = [(ROOT / "js" / f"{name}.js").read_bytes() for name in SCRIPTS]
    version = hashlib.sha256(b"".join([body.encode(), *files])).hexdigest()[:12]
    shell = [f"/static/js/{name}.js" for name in SCRIPTS]
    shell += [f"/static/grades/{grade.value}.svg" for grade in Grade]
    shell += [f"/outbox/words-{language}.js" for language in spoken]
    # The worker cannot import modules everywhere, so the outbox stands in its script.
    outbox = "".join(_unwrapped(name) for name in ("store", "outbox"))
    head = f"const flush = (() => {{\n{outbox}return flush;\n}})();\n"
    head += f"const VERSION = {version!r}, SHELL = {shell!r}, PAGES = {list(PAGES)!r};\n"
    return head + body


def _unwrapped(name: str) -> str:
    text = (ROOT / "js" / f"{name}.js").read_text(encoding="utf-8")
    text = re.sub(r"^(import .*|export default .*)\n", "", text, flags=re.M)
    return re.sub(r"^export ", "", text, flags=re.M)


def _words() -> dict[str, str]:
    return {
        "readAloud": gettext("Read it to me"),
        "title": gettext("On this phone"),
        "saved": gettext("Saved"),
        "sent": gettext("Sent"),
        "refused": gettext("Not accepted"),
        "waiting": gettext("It is sent as soon as there is signal."),
        "signIn": gettext("Sign in again, then it is sent."),
        "toSignIn": gettext("Sign in"),
        "photoWaits": gettext("The photo follows."),
        "open": gettext("Look at it"),
        "edit": gettext("Change it"),
        "drop": gettext("Delete it"),
        "sure": gettext("Delete it from this phone?"),
        "send": gettext("Send now"),
        "others": gettext("{count} more were saved by another person. They go when they sign in."),
    }
