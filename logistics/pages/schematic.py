"""Draw a plan without a map: hub, villages and runs in true proportion, with a scale bar."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.kernel.geo import Position
from app.web.words import called_name

WIDTH, HEIGHT, MARGIN = 760.0, 560.0, 64.0
_METRES_PER_DEGREE = 111_195.0
# Told apart in print and by colour-blind eyes: dark hues, and dashes from the second round.
COLOURS = (
    "#12442a",
    "#b3400f",
    "#1d5fa8",
    "#7a2e8e",
    "#8a6a00",
    "#0c7680",
    "#b0215a",
    "#4d4640",
)
DASHES = ("", "10 6", "3 5")
_LETTER_PX, _LINE_PX = 7.2, 15.0


class Seen(Protocol):
    """A village to mark on the drawing."""

    @property
    def village(self) -> str:
        """Its name."""
        ...

    @property
    def where(self) -> Position | None:
        """Where it is, once somebody pinned it."""
        ...


class Numbered(Seen, Protocol):
    """A village with its position on a run."""

    @property
    def position(self) -> int:
        """Its number, from 1."""
        ...


class Driven(Protocol):
    """A run to draw."""

    @property
    def vehicle(self) -> str:
        """The truck's name."""
        ...

    @property
    def stops(self) -> Sequence[Numbered]:
        """Its villages in order."""
        ...


class Drawable(Protocol):
    """A plan, or a board that may become one."""

    @property
    def hub(self) -> str:
        """The hub's name."""
        ...

    @property
    def hub_where(self) -> Position | None:
        """Where the hub is."""
        ...

    @property
    def runs(self) -> Sequence[Driven]:
        """The runs."""
        ...

    @property
    def unplanned(self) -> Sequence[Seen]:
        """The villages that no run visits."""
        ...


@dataclass(frozen=True)
class Mark:
    """A village on the drawing; ``number`` is its position on its run, or nothing."""

    x: float
    y: float
    number: str
    colour: str
    name: str


@dataclass(frozen=True)
class Label:
    """A name beside its mark."""

    x: float
    y: float
    anchor: str
    text: str


@dataclass(frozen=True)
class Line:
    """One run as a path from the hub and back."""

    points: str
    colour: str
    dash: str
    name: str


@dataclass(frozen=True)
class Schematic:
    """All that the drawing shows, in its own units; the bar is ``bar_m`` metres long."""

    hub: tuple[float, float]
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]
    labels: tuple[Label, ...]
    bar_px: float
    bar_m: int


def colour_of(index: int) -> str:
    """Return the colour of a plan's run by its place in the list."""
    return COLOURS[index % len(COLOURS)]


