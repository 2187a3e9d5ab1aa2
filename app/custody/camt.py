"""Read the end-of-day statement of ISO 20022, camt.053, in its versions 2 to 13.

Banks publish files that break the schema and do not add up, so the schema is not asked:
what a movement needs is taken, and whether the sums hold is told by the statement.
Source: ISO 20022 message definition report, Bank-to-Customer Cash Management.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from babel.numbers import get_currency_precision
from lxml import etree

from app.custody.statement import (
    MOST_BYTES,
    MOST_LINES,
    Line,
    Statement,
    StatementForeignMoney,
    StatementTooBig,
    StatementUnreadable,
    StatementValueWrong,
    numbered,
)
from app.kernel.errors import N_

_NAMESPACE = re.compile(r"urn:(?:iso:std:iso:20022:tech:xsd|swift:xsd):camt\.053\.001\.\d{2}")
_AMOUNT = re.compile(r"\d{1,15}(?:\.\d{0,5})?|\.\d{1,5}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LONGEST_REFERENCE = 140
# An opening balance may be booked, interim, or the former closing; a closing one likewise.
_OPENING = ("OPBD", "PRCD", "ITBD")
_CLOSING = ("CLBD", "ITBD")
_REFERENCES = (
    "Refs/EndToEndId",
    "Refs/InstrId",
    "Refs/PmtInfId",
    "RmtInf/Strd/CdtrRefInf/Ref",
    "RmtInf/Ustrd",
)
_NO_REFERENCE = {"NOTPROVIDED", "NONREF"}


def read_camt(data: bytes) -> list[Statement]:
    """Return the statements of a camt.053 file.

    Only booked entries count. An entry that holds details with amounts of their own
    becomes one line for each, if these sum to the entry; otherwise it stays one line.

    :raises StatementTooBig: beyond 8 MB or 50,000 movements.
    :raises StatementUnreadable: if it is no camt.053, is damaged, or declares entities.
    :raises StatementValueWrong: if an amount, a date or a currency is none.
    :raises StatementForeignMoney: if an entry does not say what it was in the account's money.
    """
    if len(data) > MOST_BYTES:
        raise StatementTooBig(field="file", lines=MOST_LINES)
    root = _parsed(data)
    statements = [_statement(element) for element in root.iterfind("BkToCstmrStmt/Stmt")]
    if not statements:
        raise StatementUnreadable(field="file", what=N_("it holds no statement"), line=1)
    if sum(len(statement.lines) for statement in statements) > MOST_LINES:
        raise StatementTooBig(field="file", lines=MOST_LINES)
    return statements


def _parsed(data: bytes) -> etree._Element:
    """Return the document with plain names; entities, DTDs and the network stay off."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise StatementUnreadable(field="file", what=N_("it is damaged"), line=line) from None
    if getattr(root.getroottree().docinfo, "doctype", ""):
        raise StatementUnreadable(field="file", what=N_("it declares a document type"), line=1)
    namespace = etree.QName(root).namespace or ""
    if not _NAMESPACE.fullmatch(namespace):
        raise StatementUnreadable(field="file", what=N_("it is no camt.053 document"), line=1)
    for element in root.iter(etree.Element):
        name = etree.QName(element)
        if name.namespace == namespace:
            element.tag = name.localname
    return root


def _statement(element: etree._Element) -> Statement:
    currency = _currency(element)
    balances = dict(_balances(element, currency))
    found = [pair for entry in element.iterfind("Ntry") for pair in _entry(entry, currency)]
    identities = numbered([line.identity for line in found])
    lines = tuple(
        replace(line, position=position, identity=identity)
        for position, (identity, line) in enumerate(zip(identities, found, strict=True), 1)
    )
    return Statement(
        number=_text(element, "ElctrncSeqNb") or _text(element, "LglSeqNb") or _text(element, "Id"),
        account=_text(element, "Acct/Id/IBAN") or _text(element, "Acct/Id/Othr/Id"),
        currency=currency,
        from_on=_day(element, "FrToDt/FrDtTm", needed=False),
        to_on=_day(element, "FrToDt/ToDtTm", needed=False),
        opening_minor=next((balances[kind] for kind in _OPENING if kind in balances), None),
        closing_minor=next((balances[kind] for kind in _CLOSING if kind in balances), None),
        lines=lines,
    )


def _currency(element: etree._Element) -> str:
    stated = _text(element, "Acct/Ccy")
    amount = element.find("Bal/Amt")
    if amount is None:
        amount = element.find("Ntry/Amt")
    currency = stated or (amount.get("Ccy", "") if amount is not None else "")
    if not _CURRENCY.fullmatch(currency):
        raise StatementValueWrong(
            field="file", line=_place(element), value=currency[:20], kind=N_("currency")
        )
    return currency


def _balances(element: etree._Element, currency: str) -> Iterator[tuple[str, int]]:
    for balance in element.iterfind("Bal"):
        kind = _text(balance, "Tp/CdOrPrtry/Cd")
        yield kind, _signed(balance, currency)


