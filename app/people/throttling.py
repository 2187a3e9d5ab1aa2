"""Slowing down those who guess: tries are counted in the database, for every process.

A try is counted before it is judged, in a transaction of its own: guesses sent all at
once meet the same count, and neither a refusal nor a crash takes a failure back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.kernel.errors import N_, Refusal
from app.models import SignInAttempt

WINDOW = timedelta(minutes=15)
MEMORY = timedelta(hours=24)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
# From here on waits double up to the longest one, and the figures stay small.
MOST_DOUBLINGS = 6


class TooManyTries(Refusal):
    """Too many tries failed; the next one has to wait."""

    code = "too_many_tries"
    message = N_("Too many tries. Wait %(minutes)s min, or ask your cooperative for a new code.")
    status = 429


@dataclass(frozen=True)
class Subject:
    """Whose tries are counted together, and how many may fail before they have to wait.

    :param name: what was typed as name, or where it was typed.
    :param free: failures without a wait.
    :param forgiving: whether one success makes the earlier failures forgotten.
    """

    name: str
    free: int = 5
    forgiving: bool = True

    @property
    def stored(self) -> str:
        """The name as it is kept: long ones, which nobody has, as a hash."""
        if len(self.name) <= 100:
            return self.name
        return "sha256:" + hashlib.sha256(self.name.encode()).hexdigest()


def claim(session: Session, *, subjects: Sequence[Subject], at: datetime) -> list[int]:
    """Count one try as failed for each subject; return its rows for :func:`succeed`.

    :raises TooManyTries: if one of them has to wait; then nothing is counted.
    """
    for subject in sorted(subjects, key=lambda one: one.stored):
        _line_up(session, subject)
        wait = _wait(session, subject, at)
        if wait > timedelta(0):
            raise TooManyTries(minutes=-(-int(wait.total_seconds()) // 60))
    tries = [SignInAttempt(subject=subject.stored, succeeded=False, at=at) for subject in subjects]
    session.add_all(tries)
    session.flush()
    return [counted.id for counted in tries]


def succeed(session: Session, *, tries: Sequence[int]) -> None:
    """Note that a counted try was right after all."""
    session.execute(update(SignInAttempt).where(SignInAttempt.id.in_(tries)).values(succeeded=True))


def _line_up(session: Session, subject: Subject) -> None:
    # SQLite has one writer anyway; PostgreSQL would let two claims count the same rows.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtext(:subject))"), {"subject": subject.stored}
        )


def _wait(session: Session, subject: Subject, at: datetime) -> timedelta:
    mine = SignInAttempt.subject == subject.stored
    since = at - (MEMORY if subject.forgiving else WINDOW)
    if subject.forgiving:
        last_good = session.scalar(
            select(func.max(SignInAttempt.at)).where(mine, SignInAttempt.succeeded)
        )
        since = max(since, last_good) if last_good else since
    failures, latest = session.execute(
        select(func.count(), func.max(SignInAttempt.at)).where(
            mine, ~SignInAttempt.succeeded, SignInAttempt.at > since
        )
    ).one()
    if failures < subject.free or latest is None:
        return timedelta(0)
    doublings = min(failures - subject.free, MOST_DOUBLINGS)
    until: datetime = latest + min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)
    return until - at
