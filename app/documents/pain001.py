"""Write a file of payments for a bank: ISO 20022 pain.001.001.09, credit transfers.

Names keep their own script: a bank that needs Latin letters turns them itself, and a
payee whose name was changed on the way may be refused the money.
Source: ISO 20022 message definition report, Payments Initiation; CNAPS numbers as a
clearing member id (scheme CNAPS) beside the BIC.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from babel.numbers import get_currency_precision
from lxml import etree

from app.kernel.errors import N_, BadInput

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{1,30}")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_CNAPS = re.compile(r"\d{12}")
# An identifier may come back from a bank only if it stays within this set and length.
_IDENTIFIER = re.compile(r"[A-Za-z0-9\-]{1,35}")
_NAME_LENGTH = 140
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class AccountUnusable(BadInput):
    """A bank account that no payment file can name."""

    code = "account_unusable"
    message = N_("The bank account of %(name)s cannot be used. Check its number and its bank.")


@dataclass(frozen=True)
class BankAccount:
    """An account: IBAN or another number, and its bank by BIC or CNAPS number, if known."""

    holder: str
    number: str
    bank: str = ""

    @property
    def is_iban(self) -> bool:
        """Whether the number has the form and the check digits of an IBAN."""
        if not _IBAN.fullmatch(self.number):
            return False
        turned = self.number[4:] + self.number[:4]
        return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


@dataclass(frozen=True)
class Transfer:
    """One payment: what the bank shall send back with it, to whom, how much, and why."""

    end_to_end_id: str
    payee: BankAccount
    amount_minor: int
    text: str


@dataclass(frozen=True)
class PaymentFile:
    """All transfers that one account pays on one day."""

    message_id: str
    made_at: datetime
    pay_on: date
    payer: BankAccount
    currency: str
    transfers: Sequence[Transfer]


def write_pain001(file: PaymentFile) -> bytes:
    """Return the payment file as XML; the same content gives the same bytes.

    :raises AccountUnusable: if an account's number or bank has no form that can be written.
    :raises ValueError: without a transfer, on an amount of zero or less, or on an
        identifier that would not come back as it was or stands twice.
    """
    _check(file)
    root = etree.Element("Document", {"xmlns": NAMESPACE})
    initiation = etree.SubElement(root, "CstmrCdtTrfInitn")
    count, total = str(len(file.transfers)), _total(file)
    header = etree.SubElement(initiation, "GrpHdr")
    _put(header, "MsgId", file.message_id)
    _put(header, "CreDtTm", file.made_at.replace(microsecond=0, tzinfo=None).isoformat())
    _put(header, "NbOfTxs", count)
    _put(header, "CtrlSum", total)
    _put(etree.SubElement(header, "InitgPty"), "Nm", _name(file.payer.holder))
    payment = etree.SubElement(initiation, "PmtInf")
    _put(payment, "PmtInfId", file.message_id)
    _put(payment, "PmtMtd", "TRF")
    _put(payment, "NbOfTxs", count)
    _put(payment, "CtrlSum", total)
    _put(etree.SubElement(payment, "ReqdExctnDt"), "Dt", file.pay_on.isoformat())
    _put(etree.SubElement(payment, "Dbtr"), "Nm", _name(file.payer.holder))
    _account(payment, "DbtrAcct", file.payer, file.currency)
    _bank(payment, "DbtrAgt", file.payer)
    for transfer in file.transfers:
        _transfer(payment, transfer, file.currency)
    etree.indent(root)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _check(file: PaymentFile) -> None:
    identifiers = [transfer.end_to_end_id for transfer in file.transfers]
    for identifier in (file.message_id, *identifiers):
        if not _IDENTIFIER.fullmatch(identifier):
            raise ValueError(f"a bank may not give this identifier back: {identifier!r}")
    if not identifiers or len(set(identifiers)) < len(identifiers):
        raise ValueError("a payment file needs transfers, each with an identifier of its own")
    if any(transfer.amount_minor <= 0 for transfer in file.transfers):
        raise ValueError("a transfer pays more than nothing")


def _transfer(payment: etree._Element, transfer: Transfer, currency: str) -> None:
    element = etree.SubElement(payment, "CdtTrfTxInf")
    _put(etree.SubElement(element, "PmtId"), "EndToEndId", transfer.end_to_end_id)
    amount = etree.SubElement(etree.SubElement(element, "Amt"), "InstdAmt", {"Ccy": currency})
    amount.text = _amount(transfer.amount_minor, currency)
    if transfer.payee.bank:
        _bank(element, "CdtrAgt", transfer.payee)
    _put(etree.SubElement(element, "Cdtr"), "Nm", _name(transfer.payee.holder))
    _account(element, "CdtrAcct", transfer.payee, None)
    if transfer.text:
        _put(etree.SubElement(element, "RmtInf"), "Ustrd", _name(transfer.text))


def _account(parent: etree._Element, tag: str, account: BankAccount, currency: str | None) -> None:
    element = etree.SubElement(parent, tag)
    identity = etree.SubElement(element, "Id")
    if account.is_iban:
        _put(identity, "IBAN", account.number)
    elif 1 <= len(account.number) <= 34 and account.number.isascii() and account.number.isalnum():
        _put(etree.SubElement(identity, "Othr"), "Id", account.number)
    else:
        raise AccountUnusable(name=account.holder)
    if currency:
        _put(element, "Ccy", currency)


def _bank(parent: etree._Element, tag: str, account: BankAccount) -> None:
    institution = etree.SubElement(etree.SubElement(parent, tag), "FinInstnId")
    if _CNAPS.fullmatch(account.bank):
        member = etree.SubElement(institution, "ClrSysMmbId")
        _put(etree.SubElement(member, "ClrSysId"), "Prtry", "CNAPS")
        _put(member, "MmbId", account.bank)
    elif _BIC.fullmatch(account.bank):
        _put(institution, "BICFI", account.bank)
    elif not account.bank:
        _put(etree.SubElement(institution, "Othr"), "Id", "NOTPROVIDED")
    else:
        raise AccountUnusable(name=account.holder)


def _total(file: PaymentFile) -> str:
    return _amount(sum(transfer.amount_minor for transfer in file.transfers), file.currency)


def _amount(amount_minor: int, currency: str) -> str:
    return f"{Decimal(amount_minor).scaleb(-get_currency_precision(currency)):f}"


def _name(text: str) -> str:
    return _UNWRITABLE.sub("", " ".join(text.split()))[:_NAME_LENGTH]


def _put(parent: etree._Element, tag: str, text: str) -> None:
    etree.SubElement(parent, tag).text = text
