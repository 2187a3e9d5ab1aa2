"""Keep a cooperative's recordings for the steps of the listing form, and hand them out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.database import after_commit
from app.kernel.errors import N_, BadInput, NotFound
from app.media.store import Store
from app.models import ClipStep, VoiceClip

# Twenty seconds of speech in any of the formats; on 2G more would not be waited for.
MOST_BYTES = 200_000


class ClipTooBig(BadInput):
    """A recording that a slow line could not bring."""

    code = "clip_too_big"
    message = N_("This recording is too big. A clip may have 200 KB: about 20 seconds.")


class NotAClip(BadInput):
    """No sound format that phones play."""

    code = "not_a_clip"
    message = N_("This file is not a recording. Send MP3, M4A, Ogg, WebM or WAV.")


def keep(
    session: Session,
    *,
    store: Store,
    cooperative_id: int,
    language: str,
    step: ClipStep,
    data: bytes,
    person_id: int,
    at: datetime,
) -> VoiceClip:
    """Keep a recording in place of the step's earlier one; again changes nothing.

    :raises ClipTooBig: if it is longer than a short clip.
    :raises NotAClip: if it does not begin like a sound file.
    """
    if len(data) > MOST_BYTES:
        raise ClipTooBig(field="clip")
    ending, media_type = _kind(data)
    name = f"clips/{hashlib.sha256(data).hexdigest()[:40]}.{ending}"
    store.put(name, data)
    clip = session.scalars(
        select(VoiceClip).where(
            VoiceClip.cooperative_id == cooperative_id,
            VoiceClip.language == language,
            VoiceClip.step == step,
        )
    ).first()
    if clip is None:
        clip = VoiceClip(cooperative_id=cooperative_id, language=language, step=step)
        session.add(clip)
        old = None
    else:
        old = clip.stored_name
    clip.stored_name, clip.media_type = name, media_type
    clip.uploaded_by_id, clip.uploaded_at = person_id, at
    session.flush()
    if old is not None:
        _forget(session, store, old)
    return clip


def remove(session: Session, *, store: Store, cooperative_id: int, clip_id: int) -> None:
    """Remove a recording; one that is gone already is no error."""
    clip = session.get(VoiceClip, clip_id)
    if clip is None or clip.cooperative_id != cooperative_id:
        return
    name = clip.stored_name
    session.delete(clip)
    session.flush()
    _forget(session, store, name)


def clips(
    session: Session, *, cooperative_id: int, language: str | None = None
) -> Sequence[VoiceClip]:
    """Return a cooperative's recordings, of one language or of all."""
    wanted = select(VoiceClip).where(VoiceClip.cooperative_id == cooperative_id)
    if language is not None:
        wanted = wanted.where(VoiceClip.language == language)
    return session.scalars(wanted.order_by(VoiceClip.id)).all()


def clip(session: Session, *, cooperative_id: int, clip_id: int) -> VoiceClip:
    """Return one recording of a cooperative.

    :raises NotFound: if it has no such recording.
    """
    found = session.get(VoiceClip, clip_id)
    if found is None or found.cooperative_id != cooperative_id:
        raise NotFound
    return found


def _forget(session: Session, store: Store, name: str) -> None:
    is_used = select(VoiceClip.id).where(VoiceClip.stored_name == name).limit(1)
    if session.scalar(is_used) is None:
        after_commit(session, lambda: store.delete(name))


def _kind(data: bytes) -> tuple[str, str]:
    if data[:3] == b"ID3" or (len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0):
        return "mp3", "audio/mpeg"
    if data[:4] == b"OggS":
        return "ogg", "audio/ogg"
    if data[:4] == b"\x1a\x45\xdf\xa3":
        return "webm", "audio/webm"
    if data[4:8] == b"ftyp":
        return "m4a", "audio/mp4"
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "wav", "audio/wav"
    raise NotAClip(field="clip")
