"""The browsers that show a person's messages, each bound to its signed-in device."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from app.kernel.errors import N_, BadInput
from app.messages.pushing import PushSettings
from app.models import DeviceSession, PushSubscription

MOST_DEVICES = 10
_POINT_BYTES, _SECRET_BYTES = 65, 16


class NotASubscription(BadInput):
    """What a browser sent is no subscription of a push service that is known here."""

    code = "not_a_subscription"
    message = N_("This browser's notifications cannot be used here.")


def subscribe(
    session: Session,
    *,
    settings: PushSettings,
    person_id: int,
    session_id: int,
    endpoint: str,
    p256dh: str,
    auth: str,
    at: datetime,
) -> PushSubscription:
    """Show a person's messages on this device; again brings the keys up to date.

    :raises NotASubscription: if the address is no push service's, or a key is broken.
    """
    is_sound = (
        len(endpoint) <= 1000
        and settings.is_allowed(endpoint)
        and _length(p256dh) == _POINT_BYTES
        and _length(auth) == _SECRET_BYTES
    )
    if not is_sound:
        raise NotASubscription
    found = session.scalars(
        select(PushSubscription).where(
            PushSubscription.person_id == person_id, PushSubscription.endpoint == endpoint
        )
    ).one_or_none()
    if found is None:
        found = PushSubscription(person_id=person_id, endpoint=endpoint, created_at=at)
        session.add(found)
    found.session_id, found.p256dh, found.auth = session_id, p256dh, auth
    found.dropped_at = None
    session.flush()
    _drop_oldest(session, person_id, at)
    return found


def unsubscribe(session: Session, *, person_id: int, session_id: int, at: datetime) -> None:
    """Show nothing on this device any more."""
    session.execute(
        update(PushSubscription)
        .where(
            PushSubscription.person_id == person_id,
            PushSubscription.session_id == session_id,
            PushSubscription.dropped_at.is_(None),
        )
        .values(dropped_at=at)
    )


def drop(session: Session, *, subscription_ids: Collection[int], at: datetime) -> None:
    """Forget browsers that the push service no longer knows."""
    session.execute(
        update(PushSubscription)
        .where(PushSubscription.id.in_(subscription_ids), PushSubscription.dropped_at.is_(None))
        .values(dropped_at=at)
        .execution_options(synchronize_session=False)
    )


def live(session: Session, *, person_id: int, at: datetime) -> Sequence[PushSubscription]:
    """Return the subscriptions of a person's signed-in devices."""
    return session.scalars(
        _live(at).where(PushSubscription.person_id == person_id).order_by(PushSubscription.id)
    ).all()


def is_subscribed(session: Session, *, session_id: int, at: datetime) -> bool:
    """Return whether a device shows its person's messages."""
    mine = _live(at).where(PushSubscription.session_id == session_id).limit(1)
    return session.scalars(mine).first() is not None


def people_with_push(session: Session, *, person_ids: Collection[int], at: datetime) -> set[int]:
    """Return who of some people has a device that shows messages."""
    wanted = _live(at).where(PushSubscription.person_id.in_(person_ids))
    return set(session.scalars(wanted.with_only_columns(PushSubscription.person_id)))


def _live(at: datetime) -> Select[PushSubscription]:
    """Return the query of subscriptions whose device is still signed in."""
    return (
        select(PushSubscription)
        .join(DeviceSession, DeviceSession.id == PushSubscription.session_id)
        .where(
            PushSubscription.dropped_at.is_(None),
            DeviceSession.revoked_at.is_(None),
            DeviceSession.expires_at > at,
        )
    )


def _drop_oldest(session: Session, person_id: int, at: datetime) -> None:
    surplus = live(session, person_id=person_id, at=at)[:-MOST_DEVICES]
    if surplus:
        drop(session, subscription_ids=[one.id for one in surplus], at=at)


def _length(key: str) -> int:
    try:
        padded = key.encode("ascii") + b"=" * (-len(key) % 4)
        return len(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (UnicodeEncodeError, binascii.Error):
        return 0
