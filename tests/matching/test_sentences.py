"""Every reason has one sentence, and every figure of the sentence is stored with it."""

import re

from hypothesis import given

from app.matching.engine import clear
from app.matching.reasons import LOT_CODES, ORDER_CODES
from app.matching.sentences import LOT_SENTENCES, NOTHING_SENTENCES, ORDER_SENTENCES, phrases
from tests.matching.markets import Market, markets


def test_every_code_has_a_sentence() -> None:
    assert set(LOT_SENTENCES) == set(LOT_CODES)
    assert set(ORDER_SENTENCES) == set(ORDER_CODES)


@given(market=markets(special=True, whole=True))
def test_every_sentence_finds_its_figures(market: Market) -> None:
    clearing = clear(market.problem())
    for table in (clearing.lots, clearing.orders):
        for row in range(len(table)):
            for phrase in phrases(*table.reason(row)):
                named = set(re.findall(r"%\((\w+)\)s", phrase.message))
                assert named <= phrase.figures.keys(), table.reason(row)
                assert phrase.message % {name: phrase.figures[name] for name in named}
    assert clearing.nothing is None or clearing.nothing in NOTHING_SENTENCES
