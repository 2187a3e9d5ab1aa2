"""Where the demo takes place: the mountains around Enshi, or the places of a file."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

from app.kernel.errors import N_, Refusal
from app.kernel.geo import Position, distance_m
from app.places.gazetteer import own
from app.places.place import Place, unknown

ENSHI = Position(30.3, 109.48333)
WUHAN = Position(30.58333, 114.26667)
_NEAR_M = 45_000
_CITY_M = 14_000
_REGION_M = 120_000
_MOST_VILLAGES = 60
_MOST_UNKNOWN = 3
_POINTS = 4


class TooFewPlaces(Refusal):
    """A rehearsal needs a hub and a village."""

    code = "too_few_places"
    message = N_("The file has fewer than two places with a position; nothing can be rehearsed.")


@dataclass(frozen=True)
class Region:
    """Villages, the hub that they deliver to, and the city where buyers collect.

    :param villages: places with a position, then those that wait for a pin.
    :param city_hub: the same place as the rural hub where town and country are close.
    """

    name: str
    country: str
    currency: str
    time_zone: str
    languages: tuple[str, ...]
    villages: tuple[Place, ...]
    rural_hub: Place
    city_hub: Place
    points: tuple[Place, ...]


def enshi() -> Region:
    """Return the demo's own region: villages around Enshi, shops in Wuhan 460 km away."""
    places = own().places
    around = _by_distance(places, ENSHI, _NEAR_M)
    city = _by_distance(places, WUHAN, _CITY_M)
    return Region(
        name="Enshi Hills Cooperative",
        country="CN",
        currency="CNY",
        time_zone="Asia/Shanghai",
        languages=("en", "zh"),
        # A township that the gazetteer knows by name only; the manager is asked for a pin.
        villages=(*around[4:18], unknown("Bajiao", local_name="芭蕉侗族乡", admin="恩施市")),
        rural_hub=around[0],
        city_hub=city[0],
        points=tuple(city[1 : 1 + _POINTS]),
    )


def of_places(places: Sequence[Place], *, seed: int, country: str, currency: str) -> Region:
    """Return a region made of a file's places: the middle one is hub and town.

    :raises TooFewPlaces: with fewer than two places of known position.
    """
    located = [place for place in places if place.position is not None]
    if len(located) < 2:
        raise TooFewPlaces
    positions = [place.position for place in located if place.position is not None]
    middle = Position(
        median_low(position.lat for position in positions),
        median_low(position.lon for position in positions),
    )
    nearest = _by_distance(located, middle, 40_000_000)
    hub = nearest[0]
    points = nearest[1 : 1 + _POINTS] if len(nearest) > 2 * _POINTS else [hub]
    rest = [place for place in nearest[1:] if place not in points]
    near = [place for place in rest if _distance(place, hub) <= _REGION_M] or rest[:_MOST_VILLAGES]
    if len(near) > _MOST_VILLAGES:
        near = sorted(
            random.Random(seed).sample(near, _MOST_VILLAGES),
            key=lambda place: (_distance(place, hub), place.name),
        )
    waiting = [place for place in places if place.position is None][:_MOST_UNKNOWN]
    return Region(
        name=f"{hub.name} Cooperative",
        country=country,
        currency=currency,
        time_zone=_time_zone(middle),
        languages=("en", "zh"),
        villages=(*near, *waiting),
        rural_hub=hub,
        city_hub=hub,
        points=tuple(points),
    )


def _time_zone(position: Position) -> str:
    """Return the zone that the sun suggests; a file of places names none."""
    hours = round(position.lon / 15)
    # The names of these zones count the other way: Etc/GMT-8 is eight hours ahead.
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


def _by_distance(places: Sequence[Place], middle: Position, within_m: int) -> list[Place]:
    away = [
        (distance_m(middle, place.position), place.name, index)
        for index, place in enumerate(places)
        if place.position is not None
    ]
    return [places[index] for metres, _, index in sorted(away) if metres <= within_m]


def _distance(place: Place, hub: Place) -> int:
    assert place.position is not None and hub.position is not None
    return distance_m(place.position, hub.position)
