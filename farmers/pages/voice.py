"""What the listing form says aloud: the cooperative's recordings, for phones to keep."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from app.kernel.database import reading
from app.kernel.errors import NotFound
from app.media import clips
from app.web.guards import signed_in_required
from app.web.locale import languages
from app.web.session import current_cooperative
from farmers.pages.photos import store

blueprint = Blueprint("voice", __name__)


@blueprint.get("/clips/<language>.json")
@signed_in_required
def index(language: str) -> ResponseReturnValue:
    """Send the addresses of a language's recordings, by step of the form.

    :raises NotFound: if the cooperative does not speak it.
    """
    if language not in languages():
        raise NotFound
    with reading() as session:
        found = clips.clips(session, cooperative_id=current_cooperative().id, language=language)
    # The content stands in the address, so that a phone may keep what it has.
    return {
        clip.step.value: url_for(".show", clip_id=clip.id, v=clip.stored_name[6:16])
        for clip in found
    }


@blueprint.get("/clips/<int:clip_id>")
@signed_in_required
def show(clip_id: int) -> ResponseReturnValue:
    """Send one recording of the cooperative."""
    with reading() as session:
        clip = clips.clip(session, cooperative_id=current_cooperative().id, clip_id=clip_id)
    data = store().get(clip.stored_name)
    response = Response(data, mimetype=clip.media_type)
    # Some players ask for a part first, and play nothing else.
    response.make_conditional(request, accept_ranges=True, complete_length=len(data))
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
