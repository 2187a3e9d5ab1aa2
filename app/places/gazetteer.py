"""The towns that are known by name, and the ways to find one: by name or by nearness."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rapidfuzz import fuzz, process

from app.kernel.geo import Position, distance_m
from app.places.names import is_han, latin_key, local_key
from app.places.place import Place
from app.places.reading import read_file

# Measured on the towns of Hubei: below this, names of other towns come up.
LIKENESS = 85
MOST_CHOICES = 8
_OWN_FILE = Path(__file__).with_name("gazetteer.csv")


@dataclass(frozen=True)
class Choice:
    """A place that may be meant.

    :param score: likeness of the names, 0 to 100; 100 is the same sound or spelling.
    :param exact: whether the name was given in this very spelling.
    :param away_m: distance from the position that was asked with, if one was.
    """

    place: Place
    score: int
    exact: bool
    away_m: int | None = None


class Gazetteer:
    """Places indexed by their local name and by their sound."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.places = tuple(places)
        self._local: dict[str, list[Place]] = defaultdict(list)
        self._latin: dict[str, list[Place]] = defaultdict(list)
        for place in self.places:
            if place.local_name:
                self._local[local_key(place.local_name)].append(place)
            for sound in sorted({latin_key(place.name), latin_key(place.local_name or "")}):
                if sound:
                    self._latin[sound].append(place)

    def named(
        self, name: str, *, admin: str | None = None, near: Position | None = None
    ) -> tuple[Choice, ...]:
        """Return the places that a name may mean, the likeliest first.

        A name in its exact local spelling leaves out what merely sounds alike.

        :param admin: keep only places whose district or county contains this.
        :param near: sorts places of equal likeness by distance.
        """
        scored = self._exact(name) or self._alike(name)
        choices = [
            Choice(place, score, exact, _away_m(place, near))
            for place, score, exact in scored
            if admin is None or local_key(admin) in local_key(place.admin or "")
        ]
        choices.sort(key=lambda choice: _rank(choice))
        return tuple(choices[:MOST_CHOICES])

    def nearest(
        self, position: Position, *, within_m: int = 50_000, most: int = 5
    ) -> tuple[Choice, ...]:
        """Return the places nearest to a position with their distance, nearest first."""
        located = [place for place in self.places if place.position is not None]
        # The sphere is off by half a percent at most; four times as many candidates as
        # wanted leave room for that, and spare the exact distance of a thousand others.
        located.sort(key=lambda place: _sphere(place, position))
        measured = [
            Choice(place, 0, False, _away_m(place, position)) for place in located[: 4 * most]
        ]
        near = [choice for choice in measured if _distance(choice) <= within_m]
        near.sort(key=lambda choice: (_distance(choice), choice.place.name))
        return tuple(near[:most])

    def _exact(self, name: str) -> list[tuple[Place, int, bool]]:
        if not name.strip():
            return []
        same = self._local.get(local_key(name), [])
        if not same and not is_han(name):
            same = self._latin.get(latin_key(name), [])
        return [(place, 100, True) for place in same]

    def _alike(self, name: str) -> list[tuple[Place, int, bool]]:
        sound = latin_key(name)
        if not sound:
            return []
        best: dict[int, tuple[Place, int, bool]] = {}
        close = process.extract(
            sound, list(self._latin), scorer=fuzz.ratio, score_cutoff=LIKENESS, limit=None
        )
        for key, score, _ in close:
            for place in self._latin[key]:
                best.setdefault(id(place), (place, round(score), False))
        return list(best.values())


@cache
def own() -> Gazetteer:
    """Return the gazetteer that comes with the product: towns around Enshi and Wuhan."""
    return Gazetteer(read_file(_OWN_FILE, source="geonames").places)


def _rank(choice: Choice) -> tuple[int, int, str, str]:
    return (-choice.score, _distance(choice), choice.place.name, choice.place.local_name or "")


def _distance(choice: Choice) -> int:
    # Half the equator is farther than anything; the unknown comes last.
    return 20_100_000 if choice.away_m is None else choice.away_m


def _away_m(place: Place, origin: Position | None) -> int | None:
    if origin is None or place.position is None:
        return None
    return distance_m(origin, place.position)


def _sphere(place: Place, origin: Position) -> float:
    here = place.position
    if here is None:
        return math.inf
    lat_a, lat_b = math.radians(origin.lat), math.radians(here.lat)
    half_lat = math.sin((lat_b - lat_a) / 2)
    half_lon = math.sin(math.radians(here.lon - origin.lon) / 2)
    return half_lat**2 + math.cos(lat_a) * math.cos(lat_b) * half_lon**2
