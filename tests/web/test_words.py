"""Everything that a page says comes through the translations, and says it in the reader's words.

The pages are read in a language without Latin letters: each message keeps its places for
figures and has every letter of its own replaced. What is still Latin was never offered
for translation, or is the foreign name of something that has one in the reader's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import flask_babel
import pytest
from babel.support import NullTranslations

from tests.web.lively_market import LivelyMarket
from tests.web.shown_pages import shown_pages

SHOWN_ATTRIBUTES = {
    "alt",
    "aria-label",
    "content",
    "data-confirm",
    "data-guide",
    "data-words",
    "placeholder",
    "title",
}
SILENT = {"script", "style", "template"}
# Codes are read out letter by letter, whatever the language.
CODES = {"code"}
_CODE = re.compile(r"\b[A-Z0-9]{6}\b")
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
_KEPT = re.compile(r"(%\(\w+\)s|%%|\{\w+\})")
_LATIN = re.compile(r"[A-Za-z]+")
_OTHER = str.maketrans({chr(letter): chr(letter + 0xFEE0) for letter in range(0x21, 0x7F)})


def without_latin(message: str) -> str:
    """Return a message with its letters replaced, but not its places for figures."""
    return "".join(
        part if _KEPT.fullmatch(part) else part.translate(_OTHER) for part in _KEPT.split(message)
    )


class OtherScript(NullTranslations):
    """The translations of a language that has no Latin letters."""

    def gettext(self, message: str) -> str:
        return without_latin(message)

    def ngettext(self, singular: str, plural: str, num: int) -> str:
        return without_latin(singular if num == 1 else plural)

    ugettext = gettext
    ungettext = ngettext


class Words(HTMLParser):
    """What of a page is read or heard, in pieces."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        is_silent = (
            (bool(self._open) and self._open[-1][1])
            or tag in SILENT
            or tag in CODES
            or bool(CODES & set(given.get("class", "").split()))
            # A language is named in itself.
            or (tag != "html" and "lang" in given)
        )
        if not is_silent and not (tag == "meta" and given.get("name") != "description"):
            self.found += [given[name] for name in SHOWN_ATTRIBUTES & set(given)]
        if tag not in VOID:
            self._open.append((tag, is_silent))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not (self._open and self._open[-1][1]):
            self.found.append(" ".join(data.split()))


@pytest.fixture
def in_other_script(
    lively: LivelyMarket, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LivelyMarket]:
    # The numbers and dates of Chinese have no Latin letters either.
    lively.speak("zh")
    monkeypatch.setattr(flask_babel.Domain, "get_translations", lambda self: OtherScript())
    yield lively


def test_no_word_of_any_page_is_left_out_of_the_translations(in_other_script: LivelyMarket) -> None:
    left = {}
    for page in shown_pages(in_other_script):
        client = in_other_script.client(page.kind)
        client.set_cookie("farmgate_language", "zh")
        words = Words()
        words.feed(client.get(page.address).text)
        latin = [piece for piece in words.found if _LATIN.search(_CODE.sub("", piece))]
        if latin:
            left[page.name] = latin
    assert left == {}
