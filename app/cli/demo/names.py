"""Names for the people of the demo, made of common family and given names."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Protocol

from app.models import RoleKind

_FAMILY = (
    *("Tan", "Xiang", "Qin", "Ran", "Deng", "Peng", "Luo", "Zhou", "Wu"),
    *("Hu", "Li", "Yang", "Chen", "He", "Long", "Huang", "Liu", "Yao"),
)
_GIVEN = (
    *("Guihua", "Lan", "Min", "Jie", "Bo", "Fang", "Qiang", "Xiu", "Mei", "Jun"),
    *("Hong", "Ping", "Yan", "Hua", "Lin", "Tao", "Chun", "Xia", "Ning", "Rui"),
)


class Enrol(Protocol):
    """Enrols the next person with one role and returns the person's id."""

    def __call__(self, kind: RoleKind, **scope: int) -> int:
        """Enrol somebody; ``scope`` names the role's village, shop, hub or pickup point."""
        ...


def people(dice: random.Random) -> Iterator[str]:
    """Yield names in a drawn order; once all are used, with a number behind."""
    all_names = [f"{family} {given}" for family in _FAMILY for given in _GIVEN]
    dice.shuffle(all_names)
    yield from all_names
    round_number = 2
    while True:
        yield from (f"{name} {round_number}" for name in all_names)
        round_number += 1
