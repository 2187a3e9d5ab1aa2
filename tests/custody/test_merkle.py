from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.custody.merkle import Node, leads_to, leaf, path, root, salt_of

balances = st.lists(st.integers(0, 10**12), min_size=1, max_size=40)


def _leaves(amounts: list[int]) -> list[Node]:
    return [leaf(salt_of(b"secret", i), amount) for i, amount in enumerate(amounts)]


@given(balances)
def test_every_member_comes_to_the_published_total(amounts: list[int]) -> None:
    leaves = _leaves(amounts)
    published = root(leaves)
    assert published.sum_minor == sum(amounts)
    for position, start in enumerate(leaves):
        assert leads_to(start, path(leaves, position), published)


@given(balances, st.data())
def test_another_balance_or_a_changed_neighbour_does_not(
    amounts: list[int], data: st.DataObject
) -> None:
    leaves = _leaves(amounts)
    published = root(leaves)
    position = data.draw(st.integers(0, len(amounts) - 1))
    way = path(leaves, position)
    more = leaf(salt_of(b"secret", position), amounts[position] + 1)
    assert not leads_to(more, way, published)
    if way:
        step = data.draw(st.integers(0, len(way) - 1))
        node = replace(way[step].node, sum_minor=way[step].node.sum_minor + 1)
        forged = [*way[:step], replace(way[step], node=node), *way[step + 1 :]]
        assert not leads_to(leaves[position], forged, published)


def test_a_debt_cannot_hide_among_the_neighbours() -> None:
    mine = leaf(salt_of(b"secret", 1), 100)
    debt = replace(mine, sum_minor=-40)
    with pytest.raises(ValueError):
        leaf(salt_of(b"secret", 2), -40)
    published = root([mine, debt])
    assert not leads_to(mine, path([mine, debt], 0), published)


def test_an_empty_tree_has_a_root_of_nothing() -> None:
    assert root([]).sum_minor == 0
    with pytest.raises(IndexError):
        path([], 0)


def test_salts_differ_by_account_and_by_secret() -> None:
    salts = {salt_of(b"a", 1), salt_of(b"a", 2), salt_of(b"b", 1)}
    assert len(salts) == 3
