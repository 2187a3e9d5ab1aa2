"""Addresses of stalls: small Latin letters out of a name in any script, each given once."""

from __future__ import annotations

import re

from anyascii import anyascii
from pypinyin import lazy_pinyin
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, BadInput
from app.models import StallAddress
from app.models.stalls import LONGEST_NAME
from app.places.names import is_han

SHORTEST_NAME = 3
_PLAIN = "stall"
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
_NUMBERED = re.compile(r".*-(\d{1,6})")


class StallNameUnusable(BadInput):
    """Too little is left of the name in small Latin letters."""

    code = "stall_name_unusable"
    message = N_("Use at least 3 letters or digits.")


class StallNameTaken(BadInput):
    """Another stall has, or once had, this address."""

    code = "stall_name_taken"
    message = N_("Another stall has this name. Try %(free)s.")


def address_of(name: str) -> str:
    """Return a name as an address: 谭桂花 becomes tan-gui-hua; empty if nothing is left."""
    spelt = " ".join(lazy_pinyin(name, v_to_u=True)) if is_han(name) else name
    plain = _NOT_LETTERS.sub("-", anyascii(spelt).casefold()).strip("-")
    return plain[:LONGEST_NAME].strip("-")


def chosen_address(typed: str) -> str:
    """Return what a farmer typed as an address.

    :raises StallNameUnusable: if too little is left of it.
    """
    address = address_of(typed)
    if len(address) < SHORTEST_NAME:
        raise StallNameUnusable(field="name")
    return address


def free_address(session: Session, name: str) -> str:
    """Return an address for a name that no stall ever had, numbered where it must be."""
    wanted = address_of(name)
    wanted = wanted if len(wanted) >= SHORTEST_NAME else _PLAIN
    # Room for the number, so that two long names do not end in one address.
    stem = wanted[: LONGEST_NAME - 7].strip("-")
    taken = set(
        session.scalars(
            select(StallAddress.name).where(
                (StallAddress.name == wanted)
                | ((StallAddress.name >= f"{stem}-") & (StallAddress.name < f"{stem}."))
            )
        )
    )
    if wanted not in taken:
        return wanted
    numbers = [int(match[1]) for name in taken if (match := _NUMBERED.fullmatch(name))]
    return f"{stem}-{max(numbers, default=1) + 1}"
