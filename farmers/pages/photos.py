"""Photos of lots: sent apart from the words, shown small, never as they came."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, current_app, flash, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.catalogue.crops import crops
from app.kernel.database import reading, transaction
from app.kernel.errors import NotFound, Refusal
from app.media import services as media
from app.media.render import NotAPhoto
from app.media.store import FolderStore, Store
from app.models import Photo, PhotoState
from app.web.assets import ROOT
from app.web.guards import public, role_required, signed_in_required
from app.web.idempotency import checked_key
from app.web.redirects import see_other
from app.web.refusals import wording
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext
from farmers.pages.listing import LISTERS
from farmers.services import lot_views

_A_MONTH_S = 30 * 24 * 3600

blueprint = Blueprint("photos", __name__)


@blueprint.get("/photos/<int:photo_id>/<any(thumbnail, large):size>")
@signed_in_required
def show(photo_id: int, size: str) -> ResponseReturnValue:
    """Send one of a photo's two sizes; what came from the phone is never sent."""
    with reading() as session:
        photo = session.get(Photo, photo_id)
        sizes = photo.sizes if photo and photo.state is PhotoState.READY else {}
        plain = None if _takes_avif() else sizes.get(f"{size}_plain")
        stored = plain or sizes.get(size)
    if stored is None:
        raise NotFound
    response = Response(store().get(stored["name"]), mimetype=stored["media_type"])
    # The sizes of one photo never change: a replaced photo has an id of its own.
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.vary.add("Accept")
    return response


def _takes_avif() -> bool:
    # Said by name alone: "*/*" is also sent by browsers that cannot show it.
    return any(kind == "image/avif" for kind, _ in request.accept_mimetypes)


@blueprint.get("/crops/<code>.svg")
@public
def crop(code: str) -> ResponseReturnValue:
    """Send a crop's drawing; its address is short because a form names dozens of them.

    A crop that has a sign of its own instead of a drawing is sent the leaf.

    :raises NotFound: if the catalogue has no such crop.
    """
    if code not in {crop.code for crop in crops()}:
        raise NotFound
    drawing = ROOT / "crops" / f"{code}.svg"
    shown = drawing if drawing.is_file() else ROOT / "icon.svg"
    response = Response(shown.read_bytes(), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = f"public, max-age={_A_MONTH_S}"
    return response


@blueprint.post("/harvests/<int:lot_id>/photo")
@role_required(*LISTERS)
def attach(lot_id: int) -> ResponseReturnValue:
    """Take a lot's photo in from a plain form."""
    sent = request.files.get("photo")
    try:
        if sent is None or not sent.filename:
            raise NotAPhoto(field="photo")
        key = checked_key(request.form.get("key"))
        with transaction() as session:
            keep_photo(session, lot_id=lot_id, key=key, data=sent.read())
    except NotFound:
        raise
    except Refusal as refusal:
        flash(wording(refusal), "bad")
    else:
        flash(gettext("The photo has arrived. It is shown as soon as it is checked."), "good")
    return see_other(url_for("harvests.show", lot_id=lot_id))


def keep_photo(session: Session, *, lot_id: int, key: str, data: bytes) -> Photo:
    """Keep a photo of a lot that the signed-in person may list.

    :raises NotFound: if the lot is none of this person's business.
    :raises PhotoRefused: a subclass says why it cannot be kept.
    """
    view = lot_views.lot_view(
        session,
        lot_id=lot_id,
        person_id=current_person().id,
        cooperative_id=current_cooperative().id,
    )
    return media.receive(
        session,
        store=store(),
        lot_id=view.lot.id,
        person_id=current_person().id,
        key=key,
        data=data,
        at=now(),
        cooperative_id=current_cooperative().id,
    )


def store() -> Store:
    """Return where this installation's photos lie."""
    return FolderStore(Path(current_app.config["MEDIA_DIR"]))
