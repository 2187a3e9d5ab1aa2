"""Tests of the fonts that a PDF brings along."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.documents.fonts import FAMILY, font_rules
from app.documents.pdf import pdf_available

ROOT = Path(__file__).parents[2]
BARE_MACHINE = (
    '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
    "<fontconfig><dir>/nowhere</dir><cachedir>{cache}</cachedir></fontconfig>"
)
WRITES_A_PDF = """
import logging, sys
from pathlib import Path
logging.getLogger("weasyprint").addHandler(logging.StreamHandler(sys.stdout))
from app.documents.pdf import render_pdf
render_pdf("<p>恩施 白杨坪镇 魔芋 净重 किसान सहकारी आलू</p>", static=Path("static"))
"""


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


def test_a_machine_without_any_font_writes_every_sign(tmp_path):
    if not pdf_available():
        pytest.skip("no PDF: Pango is not installed")
    if not (ROOT / "static/node_modules/@fontsource-variable").is_dir():
        pytest.skip("the font packages are not installed; run make run or make test")
    config = tmp_path / "fonts.conf"
    config.write_text(BARE_MACHINE.format(cache=tmp_path / "cache"))
    done = subprocess.run(
        [sys.executable, "-c", WRITES_A_PDF],
        cwd=ROOT,
        env={"FONTCONFIG_FILE": str(config), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    missing = [line for line in done.stdout.splitlines() if "notdef" in line]
    assert not any("\u4e00" <= sign <= "\u9fff" or "\u0900" <= sign <= "\u097f"
                   for line in missing for sign in line)  # fmt: skip
