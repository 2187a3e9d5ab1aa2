"""The form under each lot: loaded in one tap, short with its weight, absent or refused."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.models import WeighingOutcome
from app.web.forms import Form, NoSuchChoice
from logistics.services.views import LotView, StopView
from logistics.services.weighing import weigh_in

_OUTCOMES = (
    WeighingOutcome.LOADED,
    WeighingOutcome.SHORT,
    WeighingOutcome.ABSENT,
    WeighingOutcome.REFUSED,
)


@dataclass(frozen=True)
class Typed:
    """What was sent for one or all lots of a stop; no gross weight means the planned one."""

    lots: tuple[LotView, ...]
    outcome: WeighingOutcome
    gross_g: int | None
    tare_g: int
    reason: str


def read(form: Form, stop: StopView) -> Typed:
    """Read the form; what is wrong stands in it afterwards."""
    outcome = form.choice("outcome", WeighingOutcome)
    if outcome not in _OUTCOMES:
        form.refuse(NoSuchChoice(field="outcome"))
    lots = _lots(form, stop)
    # A tap on 'loaded' needs no weight; 'short' without one would say nothing.
    needs_weight = outcome is WeighingOutcome.SHORT
    typed_weight = bool(form.typed("weight").strip())
    gross_g = form.quantity_g("weight") if needs_weight or typed_weight else None
    has_tare = bool(form.typed("tare").strip())
    return Typed(
        lots=lots,
        outcome=outcome,
        gross_g=gross_g,
        tare_g=form.quantity_g("tare", minimum_g=0) if has_tare else 0,
        reason=form.text("reason", required=False),
    )


def save(
    session: Session, *, stop: StopView, typed: Typed, person_id: int, key: str, at: datetime
) -> None:
    """Weigh in what was sent; one key of the form gives each lot a key of its own."""
    for lot in typed.lots:
        gross_g = lot.quantity_g + typed.tare_g if typed.gross_g is None else typed.gross_g
        weigh_in(
            session,
            stop_id=stop.stop_id,
            lot_id=lot.lot_id,
            outcome=typed.outcome,
            gross_g=gross_g,
            tare_g=typed.tare_g,
            reason=typed.reason,
            person_id=person_id,
            key=lot_key(person_id, key, lot.lot_id),
            at=at,
        )


def lot_key(person_id: int, key: str, lot_id: int) -> str:
    """Return the key of one lot's weighing within a form that a person sent."""
    return hashlib.sha256(f"{person_id}:{key}:{lot_id}".encode()).hexdigest()


def _lots(form: Form, stop: StopView) -> tuple[LotView, ...]:
    if form.typed("lot") == "all":
        return tuple(lot for lot in stop.lots if lot.weighed_g is None)
    lot_id = form.identifier("lot", [lot.lot_id for lot in stop.lots])
    return tuple(lot for lot in stop.lots if lot.lot_id == lot_id)