def dash_of(index: int) -> str:
    """Return the dash pattern of a run, plain for the first round of colours."""
    return DASHES[index // len(COLOURS) % len(DASHES)]


def draw(plan: Drawable) -> Schematic | None:
    """Return the drawing of a plan, or None where the hub has no place."""
    if plan.hub_where is None:
        return None
    sheet = _Sheet(plan.hub_where, _extent(plan))
    hub = sheet.spot(plan.hub_where)
    lines, marks = [], []
    for index, run in enumerate(plan.runs):
        spots = [(stop, sheet.spot(stop.where)) for stop in run.stops if stop.where is not None]
        path = [hub, *(spot for _, spot in spots), hub]
        colour = colour_of(index)
        lines.append(Line(_path(path), colour, dash_of(index), run.vehicle))
        marks += [
            Mark(*spot, str(stop.position), colour, called_name(stop.village))
            for stop, spot in spots
        ]
    for village in plan.unplanned:
        if village.where is not None:
            spot, arrow = _kept_inside(*sheet.spot(village.where))
            marks.append(Mark(*spot, "", "", f"{called_name(village.village)} {arrow}".strip()))
    bar_px, bar_m = sheet.bar()
    labels = _labels(hub, called_name(plan.hub), marks)
    return Schematic(hub, tuple(lines), tuple(marks), labels, bar_px, bar_m)


def _extent(plan: Drawable) -> list[Position]:
    """Return the places that the sheet must hold: what is driven, or else what is left out.

    A village across the sea would shrink all the others to one spot.
    """
    driven = [stop.where for run in plan.runs for stop in run.stops]
    wanted = driven or [village.where for village in plan.unplanned]
    return [where for where in [plan.hub_where, *wanted] if where is not None]


def _kept_inside(x: float, y: float) -> tuple[tuple[float, float], str]:
    """Return a spot moved to the sheet's edge, with an arrow to where it really lies."""
    edge = MARGIN / 2
    inside = min(max(x, edge), WIDTH - edge), min(max(y, edge), HEIGHT - edge)
    if inside == (x, y):
        return inside, ""
    if abs(x - inside[0]) >= abs(y - inside[1]):
        return inside, "→" if x > inside[0] else "←"
    return inside, "↓" if y > inside[1] else "↑"


class _Sheet:
    """An equirectangular sheet around the hub, scaled so that every place is on it."""

    def __init__(self, centre: Position, places: Sequence[Position]) -> None:
        self._shrink = math.cos(math.radians(centre.lat))
        self._centre_lon = centre.lon
        xs = [self._east_m(place) for place in places]
        ys = [place.lat * _METRES_PER_DEGREE for place in places]
        self._left, self._top = min(xs), max(ys)
        # One village alone would otherwise be drawn at an endless scale.
        wide, high = max(max(xs) - min(xs), 2_000.0), max(max(ys) - min(ys), 2_000.0)
        self._px_per_m = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)
        self._pad_x = (WIDTH - (max(xs) - min(xs)) * self._px_per_m) / 2
        self._pad_y = (HEIGHT - (max(ys) - min(ys)) * self._px_per_m) / 2

    def spot(self, place: Position) -> tuple[float, float]:
        """Return where a place is drawn."""
        x = self._pad_x + (self._east_m(place) - self._left) * self._px_per_m
        y = self._pad_y + (self._top - place.lat * _METRES_PER_DEGREE) * self._px_per_m
        return round(x, 1), round(y, 1)

    def bar(self) -> tuple[float, int]:
        """Return the scale bar: the longest of 1, 2 or 5 times ten to some power that fits."""
        longest_m = WIDTH / 4 / self._px_per_m
        power = 10 ** math.floor(math.log10(longest_m))
        metres = max(step * power for step in (1, 2, 5) if step * power <= longest_m)
        return round(metres * self._px_per_m, 1), int(metres)

    def _east_m(self, place: Position) -> float:
        # Across the date line the short way round is meant.
        degrees = (place.lon - self._centre_lon + 180) % 360 - 180
        return degrees * _METRES_PER_DEGREE * self._shrink


def _path(spots: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in spots)


Box = tuple[float, float, float, float]


def _labels(hub: tuple[float, float], hub_name: str, marks: Sequence[Mark]) -> tuple[Label, ...]:
    """Place each name where it covers no mark and no other name; leave out what cannot be."""
    taken = [_round(*hub, 16), *(_round(mark.x, mark.y, 11) for mark in marks)]
    placed: list[Label] = []
    named: set[tuple[float, float, str]] = set()
    for x, y, name in [(*hub, hub_name), *((mark.x, mark.y, mark.name) for mark in marks)]:
        if (x, y, name) in named:
            continue
        named.add((x, y, name))
        for label, box in _candidates(x, y, name):
            if _inside(box) and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                placed.append(label)
                break
    return tuple(placed)


def _candidates(x: float, y: float, name: str) -> Iterable[tuple[Label, Box]]:
    # Chinese signs are about twice as wide as Latin letters.
    wide = sum(2 if ord(sign) > 0x2E80 else 1 for sign in name) * _LETTER_PX
    for dx, dy, anchor in (
        (18, 5, "start"),
        (-18, 5, "end"),
        (0, -18, "middle"),
        (0, 28, "middle"),
        (14, -12, "start"),
        (14, 22, "start"),
        (-14, -12, "end"),
        (-14, 22, "end"),
    ):
        left = {"start": x + dx, "end": x + dx - wide, "middle": x + dx - wide / 2}[anchor]
        box = (left, y + dy - _LINE_PX + 3, left + wide, y + dy + 3)
        yield Label(round(x + dx, 1), round(y + dy, 1), anchor, name), box


def _round(x: float, y: float, radius: float) -> Box:
    return (x - radius, y - radius, x + radius, y + radius)


def _inside(box: Box) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= WIDTH and box[3] <= HEIGHT


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
