"""Which function does which kind of job: the one list that Celery's workers serve."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy.orm import Session

from app.jobs.pruning import prune
from app.jobs.registry import Registry
from app.jobs.schedules import ensure_schedule


def build_registry() -> Registry:
    """Return every kind of job of the product."""
    registry = Registry()
    registry.add_effect("jobs.prune", prune)
    return registry


def ensure_schedules(session: Session, *, at: datetime) -> None:
    """Make the installation's own recurring work exist; a worker does so at its start."""
    ensure_schedule(session, name="jobs.prune", kind="jobs.prune", at=at, daily_at=time(19, 30))
