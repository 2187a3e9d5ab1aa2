"""Tests of the fonts that a PDF brings along."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fontTools.ttLib import woff2

from app.documents.fonts import FAMILY, font_rules
from app.documents.pdf import pdf_available

ROOT = Path(__file__).parents[2]
PACKAGES = ROOT / "static/node_modules/@fontsource-variable"
LATIN_ONLY = PACKAGES / "noto-sans-devanagari/files/noto-sans-devanagari-latin-wght-normal.woff2"
BARE_MACHINE = (
    '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
    "<fontconfig><dir>{folder}</dir><cachedir>{folder}</cachedir></fontconfig>"
)
WRITES_A_PDF = """
import logging, sys
from pathlib import Path
logging.getLogger("weasyprint").addHandler(logging.StreamHandler(sys.stdout))
from app.documents.pdf import render_pdf
render_pdf("<p>Enshi 恩施 白杨坪镇 魔芋 净重 किसान सहकारी आलू</p>", static=Path(sys.argv[1]))
"""


def signs_without_a_font(static, config):
    """Write a PDF in a process that knows only the fonts of a configuration."""
    done = subprocess.run(
        [sys.executable, "-c", WRITES_A_PDF, str(static)],
        cwd=ROOT,
        env={"FONTCONFIG_FILE": str(config), "PATH": os.defpath, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return [line for line in done.stdout.splitlines() if ".notdef" in line]


@pytest.fixture
def static(tmp_path):
    for package, ranges in {
        "noto-sans-sc": {"[4]": "U+6069,U+65bd-65bf", "latin": "U+0000-00FF"},
        "noto-sans-devanagari": {"devanagari": "U+0900-097F"},
    }.items():
        folder = tmp_path / "node_modules/@fontsource-variable" / package
        folder.mkdir(parents=True)
        (folder / "unicode.json").write_text(json.dumps(ranges))
    return tmp_path


def test_only_the_slices_that_a_page_needs_are_named(static):
    rules = font_rules("<p>恩 Enshi</p>", static=static)
    assert rules.count("@font-face") == 1
    assert "noto-sans-sc-4-wght-normal.woff2" in rules
    assert FAMILY in rules
    both = font_rules("施 किसान", static=static)
    assert both.count("@font-face") == 2
    assert "noto-sans-devanagari-devanagari-wght-normal.woff2" in both


def test_a_page_in_latin_letters_or_without_the_packages_needs_none(static, tmp_path):
    assert font_rules("<p>Enshi: café</p>", static=static) == ""
    assert font_rules("<p>恩施</p>", static=tmp_path / "elsewhere") == ""


def test_a_machine_with_latin_letters_alone_writes_every_sign(tmp_path):
    if not pdf_available():
        pytest.skip("no PDF: Pango is not installed")
    if not LATIN_ONLY.exists():
        pytest.skip("the font packages are not installed; make test installs them")
    with LATIN_ONLY.open("rb") as packed, (tmp_path / "latin.ttf").open("wb") as font:
        woff2.decompress(packed, font)
    config = tmp_path / "fonts.conf"
    config.write_text(BARE_MACHINE.format(folder=tmp_path))
    assert len(signs_without_a_font(tmp_path, config)) > 10
    assert signs_without_a_font(ROOT / "static", config) == []
