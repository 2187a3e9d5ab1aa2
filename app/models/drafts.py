"""A manager's changes to a plan by hand, and cargo that changes its truck on the way."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, enumerated, foreign, grams, identity


class PlanDraft(Base):
    """What is being changed on one plan.

    ``version`` grows with every change, undo and redo, so that of two managers the later
    one learns that the board is another by now. ``applied`` is the number of the edit
    that holds, 0 for the plan as it was made.
    """

    __tablename__ = "plan_draft"

    plan_id: Mapped[int] = mapped_column(foreign("plan.id"), primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(default=0)
    applied: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]


class EditKind(StrEnum):
    """What a manager, or the solver at a manager's wish, did to a draft."""

    MOVE = "move"
    TAKE_OUT = "take_out"
    PUT_IN = "put_in"
    LOCK = "lock"
    UNLOCK = "unlock"
    MEND = "mend"
    IMPROVE = "improve"
    BREAKDOWN = "breakdown"


class PlanEdit(Base):
    """One change with who made it when, and the board as it was afterwards.

    An edit that was undone and then followed by another change is ``dropped_at``.
    """

    __tablename__ = "plan_edit"

    id: Mapped[identity]
    plan_id: Mapped[int] = mapped_column(foreign("plan.id"), index=True)
    number: Mapped[int]
    kind: Mapped[EditKind] = mapped_column(enumerated(EditKind))
    figures: Mapped[dict[str, Any]]
    board: Mapped[dict[str, Any]]
    person_id: Mapped[int] = mapped_column(foreign("person.id"))
    made_at: Mapped[datetime]
    dropped_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("number > 0", name="number"),)


class CargoTransfer(Base):
    """A lot that went from a broken truck to another one, read off its label."""

    __tablename__ = "cargo_transfer"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    from_run_id: Mapped[int] = mapped_column(foreign("run.id"))
    to_run_id: Mapped[int] = mapped_column(foreign("run.id"), index=True)
    lot_id: Mapped[int] = mapped_column(foreign("lot.id"))
    quantity_g: Mapped[grams]
    code: Mapped[str] = mapped_column(String(80))
    person_id: Mapped[int] = mapped_column(foreign("person.id"))
    at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("from_run_id", "lot_id"),
        CheckConstraint("quantity_g > 0", name="quantity"),
        CheckConstraint("from_run_id <> to_run_id", name="another_truck"),
    )
