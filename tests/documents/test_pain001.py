from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.resources import files

import pytest
from lxml import etree

from app.documents.pain001 import (
    NAMESPACE,
    AccountUnusable,
    BankAccount,
    PaymentFile,
    Transfer,
    write_pain001,
)

PAYER = BankAccount("恩施山货合作社", "42050110000000000123", "105100000017")
FILE = PaymentFile(
    message_id="FG-2026-0007",
    made_at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    pay_on=date(2026, 3, 3),
    payer=PAYER,
    currency="CNY",
    transfers=[
        Transfer("FG-7-1", BankAccount("谭伟", "6222020200001"), 123456, "3月2日 黄瓜 & 土豆"),
        Transfer("FG-7-2", BankAccount("Müller", "NL56AGDH9619008421", "AGDHNL2A"), 5, ""),
    ],
)


def _schema() -> etree.XMLSchema:
    path = files("sepaxml").joinpath("schemas/pain.001.001.09.xsd")
    return etree.XMLSchema(etree.fromstring(path.read_bytes()))


def _texts(data: bytes, tag: str) -> list[str | None]:
    return [found.text for found in etree.fromstring(data).iter(f"{{{NAMESPACE}}}{tag}")]


def test_the_file_is_valid_and_names_keep_their_script() -> None:
    data = write_pain001(FILE)
    _schema().assertValid(etree.fromstring(data))
    assert _texts(data, "Nm") == ["恩施山货合作社", "恩施山货合作社", "谭伟", "Müller"]
    assert _texts(data, "Ustrd") == ["3月2日 黄瓜 & 土豆"]
    assert _texts(data, "EndToEndId") == ["FG-7-1", "FG-7-2"]


def test_amounts_and_their_sum_are_exact() -> None:
    data = write_pain001(FILE)
    assert _texts(data, "InstdAmt") == ["1234.56", "0.05"]
    assert _texts(data, "CtrlSum") == ["1234.61", "1234.61"]
    assert _texts(data, "NbOfTxs") == ["2", "2"]


@pytest.mark.parametrize(("currency", "shown"), [("JPY", "123456"), ("KWD", "123.456")])
def test_each_currency_has_its_own_minor_unit(currency: str, shown: str) -> None:
    data = write_pain001(replace(FILE, currency=currency))
    assert _texts(data, "InstdAmt")[0] == shown


def test_the_same_content_gives_the_same_bytes() -> None:
    assert write_pain001(FILE) == write_pain001(replace(FILE))


def test_a_number_with_wrong_check_digits_is_no_iban() -> None:
    assert FILE.transfers[1].payee.is_iban
    assert not BankAccount("Müller", "NL57AGDH9619008421").is_iban


@pytest.mark.parametrize(
    "account",
    [
        BankAccount("谭伟", ""),
        BankAccount("谭伟", "62 22"),
        BankAccount("谭伟", "6" * 35),
        BankAccount("谭伟", "6222", "bank"),
    ],
    ids=["no number", "blank inside", "too long", "unknown bank"],
)
def test_an_account_without_a_usable_form_is_refused_by_name(account: BankAccount) -> None:
    with pytest.raises(AccountUnusable) as refused:
        write_pain001(replace(FILE, transfers=[replace(FILE.transfers[0], payee=account)]))
    assert refused.value.figures == {"name": "谭伟"}


@pytest.mark.parametrize(
    "transfers",
    [
        [],
        [FILE.transfers[0], FILE.transfers[0]],
        [replace(FILE.transfers[0], amount_minor=0)],
        [replace(FILE.transfers[0], end_to_end_id="谭")],
        [replace(FILE.transfers[0], end_to_end_id="x" * 36)],
    ],
    ids=["none", "twice", "nothing", "unsafe sign", "too long"],
)
def test_what_a_bank_could_not_carry_out_is_a_bug(transfers: list[Transfer]) -> None:
    with pytest.raises(ValueError):
        write_pain001(replace(FILE, transfers=transfers))


def test_control_signs_and_long_names_do_not_break_the_file() -> None:
    payee = BankAccount("谭\x07伟 " * 80, "6222")
    data = write_pain001(replace(FILE, transfers=[replace(FILE.transfers[0], payee=payee)]))
    _schema().assertValid(etree.fromstring(data))
