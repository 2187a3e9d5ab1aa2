"""The board in words: broken limits, changes of the history, and how far a search is."""

from __future__ import annotations

from collections.abc import Mapping

from flask.sansio.app import App

from app.kernel.errors import N_
from app.models import EditKind
from app.models.names import PlaceName
from app.web import formatting
from app.web.translation import gettext
from app.web.words import called_name
from logistics.services.drafts import Change
from logistics.services.progress import Found
from logistics.solver.violation import Violation

LIMITS = {
    "load_g": N_("%(load)s too heavy for the truck"),
    "crates": N_("%(count)s crates too many"),
    "cold_crates": N_("%(count)s cold crates too many"),
    "window": N_("%(time)s after the village closes"),
    "shift_start": N_("leaves %(time)s before the shift begins"),
    "shift_end": N_("back %(time)s after the shift ends"),
    "duration": N_("%(time)s longer than the driver may work"),
    "distance": N_("%(distance)s farther than the truck may go"),
    "reloads": N_("%(count)s trips too many"),
    "release": N_("%(time)s before the goods are ready"),
    "rest": N_("the driver's rest is too short or too late"),
    "to_cold": N_("%(time)s too long without cooling"),
    "unreachable": N_("no road goes there"),
    "hub_hours": N_("%(time)s after the hub closes"),
    "wrong_hub": N_("these goods belong to another hub"),
    "lock": N_("a lock is not kept"),
}
OTHER_LIMIT = N_("a limit is broken")
CHANGES = {
    EditKind.MOVE: N_("%(village)s moved from %(from)s to %(to)s"),
    EditKind.TAKE_OUT: N_("%(village)s taken off %(from)s"),
    EditKind.PUT_IN: N_("%(village)s put on %(to)s"),
    EditKind.MEND: N_("%(village)s put on %(to)s, with a limit changed for it"),
    EditKind.BREAKDOWN: N_("%(vehicle)s broke down"),
}
WITHIN = N_("%(village)s moved on %(to)s")
LOCKED = N_("%(what)s locked")
UNLOCKED = N_("%(what)s unlocked")
IMPROVED = N_("The rest improved: %(saved)s less")
NOT_IMPROVED = N_("Nothing better was found")
IMPROVED_DEARER = N_("The rest improved: %(saved)s more, with %(count)s more stops")
SEARCHING = N_("%(seconds)s s: %(planned)s of %(total)s stops planned for %(cost)s")


def limit_text(found: Violation) -> str:
    """Return what a broken limit is about, with by how much."""
    return gettext(
        LIMITS.get(found.limit, OTHER_LIMIT),
        load=formatting.quantity(found.excess),
        time=formatting.duration(found.excess),
        distance=formatting.distance(found.excess),
        count=formatting.number(found.excess),
    )


def change_text(change: Change) -> str:
    """Return a change of the history in words."""
    figures = {name: _shown(value) for name, value in change.figures.items()}
    if change.kind is EditKind.IMPROVE:
        return _improved(change.figures)
    if change.kind in (EditKind.LOCK, EditKind.UNLOCK):
        what = figures.get("village") or figures.get("vehicle", "")
        return gettext(LOCKED if change.kind is EditKind.LOCK else UNLOCKED, what=what)
    if change.kind is EditKind.MOVE and figures["from"] == figures["to"]:
        return gettext(WITHIN, **figures)
    return gettext(CHANGES[change.kind], **figures)


def search_text(found: Found) -> str:
    """Return how far a search is."""
    return gettext(
        SEARCHING,
        seconds=formatting.number(found.seconds),
        planned=formatting.number(found.planned),
        total=formatting.number(found.total),
        cost=formatting.money(found.cost_minor),
    )


def signed_money(amount_minor: int) -> str:
    """Return a difference of money with its sign."""
    return f"{'+' if amount_minor > 0 else ''}{formatting.money(amount_minor)}"


def _improved(figures: Mapping[str, object]) -> str:
    saved, count = figures.get("saved_minor", 0), figures.get("put_in", 0)
    if not saved and not count:
        return gettext(NOT_IMPROVED)
    if not isinstance(saved, int) or not isinstance(count, int) or saved >= 0:
        return gettext(IMPROVED, saved=formatting.money(saved if isinstance(saved, int) else 0))
    return gettext(IMPROVED_DEARER, saved=formatting.money(-saved), count=formatting.number(count))


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return called_name(PlaceName(**value))
    return "" if value is None else str(value)


def install(app: App) -> None:
    """Give the templates these words."""
    for function in (limit_text, change_text, search_text, signed_money):
        app.jinja_env.filters[function.__name__] = function
