"""Pay a farmer what is owed, and say so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app import messages
from app.ledger.payouts import pay_out
from app.models import AccountKind


def pay_farmer(
    session: Session,
    *,
    cooperative_id: int,
    person_id: int,
    amount_minor: int,
    source: AccountKind,
    key: str,
    at: datetime,
) -> int:
    """Pay a farmer from the bank or in cash, tell the farmer, and return the entry's id.

    :raises AmountNotPositive: if the amount is zero or less.
    :raises OwedLess: if less is owed; nothing is paid then.
    """
    entry_id = pay_out(
        session,
        cooperative_id=cooperative_id,
        person_id=person_id,
        amount_minor=amount_minor,
        source=source,
        key=key,
        at=at,
    )
    messages.tell(
        session,
        person_id=person_id,
        cooperative_id=cooperative_id,
        kind="paid_out",
        event_key=f"entry:{entry_id}",
        figures={"amount_minor": amount_minor},
        at=at,
    )
    return entry_id