def _entry(entry: etree._Element, currency: str) -> list[Line]:
    # Version 2 writes the status as text, later ones as a code below it.
    status = _text(entry, "Sts/Cd") or _text(entry, "Sts")
    if status not in ("BOOK", ""):
        return []
    total = _signed(entry, currency)
    booked_on = _day(entry, "BookgDt")
    assert booked_on is not None
    is_reversal = _text(entry, "RvslInd") in ("true", "1")
    identity = _text(entry, "AcctSvcrRef") or _text(entry, "NtryRef")
    details = entry.findall("NtryDtls/TxDtls")
    whole = _line(entry, details, identity, booked_on, total, is_reversal)
    if len(details) < 2:
        return [whole]
    parts = [_detail_amount(detail, currency, total) for detail in details]
    if None in parts or sum(part or 0 for part in parts) != total:
        return [whole]
    return [
        _line(detail, [detail], identity, booked_on, part or 0, is_reversal)
        for detail, part in zip(details, parts, strict=True)
    ]


def _detail_amount(detail: etree._Element, currency: str, total: int) -> int | None:
    """Return a detail's signed amount, or nothing if it states none in the account's money."""
    amount = detail.find("Amt")
    if amount is None:
        amount = detail.find("AmtDtls/TxAmt/Amt")
    if amount is None or amount.get("Ccy", currency) != currency:
        return None
    minor = _minor(amount, currency)
    side = _text(detail, "CdtDbtInd")
    is_credit = side == "CRDT" if side else total > 0
    return minor if is_credit else -minor


def _line(
    element: etree._Element,
    details: list[etree._Element],
    identity: str,
    booked_on: date,
    amount_minor: int,
    is_reversal: bool,
) -> Line:
    references = [text for detail in details for text in _references(detail)]
    references += [_text(element, "AddtlNtryInf")] if element.tag == "Ntry" else []
    first = details[0] if details else element
    # A detail has a reference of its own; the entry's alone would be shared by all.
    own = _text(first, "Refs/AcctSvcrRef") or _text(first, "Refs/TxId")
    other = "Dbtr" if amount_minor > 0 else "Cdtr"
    parties = first.find("RltdPties")
    party = account = ""
    if parties is not None:
        party = _text(parties, f"{other}/Nm") or _text(parties, f"{other}/Pty/Nm")
        account = _text(parties, f"{other}Acct/Id/IBAN") or _text(
            parties, f"{other}Acct/Id/Othr/Id"
        )
    known = "/".join(part for part in (identity, own) if part)
    return Line(
        position=0,
        identity=known or f"{booked_on.isoformat()}/{amount_minor}/{'/'.join(references)[:80]}",
        booked_on=booked_on,
        amount_minor=amount_minor,
        party=party[:_LONGEST_REFERENCE],
        account=account,
        references=tuple(dict.fromkeys(text for text in references if text)),
        is_reversal=is_reversal,
    )


def _references(detail: etree._Element) -> Iterator[str]:
    for path in _REFERENCES:
        for found in detail.iterfind(path):
            text = " ".join((found.text or "").split())[:_LONGEST_REFERENCE]
            if text and text not in _NO_REFERENCE:
                yield text


def _signed(element: etree._Element, currency: str) -> int:
    amount = element.find("Amt")
    if amount is None:
        raise StatementValueWrong(field="file", line=_place(element), value="", kind=N_("amount"))
    if amount.get("Ccy", currency) != currency:
        amount = _in_own_money(element, amount, currency)
    side = _text(element, "CdtDbtInd")
    if side not in ("CRDT", "DBIT"):
        raise StatementValueWrong(
            field="file", line=_place(element), value=side[:20], kind=N_("side")
        )
    minor = _minor(amount, currency)
    return minor if side == "CRDT" else -minor


def _in_own_money(
    element: etree._Element, foreign: etree._Element, currency: str
) -> etree._Element:
    """Return what a foreign amount was in the account's money, where the bank states it."""
    details = [element, *element.iterfind("NtryDtls/TxDtls")]
    # Of several details each states its own part, so none of them is the whole.
    for detail in details if len(details) <= 2 else [element]:
        for kind in ("CntrValAmt", "TxAmt", "InstdAmt"):
            amount = detail.find(f"AmtDtls/{kind}/Amt")
            if amount is not None and amount.get("Ccy") == currency:
                return amount
    raise StatementForeignMoney(
        field="file", line=_place(foreign), money=foreign.get("Ccy", "")[:3], account=currency
    )


def _minor(amount: etree._Element, currency: str) -> int:
    text = (amount.text or "").strip()
    places = get_currency_precision(currency)
    if _AMOUNT.fullmatch(text):
        scaled = Decimal(text).scaleb(places)
        if scaled == scaled.to_integral_value():
            return int(scaled)
    raise StatementValueWrong(field="file", line=_place(amount), value=text[:20], kind=N_("amount"))


def _day(element: etree._Element, path: str, *, needed: bool = True) -> date | None:
    """Return the day of a choice of date and time, as the bank wrote it."""
    text = _text(element, f"{path}/Dt") or _text(element, f"{path}/DtTm") or _text(element, path)
    if not text and not needed:
        return None
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise StatementValueWrong(
            field="file", line=_place(element), value=text[:20], kind=N_("date")
        ) from None


def _text(element: etree._Element, path: str) -> str:
    found = element.find(path)
    return " ".join((found.text or "").split()) if found is not None else ""


def _place(element: etree._Element) -> int:
    """Return the line of the file, as people count them."""
    line = element.sourceline
    return line if isinstance(line, int) else 1
