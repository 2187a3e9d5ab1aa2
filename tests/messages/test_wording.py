"""Every kind has words in every language, and the brief ones tell neither money nor codes."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po

from app.messages.kinds import KINDS, TOPICS, Topic
from app.messages.quiet import not_before
from app.messages.segments import fitted, plain, segments
from app.messages.short_links import message_number, short_code
from app.messages.wording import BRIEF, WORDING
from app.pages.message_switches import TOPIC_WORDS
from tests.market import AT
from tests.messages.conftest import TRANSLATIONS

SECRET = re.compile(r"%\((?:\w+_minor|\w+_price|code)\)")


def test_every_kind_has_words_and_a_rule() -> None:
    assert sorted(KINDS) == sorted(WORDING)
    assert set(BRIEF) <= set(WORDING)
    assert set(TOPICS) == set(Topic) == set(TOPIC_WORDS)


def test_what_a_locked_phone_shows_has_no_money_and_no_code() -> None:
    shown = {**WORDING, **BRIEF}
    assert [kind for kind, words in shown.items() if SECRET.search(words)] == []


def test_every_kind_has_words_in_every_language() -> None:
    for path in sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po")):
        with path.open("rb") as file:
            catalogue = read_po(file)
        for words in [*WORDING.values(), *BRIEF.values()]:
            message = catalogue.get(words)
            assert message is not None and message.string, (path, words)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 307, 3),
        ("市" * 70, 1),
        ("市" * 71, 2),
        ("市" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_segments_are_counted_as_they_are_charged(text: str, count: int) -> None:
    assert segments(text) == count


def test_the_link_goes_before_a_second_segment_is_paid() -> None:
    link = "https://farm.example/m/3f"
    assert fitted("Sold.", name="Tan", link=link) == f"Tan: Sold. {link}"
    long = "a" * 150
    assert fitted(long, link=link) == long
    assert fitted("市" * 60, name="覃桂花", link=link) == "覃桂花: " + "市" * 60


def test_a_space_that_nobody_sees_does_not_make_a_text_three_times_as_long() -> None:
    assert segments(plain("at 6:00\u202fPM" + "a" * 120)) == 1


def test_short_codes_lead_back() -> None:
    assert [message_number(short_code(number)) for number in (1, 35, 36, 10**9)] == [
        1,
        35,
        36,
        10**9,
    ]


@pytest.mark.parametrize(
    ("hour", "hours", "until"),
    [
        (12, (21 * 60, 6 * 60), None),
        (13, (21 * 60, 6 * 60), "2026-05-04T22:00"),
        (21, (21 * 60, 6 * 60), "2026-05-04T22:00"),
        (22, (21 * 60, 6 * 60), None),
        (5, (12 * 60, 14 * 60), "2026-05-04T06:00"),
        (7, (12 * 60, 14 * 60), None),
        (13, (0, 0), None),
    ],
)
def test_quiet_hours_end_in_the_cooperatives_morning(
    hour: int, hours: tuple[int, int], until: str | None
) -> None:
    at = AT.replace(hour=hour)
    due = not_before(at, zone="Asia/Shanghai", hours=hours)
    assert due.strftime("%Y-%m-%dT%H:%M") == (until or at.strftime("%Y-%m-%dT%H:%M"))
