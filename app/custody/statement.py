"""A bank statement as it was read: balances, lines, and whether they add up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from app.kernel.errors import N_, BadInput

MOST_BYTES = 8_000_000
MOST_LINES = 50_000


class StatementUnreadable(BadInput):
    """The file is no bank statement, or a damaged one."""

    code = "statement_unreadable"
    message = N_("This file is no bank statement that can be read: %(what)s (near line %(line)s).")


class StatementTooBig(BadInput):
    """More than a bank sends for a day or a month."""

    code = "statement_too_big"
    message = N_("This file is too big. Send statements of at most %(lines)s lines.")


class StatementValueWrong(BadInput):
    """A field of the statement holds what cannot be a value of its kind."""

    code = "statement_value_wrong"
    message = N_("Line %(line)s of the file: “%(value)s” is no %(kind)s.")


class StatementForeignMoney(BadInput):
    """An entry in foreign money that does not say what the account was charged."""

    code = "statement_foreign_money"
    message = N_(
        "Line %(line)s of the file has an amount in %(money)s, and the account is in"
        " %(account)s. Ask the bank for a statement in the account's money."
    )


@dataclass(frozen=True)
class Line:
    """One booked movement on the bank account, in minor units; credits are positive.

    :param identity: what the bank calls this movement; the same text when it comes again.
    :param references: every reference it carries, as written: end-to-end id, structured
        creditor reference, free text; the matching looks for ours among them.
    """

    position: int
    identity: str
    booked_on: date
    amount_minor: int
    party: str = ""
    account: str = ""
    references: tuple[str, ...] = ()
    is_reversal: bool = False


@dataclass(frozen=True)
class Statement:
    """One statement of one account; an unknown balance is ``None``."""

    number: str
    account: str
    currency: str
    from_on: date | None
    to_on: date | None
    opening_minor: int | None
    closing_minor: int | None
    lines: tuple[Line, ...]

    @property
    def off_by_minor(self) -> int | None:
        """What the closing balance exceeds opening and lines by; ``None`` if unknown."""
        if self.opening_minor is None or self.closing_minor is None:
            return None
        moved = sum(line.amount_minor for line in self.lines)
        return self.closing_minor - self.opening_minor - moved

    @property
    def balances(self) -> bool:
        """Whether both balances are stated and the lines lead from one to the other."""
        return self.off_by_minor == 0

    @property
    def fingerprint(self) -> str:
        """The same for the same content, whichever file it came in."""
        parts = [self.account, self.number, self.currency, str(self.opening_minor)]
        parts += [str(self.closing_minor), str(self.from_on), str(self.to_on)]
        parts += [f"{line.identity}|{line.booked_on}|{line.amount_minor}" for line in self.lines]
        return sha256("\x1f".join(parts).encode()).hexdigest()


def numbered(identities: list[str]) -> list[str]:
    """Return identities made distinct: the second of two equal ones gets ``#2`` behind it.

    A bank may leave references out; two equal movements of one day are still two.
    """
    seen: dict[str, int] = {}
    distinct = []
    for identity in identities:
        seen[identity] = seen.get(identity, 0) + 1
        distinct.append(identity if seen[identity] == 1 else f"{identity}#{seen[identity]}")
    return distinct
