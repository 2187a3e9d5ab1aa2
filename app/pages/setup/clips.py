"""Recordings for the listing form: one short clip per step and language."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, current_app, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.kernel.database import reading, transaction
from app.kernel.errors import N_, NotFound, Refusal
from app.media import clips
from app.media.clips import NotAClip
from app.media.store import FolderStore
from app.models import ClipStep, RoleKind, VoiceClip
from app.web.guards import role_required
from app.web.redirects import see_other
from app.web.refusals import wording
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext
from app.web.words import language_name

blueprint = Blueprint("clips", __name__, template_folder="templates")

# What somebody may say into the phone, step by step.
STEPS = {
    ClipStep.CROP: (N_("Crop"), N_("Tap the picture of what you harvest.")),
    ClipStep.QUANTITY: (N_("How much?"), N_("Tap plus until it is as much as you have.")),
    ClipStep.GRADE: (N_("How good is it?"), N_("Tap the picture that looks like yours.")),
    ClipStep.PRICE: (N_("Price"), N_("Say the least you want. The transport is paid for.")),
    ClipStep.DAYS: (N_("Ready days"), N_("Say from when and until when you have it.")),
    ClipStep.SEND: (N_("Offer it"), N_("Tap the green button. Without signal it is sent later.")),
}


@dataclass(frozen=True)
class Slot:
    """One step in a language, with its recording if there is one."""

    step: ClipStep
    label: str
    example: str
    clip: VoiceClip | None


@blueprint.get("/set-up/clips")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """Show every step in every language of the cooperative."""
    with reading() as session:
        found = clips.clips(session, cooperative_id=current_cooperative().id)
    by_place = {(clip.language, clip.step): clip for clip in found}
    groups = [
        (
            code,
            language_name(code),
            [
                Slot(step, gettext(label), gettext(example), by_place.get((code, step)))
                for step, (label, example) in STEPS.items()
            ],
        )
        for code in current_cooperative().languages
    ]
    return render_template("setup/clips.html", groups=groups)


@blueprint.post("/set-up/clips/<language>/<step>")
@role_required(RoleKind.MANAGER)
def upload(language: str, step: str) -> ResponseReturnValue:
    """Keep a recording in place of the step's earlier one; the same file changes nothing.

    :raises NotFound: if the cooperative has no such language, or the form no such step.
    """
    if language not in current_cooperative().languages or step not in set(ClipStep):
        raise NotFound
    sent = request.files.get("clip")
    try:
        if sent is None or not sent.filename:
            raise NotAClip(field="clip")
        with transaction() as session:
            clips.keep(
                session,
                store=_store(),
                cooperative_id=current_cooperative().id,
                language=language,
                step=ClipStep(step),
                data=sent.read(clips.MOST_BYTES + 1),
                person_id=current_person().id,
                at=now(),
            )
    except Refusal as refusal:
        flash(wording(refusal), "bad")
    else:
        flash(gettext("Saved. Phones play it the next time they open the form."), "good")
    return see_other(url_for(".index"))


@blueprint.post("/set-up/clips/<int:clip_id>/removal")
@role_required(RoleKind.MANAGER)
def remove(clip_id: int) -> ResponseReturnValue:
    """Remove a recording; again, nothing happens."""
    with transaction() as session:
        clips.remove(
            session, store=_store(), cooperative_id=current_cooperative().id, clip_id=clip_id
        )
    return see_other(url_for(".index"))


def _store() -> FolderStore:
    return FolderStore(Path(current_app.config["MEDIA_DIR"]))
