"""Old ends are removed, so that the table stays as small as the work in hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.models.jobs import Job, JobState

# Longer than any offline queue keeps a key that it may send again.
KEEP = timedelta(days=90)


def prune(session: Session, *, payload: Mapping[str, Any], at: datetime) -> Mapping[str, object]:
    """Delete what ended well or was cancelled over 90 days ago; failures stay to be seen."""
    result = session.execute(
        delete(Job).where(
            Job.state.in_([JobState.DONE, JobState.CANCELLED]), Job.done_at < at - KEEP
        )
    )
    assert isinstance(result, CursorResult)
    return {"deleted": result.rowcount}
