"""The guard of the translations sees what it has to see."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tests.tidy import translations

ENGLISH = "%(quantity)s kg short"


def _catalogue(string: str | None, *, fuzzy: bool = False) -> Catalog:
    catalogue = Catalog(locale="zh_Hans_CN", fuzzy=False)
    if string is not None:
        catalogue.add(ENGLISH, string, flags=["fuzzy"] if fuzzy else [])
    return catalogue


@pytest.mark.parametrize(
    ("catalogue", "fault"),
    [
        (_catalogue(None), "missing"),
        (_catalogue(""), "untranslated"),
        (_catalogue("少了 %(quantity)s 公斤", fuzzy=True), "fuzzy"),
        (_catalogue("少了 %(weight)s 公斤"), "unknown named placeholder"),
    ],
)
def test_an_unfinished_message_is_named_with_its_fault(catalogue: Catalog, fault: str) -> None:
    wanted = Catalog()
    wanted.add(ENGLISH)
    found = list(translations.faults(catalogue, wanted))
    assert len(found) == 1
    assert fault in found[0]
    assert ENGLISH in found[0]


def test_a_finished_catalogue_has_no_fault() -> None:
    wanted = Catalog()
    wanted.add(ENGLISH)
    assert list(translations.faults(_catalogue("少了 %(quantity)s 公斤"), wanted)) == []


def test_refusals_are_among_the_messages_to_translate() -> None:
    assert "This cannot be done." in translations.extracted()


def test_an_update_keeps_what_is_translated_and_drops_what_is_gone(tmp_path: Path) -> None:
    before, after = Catalog(), Catalog()
    for message in ("Village", "Lot"):
        before.add(message)
    for message in ("Village", "Route"):
        after.add(message)
    (path,) = translations.catalogue_paths(tmp_path)

    translations.update(tmp_path, before)
    text = path.read_text(encoding="utf-8")
    text = text.replace('msgid "Village"\nmsgstr ""', 'msgid "Village"\nmsgstr "村"')
    path.write_text(text, encoding="utf-8")
    translations.update(tmp_path, after)

    catalogue = translations.load(path)
    assert {message.id: message.string for message in catalogue if message.id} == {
        "Village": "村",
        "Route": "",
    }
    assert translations.check(tmp_path, after) == 1
