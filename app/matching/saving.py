"""Storing a clearing with its certificate, its reasons and its prices; checking it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, NotFound, Refusal
from app.matching.bulk import rows_of, write
from app.matching.certificate import Verdict, check
from app.matching.engine import Clearing
from app.matching.evidence import AllocationTable
from app.matching.quotes import paid_quotes
from app.matching.reasons import LotReasons, OrderReasons
from app.matching.record import input_hash
from app.models import (
    Allocation,
    ClearingRun,
    Grade,
    LineOutcome,
    LotOutcome,
    MarketDay,
    VillagePrice,
)


class CertificateBroken(Refusal):
    """What is stored of a run does not prove its outcome."""

    code = "matching_certificate_broken"
    message = N_("The stored proof of this matching does not hold: %(fault)s.")


@dataclass(frozen=True)
class Saved:
    """A stored run.

    :param allocations: what it gave, for the market day to apply.
    :param is_new: False if the same input had been cleared and stored before.
    """

    run_id: int
    attempt: int
    allocations: AllocationTable
    is_new: bool


def save(
    session: Session, *, market_day_id: int, crop_id: int, clearing: Clearing, at: datetime
) -> Saved:
    """Store a clearing as the next attempt of its market day and crop.

    Storing the same input again, as a repeated job does, changes nothing. Stock and
    holds are left to the market day.

    :raises NotFound: if there is no such market day.
    """
    day = session.get(MarketDay, market_day_id)
    if day is None:
        raise NotFound
    digest = input_hash(clearing.problem)
    last = session.execute(
        select(ClearingRun.id, ClearingRun.attempt, ClearingRun.input_hash, ClearingRun.undone_at)
        .where(ClearingRun.market_day_id == market_day_id, ClearingRun.crop_id == crop_id)
        .order_by(ClearingRun.attempt.desc())
        .limit(1)
    ).one_or_none()
    if last is not None and last.input_hash == digest and last.undone_at is None:
        return Saved(last.id, last.attempt, clearing.allocations, is_new=False)
    attempt = 1 if last is None else last.attempt + 1
    run_id = session.scalar(
        insert(ClearingRun).returning(ClearingRun.id),
        {
            "cooperative_id": day.cooperative_id,
            "market_day_id": market_day_id,
            "crop_id": crop_id,
            "attempt": attempt,
            "input_hash": digest,
            "value_scaled": str(clearing.verdict.value),
            "bound_scaled": str(clearing.verdict.relaxed_bound),
            "certificate": clearing.record(),
            "solved_at": at,
        },
    )
    if run_id is None:
        raise RuntimeError("the database gave no number to a new row")
    _save_reasons(session, run_id, clearing)
    _save_prices(session, run_id, crop_id, clearing)
    return Saved(run_id, attempt, clearing.allocations, is_new=True)


def store_allocations(
    session: Session, *, run_id: int, allocations: AllocationTable, at: datetime
) -> None:
    """Append a run's allocations in bulk; stock, holds and lines are left to the caller.

    :raises NotFound: if there is no such run.
    """
    run = session.get(ClearingRun, run_id)
    if run is None:
        raise NotFound
    same = run.cooperative_id, run.market_day_id, run.id
    made_at = at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    if session.get_bind().dialect.name != "sqlite":
        made_at += "+00"
    given = allocations
    names = (
        *("cooperative_id", "market_day_id", "clearing_run_id", "lot_id", "order_line_id"),
        *("quantity_g", "buyer_price_minor", "farmer_price_minor", "freight_minor", "fee_minor"),
        "made_at",
    )
    columns = (
        *(given.lot_id, given.order_id, given.quantity_g, given.buyer_minor),
        *(given.farmer_minor, given.freight_minor, given.fee_minor),
    )
    rows = rows_of(columns)
    write(session, Allocation, names, ((*same, *row, made_at) for row in rows))


def recheck(session: Session, *, run_id: int) -> Verdict:
    """Check a stored run from its record alone.

    :raises NotFound: if there is no such run.
    :raises CertificateBroken: if the record proves nothing, or something else than the
        run's own columns say.
    """
    run = session.get(ClearingRun, run_id)
    if run is None:
        raise NotFound
    verdict = check(run.certificate)
    faults = list(verdict.faults)
    if run.certificate["input_hash"] != run.input_hash:
        faults.append("the run has another input")
    if (run.value_scaled, run.bound_scaled) != (str(verdict.value), str(verdict.relaxed_bound)):
        faults.append("the run has another value")
    if faults:
        raise CertificateBroken(fault=faults[0])
    return verdict


def _save_reasons(session: Session, run_id: int, clearing: Clearing) -> None:
    columns = ["clearing_run_id", "lot_id", "sold_g", "code", "figures"]
    write(session, LotOutcome, columns, _rows(run_id, clearing.lots))
    columns = ["clearing_run_id", "order_line_id", "filled_g", "code", "figures"]
    write(session, LineOutcome, columns, _rows(run_id, clearing.orders))


def _rows(run_id: int, reasons: LotReasons | OrderReasons) -> Iterator[tuple[int | str, ...]]:
    """Yield run, id, grams, code and figures as JSON of each lot or order."""
    table = reasons.columns()
    names = [name for name in table if name not in ("id", "code")]
    labels = [f'"{name}": ' for name in names]
    columns = [table["id"], table["code"], table["given_g"], *(table[name] for name in names)]
    for row_id, code, given_g, *figures in rows_of(columns):
        parts = [
            f"{label}{figure}"
            for label, figure in zip(labels, figures, strict=True)
            if figure != -1
        ]
        yield run_id, row_id, given_g, reasons.CODES[code], "{" + ", ".join(parts) + "}"


def _save_prices(session: Session, run_id: int, crop_id: int, clearing: Clearing) -> None:
    """Store the price of every village and grade in which something was traded."""
    grades = [grade.value for grade in Grade]
    if clearing.problem.rules.pricing == "pay_as_ask":
        traded = paid_quotes(clearing.problem.lots, clearing.allocations)
    else:
        quotes = clearing.villages
        traded = quotes.take((quotes.traded_g > 0) & (quotes.price_minor >= 0))
    rows = rows_of(list(traded.columns().values()))
    write(
        session,
        VillagePrice,
        ["clearing_run_id", "crop_id", "village_id", "grade", "price_on", "price_minor", "sold_g"],
        (
            (run_id, crop_id, place, grades[grade], date.fromordinal(day).isoformat(), price, sold)
            for place, grade, day, price, _, _, sold in rows
        ),
    )
