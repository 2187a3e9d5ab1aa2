"""Hubs, and the regular legs between a rural and a city hub."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, BadInput
from app.models import Hub, HubKind, LineHaul
from app.setting_up import own


class SameHub(BadInput):
    """A leg that ends where it begins."""

    code = "setup_same_hub"
    message = N_("Choose another hub than the one that the leg starts from.")


@dataclass(frozen=True)
class HubDraft:
    """What a manager writes down of a hub."""

    name: str
    local_name: str | None
    kind: HubKind


@dataclass(frozen=True)
class LineHaulDraft:
    """A leg; the price is per kg, the departure in minutes of the local day."""

    from_hub_id: int
    to_hub_id: int
    carrier: str
    departs_minute: int
    duration_s: int
    capacity_g: int
    price_minor: int


def create(session: Session, *, cooperative_id: int, draft: HubDraft) -> Hub:
    """Add a hub whose place is not known yet.

    :raises NameTaken: if another hub has the name.
    """
    own.check_name(session, Hub, cooperative_id=cooperative_id, name=draft.name, except_id=None)
    hub = Hub(
        cooperative_id=cooperative_id,
        name=draft.name,
        local_name=draft.local_name,
        kind=draft.kind,
    )
    session.add(hub)
    session.flush()
    return hub


def change(session: Session, *, hub_id: int, cooperative_id: int, draft: HubDraft) -> Hub:
    """Replace what is written of a hub; its place stays.

    :raises NotFound: if the cooperative has no such hub.
    :raises NameTaken: if another hub has the name.
    """
    hub = own.row(session, Hub, hub_id, cooperative_id=cooperative_id)
    own.check_name(session, Hub, cooperative_id=cooperative_id, name=draft.name, except_id=hub_id)
    hub.name, hub.local_name, hub.kind = draft.name, draft.local_name, draft.kind
    session.flush()
    return hub


def remove(session: Session, *, hub_id: int, cooperative_id: int) -> None:
    """Remove a hub that nothing belongs to.

    :raises NotFound: if the cooperative has no such hub.
    :raises StillUsed: if a village, vehicle, point or leg belongs to it.
    """
    own.remove(session, own.row(session, Hub, hub_id, cooperative_id=cooperative_id))


def line_hauls(session: Session, *, cooperative_id: int) -> list[LineHaul]:
    """Return the legs in use by departure, then those that are no longer used."""
    return list(
        session.scalars(
            select(LineHaul)
            .where(LineHaul.cooperative_id == cooperative_id)
            .order_by(LineHaul.retired_at.is_not(None), LineHaul.departs_minute, LineHaul.id)
        )
    )


def create_line_haul(session: Session, *, cooperative_id: int, draft: LineHaulDraft) -> LineHaul:
    """Add a leg.

    :raises SameHub: if it ends where it begins.
    :raises NotFound: if a hub is another cooperative's.
    """
    haul = LineHaul(cooperative_id=cooperative_id)
    _write(session, haul, draft)
    session.add(haul)
    session.flush()
    return haul


def change_line_haul(
    session: Session, *, line_haul_id: int, cooperative_id: int, draft: LineHaulDraft
) -> LineHaul:
    """Replace what is written of a leg; trips that were booked keep their figures.

    :raises NotFound: if the cooperative has no such leg or hub.
    :raises SameHub: if it ends where it begins.
    """
    haul = own.row(session, LineHaul, line_haul_id, cooperative_id=cooperative_id)
    _write(session, haul, draft)
    session.flush()
    return haul


def retire_line_haul(
    session: Session, *, line_haul_id: int, cooperative_id: int, at: datetime
) -> None:
    """Take a leg out of use.

    :raises NotFound: if the cooperative has no such leg.
    """
    haul = own.row(session, LineHaul, line_haul_id, cooperative_id=cooperative_id)
    haul.retired_at = haul.retired_at or at
    session.flush()


def restore_line_haul(session: Session, *, line_haul_id: int, cooperative_id: int) -> None:
    """Take a leg into use again.

    :raises NotFound: if the cooperative has no such leg.
    """
    own.row(session, LineHaul, line_haul_id, cooperative_id=cooperative_id).retired_at = None
    session.flush()


def _write(session: Session, haul: LineHaul, draft: LineHaulDraft) -> None:
    if draft.from_hub_id == draft.to_hub_id:
        raise SameHub(field="to_hub")
    for hub_id in (draft.from_hub_id, draft.to_hub_id):
        own.row(session, Hub, hub_id, cooperative_id=haul.cooperative_id)
    haul.from_hub_id = draft.from_hub_id
    haul.to_hub_id = draft.to_hub_id
    haul.carrier = draft.carrier
    haul.departs_minute = draft.departs_minute
    haul.duration_s = draft.duration_s
    haul.capacity_g = draft.capacity_g
    haul.price_minor = draft.price_minor
