"""Reasons and mends of unplanned villages, put into words from their codes and figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from babel.dates import get_day_names
from flask.sansio.app import App

from app.kernel.errors import N_
from app.models import WeighingOutcome
from app.web import formatting
from app.web.translation import gettext, locale
from app.web.words import called_name
from logistics.pages.schematic import colour_of
from logistics.services.day_times import DayTimes
from logistics.services.views import OverView, UnplannedView

REASONS = {
    "place_unknown": N_("The place of this village is not known. Set a pin on the map."),
    "no_vehicle": N_("This hub has no vehicle. Add one under Vehicles."),
    "no_fitting_vehicle": N_("No vehicle runs to the hub of this village."),
    "too_heavy": N_("%(load_g)s is too heavy: the largest vehicle carries %(largest)s."),
    "unreachable": N_("There is no road to this village."),
    "road_closed": N_("The road to this village is closed on this day."),
    "window_unreachable": N_(
        "The earliest truck arrives at %(arrives_s)s; the village closes at %(closes_s)s."
    ),
    "shift_too_short": N_("The way there and back is %(over_s)s longer than the drivers' shift."),
    "too_long_to_cold": N_("The goods would be %(over_s)s too long on the road without cooling."),
    "no_capacity_left": N_("The trucks are full: %(load_g)s do not fit where %(left)s are left."),
    "no_time_left": N_("No truck has time left within its shift and the village's hours."),
    "set_aside": N_("It was taken off the trucks by hand."),
    "not_worth_its_cost": N_("Going there adds %(added_cost_minor)s and brings %(value_minor)s."),
}
SHORT = {
    "too_heavy": ("largest", N_("This is too much for every vehicle.")),
    "no_capacity_left": ("left", N_("The trucks are full.")),
}
MENDS = {
    "pin_place": N_("Set the pin, then plan again."),
    "second_trip": N_("A second trip of %(vehicle)s adds %(added_s)s and %(added_cost_minor)s."),
    "longer_shift": N_("%(vehicle)s working %(amount_s)s longer could serve it."),
    "later_window": N_("The village open until %(until_s)s could be served."),
    "extra_vehicle": N_("One more vehicle like %(vehicle)s could serve it."),
    "more_capacity": N_("A vehicle that carries %(amount_g)s could serve it."),
    "more_value": N_("%(amount_minor)s more would pay for the stop."),
    "more_time_to_cold": N_("Cooling on the way could serve it."),
}
OVER = {
    "no_line_haul": N_("%(quantity)s for %(hub)s: no line haul goes there. Add one."),
    "over_capacity": N_("%(quantity)s for %(hub)s: more than the line haul carries."),
}
OUTCOMES = {
    WeighingOutcome.LOADED: N_("loaded"),
    WeighingOutcome.SHORT: N_("short"),
    WeighingOutcome.ABSENT: N_("absent"),
    WeighingOutcome.REFUSED: N_("refused"),
    WeighingOutcome.RECEIVED: N_("received"),
}


def reason_text(stop: UnplannedView, times: DayTimes) -> str:
    """Return why a village is on no run."""
    figures = {name: value for name, value in stop.figures.items() if isinstance(value, int)}
    # Too many crates have other figures than too many kilograms; the short words fit both.
    if stop.code in SHORT and not {"load_g", SHORT[stop.code][0]} <= figures.keys():
        return gettext(SHORT[stop.code][1])
    return gettext(REASONS[stop.code], **_shown(figures, times))


def mend_text(stop: UnplannedView, times: DayTimes, vehicles: Mapping[int, str]) -> str:
    """Return the cheapest change that would serve a village, or nothing where none is known."""
    mend = stop.figures.get("mend")
    if not mend:
        return ""
    amount = int(mend["amount"])
    shown = {
        "vehicle": vehicles.get(mend["vehicle_id"], ""),
        "added_s": formatting.duration(mend["added_s"]),
        "added_cost_minor": formatting.money(mend["added_cost_minor"]),
        "amount_g": formatting.quantity(amount),
        "amount_minor": formatting.money(amount),
        "amount_s": formatting.duration(amount),
        "until_s": formatting.clock_time(times.base_at + timedelta(seconds=min(amount, 10**6))),
    }
    return gettext(MENDS[mend["kind"]], **shown)


def over_text(over: OverView) -> str:
    """Return why goods wait at the rural hub."""
    return gettext(
        OVER[over.code], quantity=formatting.quantity(over.quantity_g), hub=called_name(over.hub)
    )


def outcome_text(outcome: WeighingOutcome) -> str:
    """Return how a lot stood at a scale, in a word."""
    return gettext(OUTCOMES[outcome])


def _shown(figures: Mapping[str, int], times: DayTimes) -> dict[str, str]:
    """Return figures in words: the end of a name tells its unit."""
    shown = {}
    for name, value in figures.items():
        if name in ("arrives_s", "closes_s"):
            shown[name] = formatting.clock_time(times.at_second(value))
        elif name.endswith("_s"):
            shown[name] = formatting.duration(value)
        elif name.endswith("_minor"):
            shown[name] = formatting.money(value)
        else:
            shown[name] = formatting.quantity(value)
    return shown


def weekday_name(weekday: int) -> str:
    """Return the short name of a weekday, 0 for Monday."""
    return str(get_day_names("abbreviated", locale=locale())[weekday])


def install(app: App) -> None:
    """Give the templates these words and the runs' colours."""
    for function in (outcome_text, weekday_name):
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.globals["colour_of"] = colour_of
