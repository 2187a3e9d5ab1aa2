from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from app.custody.camt import read_camt
from app.custody.statement import StatementForeignMoney, StatementUnreadable, StatementValueWrong
from tests.custody.statements import camt, detail, entry

SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "camt"


@pytest.mark.parametrize("version", [2, 4, 8])
def test_each_version_gives_the_same_statement(version: int) -> None:
    paid_in = detail("50.00", "top-up 4711", name="谭伟", version=version)
    file = camt(
        entry("50.00", details=paid_in, version=version, reference="B1"),
        entry("20.50", "DBIT", version=version, reference="B2"),
        version=version,
        closing="129.50",
    )
    (statement,) = read_camt(file)
    assert statement.balances
    assert (statement.number, statement.account, statement.currency) == ("17", "6222020200", "CNY")
    first, second = statement.lines
    assert (first.amount_minor, first.party, first.references) == (5000, "谭伟", ("top-up 4711",))
    assert first.booked_on == date(2026, 3, 2)
    assert (second.amount_minor, second.identity, second.position) == (-2050, "B2", 2)


def test_an_entry_with_details_that_sum_to_it_becomes_a_line_for_each() -> None:
    details = detail("30.00", "first", own="a") + detail("20.00", "second", own="b")
    (statement,) = read_camt(camt(entry("50.00", details=details, reference="B"), closing="150"))
    assert [line.amount_minor for line in statement.lines] == [3000, 2000]
    assert [line.identity for line in statement.lines] == ["B/a", "B/b"]
    assert statement.balances


def test_details_that_do_not_sum_to_their_entry_leave_it_whole() -> None:
    details = detail("30.00", "first") + detail("10.00", "second")
    (statement,) = read_camt(camt(entry("50.00", details=details), closing="150"))
    (line,) = statement.lines
    assert line.amount_minor == 5000
    assert line.references == ("first", "second")


def test_two_equal_movements_without_a_reference_stay_two() -> None:
    (statement,) = read_camt(camt(entry("5"), entry("5"), closing="110"))
    assert len({line.identity for line in statement.lines}) == 2


def test_a_statement_that_does_not_add_up_says_by_how_much() -> None:
    (statement,) = read_camt(camt(entry("50.00"), closing="149.99"))
    assert not statement.balances
    assert statement.off_by_minor == -1


def test_what_is_not_booked_yet_is_left_out() -> None:
    (statement,) = read_camt(camt(entry("50.00", status="PDNG")))
    assert statement.lines == ()


def test_an_overdrawn_balance_is_negative() -> None:
    (statement,) = read_camt(camt(entry("50.00"), opening="-20.00", closing="30.00"))
    assert (statement.opening_minor, statement.closing_minor) == (-2000, 3000)
    assert statement.balances


def test_the_fingerprint_is_of_the_content_and_not_of_the_file() -> None:
    file = camt(entry("50.00", reference="B"), closing="150")
    spaced = file.replace(b"<Ntry>", b"\n  <Ntry>")
    assert read_camt(file)[0].fingerprint == read_camt(spaced)[0].fingerprint
    other = camt(entry("50.00", reference="C"), closing="150")
    assert read_camt(file)[0].fingerprint != read_camt(other)[0].fingerprint


@pytest.mark.parametrize(
    ("amount", "kind"),
    [
        ("12..34", "amount"),
        ("-5", "amount"),
        ("5.001", "amount"),
        ("1e9", "amount"),
        ("", "amount"),
    ],
)
def test_an_amount_that_is_none_is_named_with_its_line(amount: str, kind: str) -> None:
    with pytest.raises(StatementValueWrong) as refused:
        read_camt(camt(entry(amount)))
    assert refused.value.figures["kind"] == kind
    assert refused.value.figures["value"] == amount


def test_a_foreign_amount_counts_as_what_the_account_was_charged() -> None:
    charged = '<TxDtls><AmtDtls><InstdAmt><Amt Ccy="CNY">39.10</Amt></InstdAmt></AmtDtls></TxDtls>'
    file = camt(entry("5", "DBIT", details=charged)).replace(b'"CNY">5<', b'"EUR">5<')
    assert read_camt(file)[0].lines[0].amount_minor == -3910


def test_a_foreign_amount_without_that_is_refused() -> None:
    with pytest.raises(StatementForeignMoney) as refused:
        read_camt(camt(entry("5")).replace(b'"CNY">5<', b'"EUR">5<'))
    assert refused.value.figures == {"line": 2, "money": "EUR", "account": "CNY"}


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"PK\x03\x04",
        b"<html></html>",
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"/>',
        camt(entry("5"))[:-30],
        camt(),
    ],
    ids=["empty", "zip", "page", "another message", "cut off", "no statement"],
)
def test_what_is_no_statement_is_refused(file: bytes) -> None:
    if file == camt():
        file = file.replace(b"<Stmt>", b"<X>").replace(b"</Stmt>", b"</X>")
    with pytest.raises(StatementUnreadable):
        read_camt(file)


def test_entities_are_never_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("50.00")
    bomb = '<!DOCTYPE d [<!ENTITY a "1111111111"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    outside = f'<!DOCTYPE d [<!ENTITY b SYSTEM "file://{secret}">]>'
    for doctype in (bomb, outside):
        file = camt(entry("&b;")).replace(b"?>\n", b"?>\n" + doctype.encode())
        with pytest.raises(StatementUnreadable):
            read_camt(file)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the published samples are not beside this tree")
@pytest.mark.parametrize(
    ("name", "lines", "balances"),
    [
        ("bankstatementparser-v2.xml", [3], [True]),
        ("genkgo-v2-multi-statement.xml", [1, 1], [True, True]),
        ("viafintech-v2-batch.xml", [3], [False]),
        ("viafintech-v8.xml", [3], [False]),
    ],
)
def test_published_samples_are_read(name: str, lines: list[int], balances: list[bool]) -> None:
    statements = read_camt((SAMPLES / name).read_bytes())
    assert [len(statement.lines) for statement in statements] == lines
    assert [statement.balances for statement in statements] == balances
