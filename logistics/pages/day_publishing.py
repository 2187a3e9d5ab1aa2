"""The market day's own transition, which lies above the routes and is handed to them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session


class PublishDay(Protocol):
    """The market day's own transition to planned, which the composition root gives."""

    def __call__(
        self,
        session: Session,
        *,
        market_day_id: int,
        key: str,
        person_id: int | None,
        at: datetime,
    ) -> object:
        """Publish the newest plan of every hub and move the day on, once."""
        ...
