"""Who drives a run: the vehicle's own driver, or whoever the manager puts in instead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, NotFound, Refusal
from app.models import Person, Plan, Role, RoleKind, Run
from logistics.services.publishing import PlanReplaced
from logistics.services.telling import tell_driver


class RunOver(Refusal):
    """The run has ended."""

    code = "run_over"
    message = N_("This run is over; its driver stays as it was.")


def drivers(session: Session, *, cooperative_id: int) -> Sequence[Person]:
    """Return the people who may drive for a cooperative, by name."""
    return session.scalars(
        select(Person)
        .join(Role, Role.person_id == Person.id)
        .where(
            Role.cooperative_id == cooperative_id,
            Role.kind == RoleKind.DRIVER,
            Role.ended_at.is_(None),
        )
        .order_by(Person.name, Person.id)
    ).all()


def assign(session: Session, *, run_id: int, driver_id: int, at: datetime) -> Run:
    """Put a driver on a run; of a published run the driver is told.

    :raises NotFound: if there is no such run, or the person does not drive here.
    :raises PlanReplaced: if a newer plan replaced the run's.
    :raises RunOver: if the run has ended.
    """
    run = session.get(Run, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise NotFound
    plan = session.get_one(Plan, run.plan_id)
    if driver_id not in {p.id for p in drivers(session, cooperative_id=plan.cooperative_id)}:
        raise NotFound(field="driver")
    if plan.replaced_at is not None:
        raise PlanReplaced
    if run.finished_at is not None:
        raise RunOver
    run.driver_id = driver_id
    session.flush()
    if plan.published_at is not None:
        tell_driver(session, run=run, at=at)
    return run
