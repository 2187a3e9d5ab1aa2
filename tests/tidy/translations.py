"""Compare the translation catalogues with the code, or bring them up to date.

``python -m tests.tidy.translations check`` fails on every message that a catalogue
lacks, still calls fuzzy, leaves untranslated, or gives other places for figures than
the English text has. ``update`` writes the messages of the code into each catalogue.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po, write_po

from tests.tidy.source import PRODUCT, ROOT

CATALOGUES = ROOT / "app" / "translations"
# A first version without these would be unreadable for its first cooperatives.
REQUIRED = ("zh",)
LINE_WIDTH = 100
MOST_SHOWN = 50


def extracted() -> Catalog:
    """Return the messages that the code and the templates ask for."""
    # Places in the code are noted relative to the root.
    with contextlib.chdir(ROOT), tempfile.TemporaryDirectory() as directory:
        template = Path(directory) / "messages.pot"
        CommandLineInterface().run(
            [
                "pybabel",
                "--quiet",
                "extract",
                "--mapping-file=pyproject.toml",
                "--keywords=lazy_gettext lazy_ngettext:1,2",
                "--add-comments=Translators:",
                f"--output-file={template}",
                *PRODUCT,
            ]
        )
        with template.open("rb") as file:
            return read_po(file)


def catalogue_paths(directory: Path) -> list[Path]:
    """Return the catalogues that have to be complete, whether they exist or not."""
    present = {path.parents[1].name for path in directory.glob("*/LC_MESSAGES/messages.po")}
    locales = sorted(present | set(REQUIRED))
    return [directory / locale / "LC_MESSAGES" / "messages.po" for locale in locales]


def load(path: Path) -> Catalog:
    """Return a catalogue; one that does not exist yet is empty."""
    locale = path.parents[1].name
    if not path.exists():
        return Catalog(
            locale=locale,
            domain="messages",
            project="farmgate",
            last_translator="Farmgate contributors",
            language_team=locale,
            msgid_bugs_address="",
            header_comment="# The words of Farmgate in this language.",
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file, locale=locale, domain="messages")


def faults(catalogue: Catalog, wanted: Catalog) -> Iterator[str]:
    """Yield a line for each message that a reader of this language would not get."""
    for message in wanted:
        if not message.id:
            continue
        found = catalogue.get(message.id, context=message.context)
        strings = [] if found is None else _strings(found.string)
        if found is None:
            yield f"missing: {message.id!r}"
        elif found.fuzzy:
            yield f"fuzzy: {message.id!r}"
        elif not strings or not all(strings):
            yield f"untranslated: {message.id!r}"
        else:
            yield from (f"{error}: {message.id!r}" for error in found.check(catalogue))


def _strings(string: str | list[str] | tuple[str, ...] | None) -> list[str]:
    return [string] if isinstance(string, str) else list(string or ())


def check(directory: Path, wanted: Catalog) -> int:
    """Print what is wrong with each catalogue; return the number of faults."""
    paths = catalogue_paths(directory)
    complaints = [
        f"{path.parents[1].name}: {fault}" for path in paths for fault in faults(load(path), wanted)
    ]
    for complaint in complaints[:MOST_SHOWN]:
        print(complaint)
    if len(complaints) > MOST_SHOWN:
        print(f"... and {len(complaints) - MOST_SHOWN} more")
    print(f"Translations: {len(wanted)} messages, {len(paths)} languages,", end=" ")
    print(f"{len(complaints)} faults.")
    return len(complaints)


def update(directory: Path, wanted: Catalog) -> None:
    """Write the messages of the code into each catalogue; guesses are never made."""
    for path in catalogue_paths(directory):
        catalogue = load(path)
        catalogue.update(wanted, no_fuzzy_matching=True, update_creation_date=False)
        # A message the code no longer has is of no use to anyone but its history.
        catalogue.obsolete.clear()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=LINE_WIDTH, sort_output=True, include_lineno=False)
        left = len(list(faults(catalogue, wanted)))
        print(f"{path.parents[1].name}: {left} of {len(wanted)} messages to translate")


if __name__ == "__main__":
    if sys.argv[1:] == ["update"]:
        update(CATALOGUES, extracted())
    else:
        sys.exit(min(1, check(CATALOGUES, extracted())))
