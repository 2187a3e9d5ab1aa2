"""The first hour in steps: what is there, what is missing, where to add it."""

from __future__ import annotations

from dataclasses import dataclass

from app.models import RoleKind
from app.setting_up.first_hour import Progress
from app.web.translation import gettext, ngettext


@dataclass(frozen=True)
class Step:
    """One line of the checklist; ``is_optional`` steps never stand in the way."""

    title: str
    state: str
    missing: str
    endpoint: str
    is_optional: bool = False

    @property
    def is_done(self) -> bool:
        """Return whether nothing is missing."""
        return self.is_optional or not self.missing


def steps_of(progress: Progress) -> list[Step]:
    """Return the steps in the order in which they are best done."""
    return [*_places(progress), *_market(progress), *_people(progress)]


def _places(progress: Progress) -> list[Step]:
    hubs = _needed(progress.hubs, gettext("Add the hub where the trucks unload."))
    if not hubs and not progress.has_both_sides:
        hubs = gettext("Villages need a rural hub, and pickup points a city hub; one may be both.")
    return [
        Step(
            gettext("Hubs"),
            ngettext("%(num)s hub", "%(num)s hubs", progress.hubs),
            hubs or _unpinned(progress.hubs_without_pin),
            "hubs.index",
        ),
        Step(
            gettext("Line haul"),
            ngettext("%(num)s leg between hubs", "%(num)s legs between hubs", progress.line_hauls),
            gettext("Say how goods get from the rural hub to the city hub.")
            if progress.needs_line_haul
            else "",
            "hubs.index",
        ),
        Step(
            gettext("Villages"),
            ngettext("%(num)s village", "%(num)s villages", progress.villages),
            _needed(progress.villages, gettext("Add the villages, or import them."))
            or _unpinned(progress.villages_without_pin),
            "villages.index",
        ),
        Step(
            gettext("Pickup points"),
            ngettext("%(num)s pickup point", "%(num)s pickup points", progress.points),
            _needed(progress.points, gettext("Add a shop and the point where buyers collect."))
            or _unpinned(progress.points_without_pin),
            "shops.index",
        ),
        Step(
            gettext("Vehicles"),
            ngettext("%(num)s vehicle", "%(num)s vehicles", progress.vehicles),
            _needed(progress.vehicles, gettext("Add the truck, with what it carries."))
            or _driverless(progress.vehicles_without_driver),
            "vehicles.index",
        ),
    ]


def _market(progress: Progress) -> list[Step]:
    unpriced = progress.tariffs_missing
    freight = ""
    if unpriced:
        freight = ngettext(
            "%(num)s way from a village to a pickup point has no price.",
            "%(num)s ways from a village to a pickup point have no price.",
            unpriced,
        )
    return [
        Step(
            gettext("Crops"),
            ngettext("%(num)s crop", "%(num)s crops", progress.crops),
            _needed(progress.crops, gettext("Choose from the catalogue what you trade.")),
            "crops.catalogue",
        ),
        Step(
            gettext("Calendar"),
            ngettext("%(num)s market day a week", "%(num)s market days a week", progress.weekdays),
            _needed(progress.weekdays, gettext("Choose the weekdays and their times.")),
            "market_calendar.index",
        ),
        Step(
            gettext("Fees"),
            ngettext("%(num)s fee", "%(num)s fees", progress.fees),
            _needed(progress.fees, gettext("Without a fee the cooperative keeps nothing.")),
            "fees.index",
            is_optional=True,
        ),
        Step(
            gettext("Freight prices"),
            gettext("all ways have a price") if not freight and progress.points else "",
            freight,
            "freight.index",
        ),
    ]


def _people(progress: Progress) -> list[Step]:
    lines = (
        (RoleKind.FARMER, gettext("Farmers"), gettext("Enrol farmers, or import them.")),
        (RoleKind.DRIVER, gettext("Drivers"), gettext("Enrol who drives the truck.")),
        (RoleKind.SHOPKEEPER, gettext("Shopkeepers"), gettext("Enrol who hands over.")),
        (RoleKind.BUYER, gettext("Buyers"), gettext("Enrol the first buyers.")),
    )
    return [
        Step(
            title,
            ngettext("%(num)s person", "%(num)s people", progress.people[kind]),
            _needed(progress.people[kind], missing),
            "people.show_all",
        )
        for kind, title, missing in lines
    ]


def _needed(number: int, missing: str) -> str:
    return "" if number else missing


def _unpinned(number: int) -> str:
    if not number:
        return ""
    return ngettext(
        "%(num)s has no place on the map yet.", "%(num)s have no place on the map yet.", number
    )


def _driverless(number: int) -> str:
    if not number:
        return ""
    return ngettext("%(num)s has no driver yet.", "%(num)s have no driver yet.", number)
