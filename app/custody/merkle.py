"""A Merkle tree that also sums: each member can check that the own balance is in the total.

Every leaf is a balance behind a salted hash, every node carries the sum of what is below
it. Who knows the own salt and the path of neighbours comes to the published root, and so
to the published total, without learning whose the other balances are.
Source: Maxwell's summation tree, with both sums hashed into a node (Chalkias et al.,
Distributed Auditing Proofs of Liabilities, 2020), so that no neighbour can hide a debt.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

_LEAF, _NODE = b"\x00", b"\x01"


@dataclass(frozen=True)
class Node:
    """A hash in hexadecimal and the sum of the balances below it, in minor units."""

    digest: str
    sum_minor: int


@dataclass(frozen=True)
class Neighbour:
    """One step of the way to the root: the node beside it, and on which side it stands."""

    node: Node
    is_left: bool


def salt_of(secret: bytes, account_id: int) -> str:
    """Return the salt of an account's leaf, the same each time, known to its member alone."""
    return hmac.new(secret, f"card:{account_id}".encode(), sha256).hexdigest()


def leaf(salt: str, balance_minor: int) -> Node:
    """Return the leaf of one balance.

    :raises ValueError: on a negative balance, behind which a debt could be hidden.
    """
    if balance_minor < 0:
        raise ValueError("a balance in the tree is never negative")
    text = f"{salt}|{balance_minor}".encode()
    return Node(sha256(_LEAF + text).hexdigest(), balance_minor)


def root(leaves: Sequence[Node]) -> Node:
    """Return the root over leaves; a lone last node moves up unchanged."""
    level = list(leaves)
    if not level:
        return Node(sha256(_LEAF).hexdigest(), 0)
    while len(level) > 1:
        level = _above(level)
    return level[0]


def path(leaves: Sequence[Node], position: int) -> list[Neighbour]:
    """Return the neighbours from a leaf up to the root.

    :raises IndexError: if there is no leaf at that position.
    """
    if not 0 <= position < len(leaves):
        raise IndexError(position)
    level, neighbours = list(leaves), []
    while len(level) > 1:
        beside = position ^ 1
        if beside < len(level):
            neighbours.append(Neighbour(level[beside], is_left=beside < position))
        level, position = _above(level), position // 2
    return neighbours


def leads_to(start: Node, neighbours: Sequence[Neighbour], published: Node) -> bool:
    """Return whether a leaf and its neighbours come to the published root and total."""
    at = start
    for neighbour in neighbours:
        if neighbour.node.sum_minor < 0:
            return False
        pair = (neighbour.node, at) if neighbour.is_left else (at, neighbour.node)
        at = _joined(*pair)
    return at == published


def _above(level: list[Node]) -> list[Node]:
    pairs = [_joined(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    return pairs + level[len(pairs) * 2 :]


def _joined(left: Node, right: Node) -> Node:
    text = f"{left.digest}|{left.sum_minor}|{right.digest}|{right.sum_minor}".encode()
    return Node(sha256(_NODE + text).hexdigest(), left.sum_minor + right.sum_minor)
