"""Villages with their gathering points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, Refusal
from app.models import Hub, Lot, MarketDay, MarketDayState, Village
from app.setting_up import own

_ENDED = (MarketDayState.SETTLED, MarketDayState.CANCELLED)


class VillageBusy(Refusal):
    """Harvests of the village are on a market day that has not ended."""

    code = "setup_village_busy"
    message = N_(
        "Harvests of this village are on a market day that has not ended."
        " Wait until it is settled, or leave the village out of that day."
    )


@dataclass(frozen=True)
class VillageDraft:
    """What a manager writes down of a village; minutes are of the local day."""

    name: str
    local_name: str | None = None
    admin: str | None = None
    gathering_point: str | None = None
    opens_minute: int = 360
    closes_minute: int = 1080
    hub_id: int | None = None


def create(session: Session, *, cooperative_id: int, draft: VillageDraft) -> Village:
    """Add a village whose place is not known yet.

    :raises NameTaken: if the cooperative has this village.
    :raises HoursReversed: if it closes before it opens.
    :raises NotFound: if the hub is another cooperative's.
    """
    village = Village(cooperative_id=cooperative_id)
    _write(session, village, draft)
    session.add(village)
    session.flush()
    return village


def change(
    session: Session, *, village_id: int, cooperative_id: int, draft: VillageDraft
) -> Village:
    """Replace what is written of a village; its place stays.

    :raises NotFound: if the cooperative has no such village or hub.
    :raises NameTaken: if another village has this name in this district.
    """
    village = own.row(session, Village, village_id, cooperative_id=cooperative_id)
    _write(session, village, draft)
    session.flush()
    return village


def retire(session: Session, *, village_id: int, cooperative_id: int, at: datetime) -> None:
    """Take a village out of use; its past stays.

    :raises NotFound: if the cooperative has no such village.
    :raises VillageBusy: if its harvests are on a market day that has not ended.
    """
    village = own.row(session, Village, village_id, cooperative_id=cooperative_id)
    busy = (
        select(Lot.id)
        .join(MarketDay, MarketDay.id == Lot.market_day_id)
        .where(
            Lot.village_id == village_id,
            Lot.withdrawn_at.is_(None),
            MarketDay.state.not_in(_ENDED),
        )
    )
    if session.scalar(busy.limit(1)) is not None:
        raise VillageBusy
    village.retired_at = village.retired_at or at
    session.flush()


def restore(session: Session, *, village_id: int, cooperative_id: int) -> None:
    """Take a village into use again.

    :raises NotFound: if the cooperative has no such village.
    """
    own.row(session, Village, village_id, cooperative_id=cooperative_id).retired_at = None
    session.flush()


def _write(session: Session, village: Village, draft: VillageDraft) -> None:
    own.check_hours(draft.opens_minute, draft.closes_minute, field="closes")
    if draft.hub_id is not None:
        own.row(session, Hub, draft.hub_id, cooperative_id=village.cooperative_id)
    same = select(Village.id).where(
        Village.cooperative_id == village.cooperative_id,
        Village.name == draft.name,
        # NULL is like no other NULL, also to the table's own constraint.
        Village.admin.is_not_distinct_from(draft.admin),
    )
    if village.id is not None:
        same = same.where(Village.id != village.id)
    if session.scalar(same.limit(1)) is not None:
        raise own.NameTaken(field="name", name=draft.name)
    village.name = draft.name
    village.local_name = draft.local_name
    village.admin = draft.admin
    village.gathering_point = draft.gathering_point
    village.opens_minute = draft.opens_minute
    village.closes_minute = draft.closes_minute
    village.hub_id = draft.hub_id
