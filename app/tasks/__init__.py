"""Which function does which kind of job: the one list that Celery's workers serve."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy.orm import Session

from app.jobs.pruning import prune
from app.jobs.registry import Registry
from app.jobs.schedules import ensure_schedule
from app.ledger import closing
from app.market_days import clearing, opening, reminding
from app.media import services as media
from app.media.store import Store
from app.messages import work as messages
from app.messages.channels import Channels
from app.messages.delivering import SEND_JOB
from app.orders import expiring
from logistics.services import improving, lateness, road_maps
from logistics.services import jobs as plan_jobs


def build_registry(store: Store, channels: Channels | None = None) -> Registry:
    """Return every kind of job of the product.

    :param store: where photos lie.
    :param channels: how messages go to phones; without any they stay in the pages' list.
    """
    registry = Registry()
    messages.register(registry, channels or Channels())
    registry.add_effect("jobs.prune", prune)
    registry.add_effect(opening.CALENDAR_JOB, opening.run_calendar)
    registry.add_effect(opening.CLOSE_JOB, opening.run_close)
    registry.add(clearing.CLEAR_JOB, clearing.run_clear)
    registry.add(media.JOB_KIND, media.photo_work(store))
    registry.add(plan_jobs.KIND, plan_jobs.handle_plan)
    registry.add(improving.KIND, improving.handle_improvement)
    registry.add(road_maps.KIND, road_maps.handle_build, limit_s=3600)
    registry.add_effect(closing.CLOSE_JOB, closing.run_close)
    registry.add_effect(expiring.EXPIRE_JOB, expiring.run_expire)
    registry.add_effect(reminding.REMIND_JOB, reminding.run_remind)
    registry.add_effect(lateness.LATE_JOB, lateness.run_tell_late)
    return registry


def ensure_schedules(session: Session, *, at: datetime) -> None:
    """Make the installation's own recurring work exist; a worker does so at its start."""
    ensure_schedule(session, name="calendar", kind=opening.CALENDAR_JOB, at=at, every_s=3600)
    ensure_schedule(session, name="jobs.prune", kind="jobs.prune", at=at, daily_at=time(19, 30))
    for kind, every_s in (
        (closing.CLOSE_JOB, 3600),
        (expiring.EXPIRE_JOB, 3600),
        (reminding.REMIND_JOB, 900),
        (lateness.LATE_JOB, 300),
    ):
        ensure_schedule(session, name=kind, kind=kind, at=at, every_s=every_s)
    # Each delivery asks to be sent by itself; this finds what a lost job would leave behind.
    ensure_schedule(session, name="messages.sweep", kind=SEND_JOB, at=at, every_s=900)
