from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from app.models import Grade
from app.web.forms import Form
from tests.web.stage import application, cooperative

EVERY_MACRO = """
{% extends "base.html" %}
{% import "macros/forms.html" as forms %}
{% import "macros/components.html" as parts %}
{% block main %}
{{ forms.error_summary(form) }}
<form method="post">{{ forms.hidden(form) }}
{{ forms.field(form, "name", "Name", hint="In full", suffix="kg", width="short") }}
{{ forms.text_area(form, "note", "Note") }}
{{ forms.select(form, "crop", "Crop", [(1, "Cabbage")], empty="Choose") }}
{{ forms.choices(form, "colour", "Colour", [("r", "Red", "")]) }}
{{ forms.grade_picker(form) }}
{{ forms.stepper(form, "quantity", "How much", suffix="kg") }}
{{ forms.tick(form, "agree", "I agree") }}
{{ forms.submit("Save") }}</form>
{{ forms.action("/somewhere", "Cancel", fields={"id": 3}, confirm="Sure?") }}
{% call parts.card("Title", "/x", "Open", "good") %}inside{% endcall %}
{{ parts.empty("Nothing", "yet", "/x", "Start") }}
{{ parts.notice("Saved", "good") }}
{{ parts.figure("12", "lots") }}
{{ parts.progress(2, 0, "Solving") }}
{{ parts.facts([("Weight", "12 kg")]) }}
{{ parts.steps([("Open", "done", ""), ("Closed", "now", "since 17:00"), ("Paid", "next", "")]) }}
{{ parts.more("/x?before=3") }}
{% call parts.data_table("Lots", ["Crop", "kg"], numeric=[1]) %}<tr><td>a</td></tr>{% endcall %}
{{ parts.back("/x") }}
{{ 123456|money }} {{ 250|price_per_kg }} {{ 250|price_per_unit("jin", 500) }}
{{ 12500|quantity }} {{ 12500|quantity("jin", 500) }} {{ 1200|distance }} {{ 5400|duration }}
{% endblock %}
"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    yield application(tmp_path)


def test_every_macro_and_format_renders(app: Flask) -> None:
    cooperative()
    with app.test_request_context("/"):
        form = Form({"name": " ", "quantity": "12,5"})
        form.text("name")
        assert form.quantity_g("quantity") == 12_500
        assert not form.valid
        page = render_template_string(EVERY_MACRO, form=form)
    for expected in ("Fill this in.", 'value="12,5"', "¥1,234.56", "¥2.50 per kg", "25 jin"):
        assert expected in page
    assert "¥1.25 per jin" in page
    assert "1.2 km" in page
    assert "1 h 30 min" in page


def test_each_kind_of_field_reads_and_refuses(app: Flask) -> None:
    with app.test_request_context("/"):
        good = Form({"ask": "3.20", "grade": "II", "on": "2026-05-04", "at": "17:30", "crop": "7"})
        assert good.money_minor("ask", currency="CNY") == 320
        assert good.choice("grade", Grade) is Grade.CLASS_II
        assert good.date("on").isoformat() == "2026-05-04"
        assert good.time("at").isoformat() == "17:30:00"
        assert good.identifier("crop", [7, 8]) == 7
        assert good.whole_or_none("left_out") is None
        assert good.valid
        bad = Form({"ask": "3.205", "grade": "III", "on": "31.5.", "at": "25:00", "crop": "9"})
        bad.money_minor("ask", currency="CNY")
        bad.choice("grade", Grade)
        bad.date("on")
        bad.time("at")
        bad.identifier("crop", [7, 8])
        bad.whole("count")
        assert set(bad.errors) == {"ask", "grade", "on", "at", "crop", "count"}
        assert bad.status == 422
