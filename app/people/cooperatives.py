"""Finding cooperatives."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Cooperative


def first(session: Session) -> Cooperative | None:
    """Return the cooperative that was set up first, or None in an empty installation."""
    return session.scalars(select(Cooperative).order_by(Cooperative.id).limit(1)).first()


def every(session: Session) -> Sequence[Cooperative]:
    """Return all cooperatives in the order they were set up."""
    return session.scalars(select(Cooperative).order_by(Cooperative.id)).all()
