"""Static files: inlined where one round trip must do, else kept by browsers for good."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request
from markupsafe import Markup

# One rule: a selector list and its braces, not an at-rule around others.
_RULE = re.compile(r"([^{}@]+)\{[^{}]*\}")
ROOT = Path(__file__).parents[2] / "static"


def install(app: Flask) -> None:
    """Give the templates ``inline()`` and put a content stamp on every static address."""
    app.jinja_env.globals["inline"] = inline

    @app.url_defaults
    def stamp(endpoint: str, values: dict[str, object]) -> None:
        if endpoint == "static" and "filename" in values and "v" not in values:
            values["v"] = fingerprint(str(values["filename"]))

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


@lru_cache(maxsize=256)
def fingerprint(name: str) -> str:
    """Return a short stamp of a static file's content."""
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()[:10]


@lru_cache(maxsize=64)
def inline(name: str, without: str = "") -> Markup:
    """Return one of our own style sheets or scripts, tightened, to stand in the page.

    :param without: words; a style rule with one of them in each of its selectors is left
        out, for a page that does not use it and has to be small.
    """
    text = (ROOT / name).read_text(encoding="utf-8")
    if name.endswith(".css"):
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        text = re.sub(r"\s+", " ", text)
        text = re.sub(r" ?([{};:,>]) ?", r"\1", text).replace(";}", "}")
        text = _RULE.sub(lambda rule: _kept(rule, without.split()), text) if without else text
    else:
        lines = (line.strip() for line in text.splitlines())
        text = "\n".join(line for line in lines if line and not line.startswith("//"))
    # Our own files from the repository, never anything that a person sent.
    return Markup(text.strip())


def _kept(rule: re.Match[str], without: list[str]) -> str:
    selectors = rule[1].split(",")
    unused = all(any(word in selector for word in without) for selector in selectors)
    return "" if unused else rule[0]
