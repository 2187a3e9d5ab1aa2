"""What of the routes belongs to whom: a driver's runs, a lead's village, a worker's hub."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.kernel.errors import N_, NotAllowed, NotFound
from app.models import Hub, MarketDay, Plan, RoleKind, Run, Stop
from app.web.session import current_cooperative, current_person, current_roles


class OtherDriversRun(NotAllowed):
    """A driver opens somebody else's run."""

    code = "other_drivers_run"
    message = N_("This run belongs to another driver. Your own runs are under Runs.")


class OtherVillage(NotAllowed):
    """A village lead opens a stop of another village."""

    code = "other_village"
    message = N_("This stop belongs to another village than yours.")


class OtherHub(NotAllowed):
    """A hub worker opens another hub."""

    code = "other_hub"
    message = N_("This is another hub than yours.")


def own_day(session: Session, market_day_id: int) -> MarketDay:
    """Return a market day of the current cooperative.

    :raises NotFound: if it has no such day.
    """
    day = session.get(MarketDay, market_day_id)
    if day is None or day.cooperative_id != current_cooperative().id:
        raise NotFound
    return day


def own_plan(session: Session, plan_id: int) -> Plan:
    """Return a plan of the current cooperative.

    :raises NotFound: if it has no such plan.
    """
    plan = session.get(Plan, plan_id)
    if plan is None or plan.cooperative_id != current_cooperative().id:
        raise NotFound
    return plan


def own_run(session: Session, run_id: int) -> Run:
    """Return a run that this person may see: the driver's own, or any to a manager.

    :raises NotFound: if the cooperative has no such run.
    :raises OtherDriversRun: if it is another driver's.
    """
    run = own_cooperatives_run(session, run_id)
    plan = session.get_one(Plan, run.plan_id)
    if current_roles(RoleKind.MANAGER):
        return run
    if run.driver_id != current_person().id:
        raise OtherDriversRun
    if plan.published_at is None:
        raise NotFound
    return run


def own_cooperatives_run(session: Session, run_id: int) -> Run:
    """Return a run of the current cooperative, whoever drives it.

    :raises NotFound: if the cooperative has no such run.
    """
    run = session.get(Run, run_id)
    if run is None:
        raise NotFound
    own_plan(session, run.plan_id)
    return run


def own_stop(session: Session, stop_id: int) -> Stop:
    """Return a stop that this person may weigh at: of an own run, or the own village's.

    :raises NotFound: if the cooperative has no such stop.
    :raises OtherVillage: if a village lead does not lead this village.
    :raises OtherDriversRun: if it is on another driver's run.
    """
    stop = session.get(Stop, stop_id)
    if stop is None:
        raise NotFound
    run = session.get_one(Run, stop.run_id)
    own_plan(session, run.plan_id)
    leads = current_roles(RoleKind.VILLAGE_LEAD)
    if any(role.village_id == stop.village_id for role in leads):
        return stop
    if leads and not current_roles(RoleKind.DRIVER, RoleKind.MANAGER):
        raise OtherVillage
    own_run(session, run.id)
    return stop


def own_hub(session: Session, hub_id: int) -> Hub:
    """Return a hub that this person works at; a manager, or a worker of none, has all.

    :raises NotFound: if the cooperative has no such hub.
    :raises OtherHub: if the person works at another one.
    """
    hub = session.get(Hub, hub_id)
    if hub is None or hub.cooperative_id != current_cooperative().id:
        raise NotFound
    if current_roles(RoleKind.MANAGER):
        return hub
    if all(role.hub_id not in (None, hub_id) for role in current_roles(RoleKind.HUB_WORKER)):
        raise OtherHub
    return hub
