"""Devices on which a person is signed in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.models import DeviceSession

# How long a device may lie unused; each day of use starts it anew.
SESSION_LIFE = timedelta(days=180)
TOUCH_AFTER = timedelta(days=1)


def start(session: Session, *, person_id: int, device: str, at: datetime) -> str:
    """Sign a device in and return its token, which is stored nowhere but on the device.

    :param device: what the device calls itself (the browser's User-Agent).
    """
    token = secrets.token_urlsafe(32)
    session.add(
        DeviceSession(
            person_id=person_id,
            token_hash=_hash(token),
            device=device[:200],
            created_at=at,
            seen_at=at,
            expires_at=at + SESSION_LIFE,
        )
    )
    session.flush()
    return token


def find(session: Session, *, token: str, at: datetime) -> DeviceSession | None:
    """Return the open session that a token belongs to, or None."""
    return session.scalars(
        select(DeviceSession).where(
            DeviceSession.token_hash == _hash(token),
            DeviceSession.expires_at > at,
            DeviceSession.revoked_at.is_(None),
        )
    ).first()


def devices(session: Session, *, person_id: int, at: datetime) -> Sequence[DeviceSession]:
    """Return a person's open sessions, latest sign-in first."""
    return session.scalars(
        select(DeviceSession)
        .where(
            DeviceSession.person_id == person_id,
            DeviceSession.expires_at > at,
            DeviceSession.revoked_at.is_(None),
        )
        .order_by(DeviceSession.id.desc())
    ).all()


def is_another_device(session: Session, *, person_id: int, device: str) -> bool:
    """Return whether a person has signed in before, and never on a device called so."""
    names = session.scalars(
        select(DeviceSession.device).where(DeviceSession.person_id == person_id).distinct()
    ).all()
    return bool(names) and device[:200] not in names


def revoke(session: Session, *, session_id: int, person_id: int, at: datetime) -> None:
    """Sign one device of a person out; doing it again changes nothing.

    :raises NotFound: if the person has no such session.
    """
    found = session.get(DeviceSession, session_id)
    if found is None or found.person_id != person_id:
        raise NotFound
    if found.revoked_at is None:
        found.revoked_at = at


def revoke_all(
    session: Session, *, person_id: int, at: datetime, but_session_id: int | None = None
) -> None:
    """Sign every device of a person out, but one if it is named."""
    ended = update(DeviceSession).where(
        DeviceSession.person_id == person_id, DeviceSession.revoked_at.is_(None)
    )
    if but_session_id is not None:
        ended = ended.where(DeviceSession.id != but_session_id)
    session.execute(ended.values(revoked_at=at))


def touch(session: Session, *, session_id: int, at: datetime) -> None:
    """Note that a device was used; its session lasts from here again."""
    session.execute(
        update(DeviceSession)
        .where(DeviceSession.id == session_id, DeviceSession.revoked_at.is_(None))
        .values(seen_at=at, expires_at=at + SESSION_LIFE)
    )


def _hash(token: str) -> str:
    # The token carries 256 random bits, so a fast hash cannot be searched.
    return hashlib.sha256(token.encode()).hexdigest()
