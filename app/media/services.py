"""Take a lot's photo in, make its sizes in the background, or say why not.

The original waits in the store under the person's key until its sizes are made, and
is removed when that is durable; it is never shown to anybody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.jobs.context import JobContext
from app.jobs.registry import Handler
from app.jobs.services import enqueue
from app.kernel.database import after_commit, insert_if_new
from app.kernel.errors import N_, NotFound
from app.media.render import (
    MOST_BYTES,
    NotAPhoto,
    PhotoLost,
    PhotoRefused,
    PhotoTooBig,
    Picture,
    render,
)
from app.media.store import FileMissing, Store
from app.models import Photo, PhotoState

JOB_KIND = "photos.render"


class PhotoMissing(NotFound):
    """There is no such photo."""

    code = "photo_missing"
    message = N_("This photo is no longer there.")


@dataclass(frozen=True)
class Outcome:
    """What became of an original: its sizes as they are stored, or the reason against it.

    :param sizes: by name (``thumbnail``, ``thumbnail_plain``, ``large``): name in
        the store, type, pixels.
    :param reason: the code of a :class:`PhotoRefused`.
    """

    sizes: dict[str, dict[str, str | int]]
    reason: str | None = None


def receive(
    session: Session,
    *,
    store: Store,
    lot_id: int,
    person_id: int,
    key: str,
    data: bytes,
    at: datetime,
    cooperative_id: int | None = None,
) -> Photo:
    """Keep a photo of a lot and record the work on it; the same key is the same photo.

    Only the length is judged here; what the file holds is found out by the job, and
    stored with the photo as its state and reason.

    :raises PhotoTooBig: if it is longer than any phone's photo.
    :raises NotAPhoto: if it is empty.
    """
    if len(data) > MOST_BYTES:
        raise PhotoTooBig(field="photo")
    if not data:
        raise NotAPhoto(field="photo")
    original = _original_name(person_id, key)
    values = {
        "lot_id": lot_id,
        "person_id": person_id,
        "key": key,
        "state": PhotoState.RECEIVED,
        "original": original,
        "sizes": {},
        "received_at": at,
    }
    is_new = insert_if_new(session, Photo, values) is not None
    photo = session.scalars(
        select(Photo).where(Photo.person_id == person_id, Photo.key == key)
    ).one()
    if is_new:
        # Written before the commit: a row must never point at nothing. After a roll-back
        # the file is left behind, and the phone's next try writes over it.
        store.put(original, data)
        enqueue(
            session,
            kind=JOB_KIND,
            key=f"photo:{photo.id}",
            payload={"photo_id": photo.id},
            at=at,
            cooperative_id=cooperative_id,
        )
    return photo


def original_of(session: Session, *, photo_id: int) -> str | None:
    """Return the name of the original that waits, or ``None`` if the photo is settled.

    :raises PhotoMissing: if there is no such photo.
    """
    photo = _photo(session, photo_id)
    return photo.original if photo.state is PhotoState.RECEIVED else None


def large_photos(session: Session, *, photo_ids: Sequence[int]) -> list[str]:
    """Return the names in the store of photos' large sizes, in the order of the ids."""
    rows = session.execute(select(Photo.id, Photo.sizes).where(Photo.id.in_(photo_ids)))
    sizes = {row.id: row.sizes for row in rows}
    known = [sizes[photo_id] for photo_id in photo_ids if photo_id in sizes]
    return [str(one["large"]["name"]) for one in known if "large" in one]


def make_sizes(store: Store, *, original: str) -> Outcome:
    """Render an original and keep its sizes; takes up to a second, so not in a transaction.

    The sizes are named by what they hold: a second run writes the same files again.
    """
    try:
        rendering = render(store.get(original))
    except PhotoRefused as refusal:
        return Outcome({}, refusal.code)
    except FileMissing:
        return Outcome({}, PhotoLost.code)
    return Outcome(
        {
            "thumbnail": _keep(store, rendering.thumbnail),
            "thumbnail_plain": _keep(store, rendering.thumbnail_plain),
            "large": _keep(store, rendering.large),
        }
    )


def settle(session: Session, *, store: Store, photo_id: int, outcome: Outcome) -> Photo:
    """Write down what became of a photo; a photo that is settled stays as it is.

    :raises PhotoMissing: if there is no such photo.
    """
    photo = _photo(session, photo_id, for_update=True)
    if photo.state is not PhotoState.RECEIVED:
        return photo
    original = photo.original
    photo.state = PhotoState.REFUSED if outcome.reason else PhotoState.READY
    photo.reason = outcome.reason
    photo.sizes = dict(outcome.sizes)
    photo.original = None
    session.flush()
    if original is not None:
        after_commit(session, lambda: store.delete(original))
    return photo


def reason_message(reason: str) -> str:
    """Return the sentence, as a message id, for the reason that a photo was refused with."""
    kinds = {kind.code: kind.message for kind in PhotoRefused.__subclasses__()}
    return kinds.get(reason, PhotoRefused.message)


def process(session: Session, *, store: Store, photo_id: int) -> Photo:
    """Make a photo's sizes and settle it, all in the caller's transaction.

    For rehearsals and commands. The worker uses :func:`photo_work`, which renders
    outside the transaction, so that on SQLite nobody waits for a picture.

    :raises PhotoMissing: if there is no such photo.
    """
    original = original_of(session, photo_id=photo_id)
    if original is None:
        return _photo(session, photo_id)
    outcome = make_sizes(store, original=original)
    return settle(session, store=store, photo_id=photo_id, outcome=outcome)


def photo_work(store: Store) -> Handler:
    """Return the job handler for photos, to be registered as ``photos.render``."""

    def handler(context: JobContext) -> None:
        photo_id = int(context.payload["photo_id"])
        with context.reading() as session:
            original = original_of(session, photo_id=photo_id)
        outcome = make_sizes(store, original=original) if original else None
        with context.finishing() as (session, done):
            if outcome is not None:
                photo = settle(session, store=store, photo_id=photo_id, outcome=outcome)
                done.result = {"state": photo.state.value, "reason": photo.reason}

    return handler


def _photo(session: Session, photo_id: int, *, for_update: bool = False) -> Photo:
    photo = session.get(Photo, photo_id, with_for_update=for_update, populate_existing=for_update)
    if photo is None:
        raise PhotoMissing
    return photo


def _original_name(person_id: int, key: str) -> str:
    # The key is the phone's own word; hashed, it is fit to be a file name.
    return f"originals/{person_id}/{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def _keep(store: Store, picture: Picture) -> dict[str, str | int]:
    digest = hashlib.sha256(picture.data).hexdigest()
    ending = picture.media_type.removeprefix("image/")
    name = f"photos/{digest[:2]}/{digest[2:42]}.{ending}"
    store.put(name, picture.data)
    return {
        "name": name,
        "media_type": picture.media_type,
        "width": picture.width,
        "height": picture.height,
        "bytes": len(picture.data),
    }
