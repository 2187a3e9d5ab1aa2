"""A harvest that was not sure: yes, no, silence, and too late."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from app.kernel.database import reading, transaction
from app.models import Allocation, Lot, LotStock, OrderLine
from tests.farmers import grown
from tests.farmers.conftest import Farm
from tests.market import listed


def test_a_farmer_says_yes_or_no_while_nothing_is_planned(farm: Farm) -> None:
    with transaction() as session:
        sure = listed(session, farm.market, key="a", is_uncertain=True)
        gone = listed(session, farm.market, key="b", is_uncertain=True)
    client = farm.client(farm.market.tan_id)
    assert "Will you have it?" in client.get("/my-day").text
    client.post(f"/harvests/{sure.id}/answer", data={"key": "key-0000001", "answer": "yes"})
    for key in ("key-0000002", "key-0000002", "key-0000003"):
        data = {"key": key, "answer": "no"}
        assert client.post(f"/harvests/{gone.id}/answer", data=data).status_code == 303
    with reading() as session:
        rows = session.execute(
            select(Lot.is_uncertain, Lot.withdrawn_at, LotStock.available_g)
            .join(LotStock, LotStock.lot_id == Lot.id)
            .order_by(Lot.id)
        ).all()
    assert [tuple(row) for row in rows] == [(False, None, 120_000), (True, farm.at, 0)]
    foreign = farm.client(farm.market.xiang_id)
    data = {"key": "key-0000009", "answer": "no"}
    assert foreign.post(f"/harvests/{sure.id}/answer", data=data).status_code == 404


def test_once_the_truck_is_planned_it_is_too_late_for_a_no(farm: Farm, tmp_path: Path) -> None:
    lot_id = grown.sell(farm, tmp_path / "media")
    with transaction() as session:
        session.get_one(Lot, lot_id).is_uncertain = True
    client = farm.client(farm.market.tan_id)
    page = client.post(f"/harvests/{lot_id}/answer", data={"key": "key-0000001", "answer": "no"})
    assert page.status_code == 409 or page.status_code == 422
    assert "The truck is planned already." in page.text
    with reading() as session:
        assert session.scalars(select(Allocation.released_at)).all() == [None]


def test_a_no_after_the_matching_gives_the_buyers_hold_back(farm: Farm, tmp_path: Path) -> None:
    lot_id = grown.sell(farm, tmp_path / "media", plan=False)
    with transaction() as session:
        session.get_one(Lot, lot_id).is_uncertain = True
    client = farm.client(farm.market.tan_id)
    page = client.post(f"/harvests/{lot_id}/answer", data={"key": "key-0000001", "answer": "no"})
    assert page.status_code == 303
    with reading() as session:
        assert session.scalars(select(OrderLine.allocated_g)).all() == [0]
        assert session.scalars(select(LotStock.available_g)).all() == [0]
