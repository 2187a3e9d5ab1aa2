"""Tests of what is printed: PDF and QR codes."""

import builtins
import sys
from xml.etree import ElementTree

import pytest
from PIL import ImageFile

from app.documents import pdf
from app.documents.qr import TextTooLongForCode, qr_svg


@pytest.fixture
def fresh():
    """Forget whether PDF works here, before and after a test."""
    pdf._weasy.cache_clear()
    yield
    pdf._weasy.cache_clear()


@pytest.fixture
def static(tmp_path):
    (tmp_path / "static").mkdir()
    (tmp_path / "static/page.css").write_text('@import "css/more.css"; @import "css/none.css";')
    (tmp_path / "static/css").mkdir()
    (tmp_path / "static/css/more.css").write_text('p::before { content: "more" }')
    (tmp_path / "secret.css").write_text("p { color: blue }")
    return tmp_path / "static"


def test_a_page_becomes_a_pdf_with_its_own_styles_alone(fresh, static, caplog):
    if not pdf.pdf_available():
        pytest.skip("no PDF: Pango is not installed")
    links = "".join(
        f'<link rel="stylesheet" href="{address}">'
        for address in (
            "/static/page.css",
            "/static/../secret.css",
            "/static/%2e%2e/secret.css",
            f"file://{static.parent}/secret.css",
            "http://127.0.0.1:1/x.css",
            "https://example.org/x.css",
        )
    )
    document = pdf.render_pdf(f"{links}<p>白杨坪 किसान</p>", static=static)
    assert document.startswith(b"%PDF-")
    refused = [line for line in caplog.messages if "Failed to load stylesheet" in line]
    assert len(refused) == 6
    assert sum("none.css" in line for line in refused) == 1
    assert not any("page.css" in line or "more.css" in line for line in refused)


def test_making_a_pdf_leaves_the_reading_of_photos_strict(fresh, static):
    if not pdf.pdf_available():
        pytest.skip("no PDF: Pango is not installed")
    pdf.render_pdf("<p>Run sheet</p>", static=static)
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def test_without_pango_the_page_is_offered_for_printing(fresh, monkeypatch, static):
    real = builtins.__import__

    def without_pango(name, *rest):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *rest)

    for module in [name for name in sys.modules if name == "app.documents.weasy"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(builtins, "__import__", without_pango)
    assert not pdf.pdf_available()
    with pytest.raises(pdf.PdfUnavailable):
        pdf.render_pdf("<p>x</p>", static=static)


def test_a_code_is_an_svg_element_that_says_what_it_is_for():
    code = qr_svg("https://farmgate.example/e/ABC-123", title='Card of <Tan> & "Xiang"')
    tree = ElementTree.fromstring(code)
    assert tree.tag == "{http://www.w3.org/2000/svg}svg"
    assert "viewBox" in tree.attrib
    assert tree.find("{http://www.w3.org/2000/svg}title").text == 'Card of <Tan> & "Xiang"'
    assert code.__html__() == code


def test_far_too_much_text_is_refused():
    with pytest.raises(TextTooLongForCode):
        qr_svg("x" * 1_001, title="long")
