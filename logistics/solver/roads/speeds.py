"""Which OpenStreetMap ways a truck may drive, which way round, and how fast."""

from __future__ import annotations

from collections.abc import Mapping

KMH_BY_CLASS = {
    "motorway": 80,
    "motorway_link": 50,
    "trunk": 65,
    "trunk_link": 45,
    "primary": 55,
    "primary_link": 40,
    "secondary": 45,
    "secondary_link": 35,
    "tertiary": 38,
    "tertiary_link": 30,
    "unclassified": 30,
    "residential": 25,
    "living_street": 10,
    "service": 15,
    "road": 25,
    "track": 12,
}
"""A loaded truck's usual speed; recorded runs correct it per district."""

_CLOSED = frozenset({"no", "private", "agricultural", "forestry", "military", "emergency"})
_ACCESS_KEYS = ("hgv", "goods", "motor_vehicle", "vehicle", "access")
"""From the most to the least particular; the first one that is set decides."""

_MILE_KM = 1.609344


def speed_kmh(tags: Mapping[str, str]) -> float | None:
    """Return how fast a truck drives a way, or None where it may not or cannot."""
    usual = KMH_BY_CLASS.get(tags.get("highway", ""))
    if usual is None or tags.get("area") == "yes":
        return None
    access = next((tags[key] for key in _ACCESS_KEYS if key in tags), "yes")
    if access in _CLOSED:
        return None
    allowed = _limit_kmh(tags.get("maxspeed", ""))
    return float(usual) if allowed is None else min(float(usual), allowed)


def _limit_kmh(text: str) -> float | None:
    """Return a signed limit in km/h; words such as RU:urban are left to the class."""
    number, _, unit = text.partition(" ")
    if not number.isdigit() or int(number) == 0:
        return None
    return int(number) * (_MILE_KM if unit == "mph" else 1.0)


def directions(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Return whether a way is open along its nodes and against them."""
    oneway = tags.get("oneway", "")
    if oneway in ("-1", "reverse"):
        return False, True
    if oneway in ("yes", "true", "1"):
        return True, False
    implied = tags.get("junction") == "roundabout" or tags.get("highway") == "motorway"
    return True, not (implied and oneway != "no")
