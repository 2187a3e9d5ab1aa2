"""A plan's draft: every change by hand kept as a row, undone and done again in order.

Two managers may change one board at a time; the later one is told what changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.kernel.database import insert_if_new
from app.kernel.errors import N_, Refusal
from app.models import EditKind, Person, Plan, PlanDraft, PlanEdit
from logistics.services.board_state import BoardState, from_json, to_json
from logistics.services.publishing import PlanReplaced


class BoardChanged(Refusal):
    """Somebody else changed the board since this person looked at it."""

    code = "board_changed"
    message = N_("%(name)s changed the board meanwhile. Look at it as it is now, then do it again.")


class NothingToUndo(Refusal):
    """The board is the plan as it was made."""

    code = "nothing_to_undo"
    message = N_("There is nothing to undo.")


class NothingToRedo(Refusal):
    """No change was undone, or another one followed it."""

    code = "nothing_to_redo"
    message = N_("There is nothing to do again.")


@dataclass(frozen=True)
class Change:
    """One change as the board's history shows it."""

    number: int
    kind: EditKind
    figures: Mapping[str, object]
    person: str
    made_at: datetime
    is_undone: bool


@dataclass(frozen=True)
class Draft:
    """How far the changing of a plan is; ``board`` is None for the plan as it was made."""

    plan_id: int
    version: int
    applied: int
    last: int
    board: BoardState | None

    @property
    def can_undo(self) -> bool:
        """Return whether there is a change to take back."""
        return self.applied > 0

    @property
    def can_redo(self) -> bool:
        """Return whether a change that was taken back can be done again."""
        return self.applied < self.last


def read_draft(session: Session, *, plan_id: int) -> Draft:
    """Return the draft of a plan; one that nobody changed yet is at version 0."""
    row = session.get(PlanDraft, plan_id, populate_existing=True)
    if row is None:
        return Draft(plan_id, 0, 0, 0, None)
    last = session.scalar(
        select(func.max(PlanEdit.number)).where(
            PlanEdit.plan_id == plan_id, PlanEdit.dropped_at.is_(None)
        )
    )
    board = session.scalar(
        select(PlanEdit.board).where(
            PlanEdit.plan_id == plan_id,
            PlanEdit.number == row.applied,
            PlanEdit.dropped_at.is_(None),
        )
    )
    return Draft(
        plan_id, row.version, row.applied, last or 0, None if board is None else from_json(board)
    )


def history(session: Session, *, plan_id: int, limit: int = 50) -> list[Change]:
    """Return the latest changes of a plan that hold or can be done again, newest first."""
    draft = read_draft(session, plan_id=plan_id)
    rows = session.execute(
        select(PlanEdit, Person.name)
        .join(Person, Person.id == PlanEdit.person_id)
        .where(PlanEdit.plan_id == plan_id, PlanEdit.dropped_at.is_(None))
        .order_by(PlanEdit.number.desc(), PlanEdit.id)
        .limit(limit)
    )
    return [
        Change(
            edit.number, edit.kind, edit.figures, name, edit.made_at, edit.number > draft.applied
        )
        for edit, name in rows
    ]


def change(
    session: Session,
    *,
    plan_id: int,
    seen: int,
    board: BoardState,
    kind: EditKind,
    figures: Mapping[str, object],
    person_id: int,
    at: datetime,
) -> Draft:
    """Keep a change as the newest one; what was undone before it cannot be done again.

    :param seen: the version that the person looked at.
    :raises BoardChanged: if the board is at another version.
    :raises PlanReplaced: if a newer plan took this one's place.
    """
    draft = _turn(session, plan_id=plan_id, seen=seen, by=1, at=at)
    session.execute(
        update(PlanEdit)
        .where(
            PlanEdit.plan_id == plan_id,
            PlanEdit.number >= draft.applied,
            PlanEdit.dropped_at.is_(None),
        )
        .values(dropped_at=at)
        .execution_options(synchronize_session=False)
    )
    session.add(
        PlanEdit(
            plan_id=plan_id,
            number=draft.applied,
            kind=kind,
            figures=dict(figures),
            board=to_json(board),
            person_id=person_id,
            made_at=at,
        )
    )
    session.flush()
    return read_draft(session, plan_id=plan_id)


def undo(session: Session, *, plan_id: int, seen: int, at: datetime) -> Draft:
    """Take the newest change back.

    :raises NothingToUndo: if the board is the plan as it was made.
    :raises BoardChanged: if the board is at another version.
    :raises PlanReplaced: if a newer plan took this one's place.
    """
    if not read_draft(session, plan_id=plan_id).can_undo:
        raise NothingToUndo
    _turn(session, plan_id=plan_id, seen=seen, by=-1, at=at)
    return read_draft(session, plan_id=plan_id)


def redo(session: Session, *, plan_id: int, seen: int, at: datetime) -> Draft:
    """Do the change again that was taken back last.

    :raises NothingToRedo: if there is none.
    :raises BoardChanged: if the board is at another version.
    :raises PlanReplaced: if a newer plan took this one's place.
    """
    if not read_draft(session, plan_id=plan_id).can_redo:
        raise NothingToRedo
    _turn(session, plan_id=plan_id, seen=seen, by=1, at=at)
    return read_draft(session, plan_id=plan_id)


def start_over(session: Session, *, plan_id: int, at: datetime) -> None:
    """Begin anew after the changes were made to the plan itself; they stay in the history."""
    session.execute(
        update(PlanEdit)
        .where(PlanEdit.plan_id == plan_id, PlanEdit.dropped_at.is_(None))
        .values(dropped_at=at)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(PlanDraft)
        .where(PlanDraft.plan_id == plan_id)
        .values(version=PlanDraft.version + 1, applied=0, changed_at=at)
        .execution_options(synchronize_session=False)
    )


def refuse_changed(session: Session, *, plan_id: int, seen: int) -> None:
    """Refuse to go on from a board that is another by now.

    :raises BoardChanged: if it is.
    """
    if read_draft(session, plan_id=plan_id).version != seen:
        raise BoardChanged(name=_who(session, plan_id))


def _turn(session: Session, *, plan_id: int, seen: int, by: int, at: datetime) -> PlanDraft:
    """Move the draft on by one edit, if it is still at the version that was seen."""
    plan = session.get_one(Plan, plan_id, with_for_update=True, populate_existing=True)
    if plan.replaced_at is not None:
        raise PlanReplaced
    insert_if_new(
        session,
        PlanDraft,
        {"plan_id": plan_id, "version": 0, "applied": 0, "changed_at": at},
    )
    draft = session.get_one(PlanDraft, plan_id, with_for_update=True, populate_existing=True)
    if draft.version != seen:
        raise BoardChanged(name=_who(session, plan_id))
    draft.version += 1
    draft.applied += by
    draft.changed_at = at
    session.flush()
    return draft


def _who(session: Session, plan_id: int) -> str:
    """Return who made the newest change that there is."""
    name = session.scalar(
        select(Person.name)
        .join(PlanEdit, PlanEdit.person_id == Person.id)
        .where(PlanEdit.plan_id == plan_id)
        .order_by(PlanEdit.made_at.desc(), PlanEdit.id.desc())
        .limit(1)
    )
    return name or ""
