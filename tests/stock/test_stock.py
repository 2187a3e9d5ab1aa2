"""Stock: what is taken is gone for everybody else."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError

from app import stock
from app.kernel.database import Database
from app.market_days import opening
from app.models import LotStock
from app.stock import LotFrozen, NotEnoughLeft
from tests.market import AT, Market, listed, make_market


@pytest.fixture
def lot(database: Database) -> tuple[Market, int, int]:
    """Return the market, a lot of 120 kg and its market day."""
    with database.transaction() as session:
        market = make_market(session)
        opening.open_coming_days(session, cooperative_id=market.cooperative_id, at=AT)
        row = listed(session, market, key="a")
        assert row.market_day_id is not None
        return market, row.id, row.market_day_id


def left(database: Database, lot_id: int) -> int:
    with database.reading() as session:
        return session.scalars(select(LotStock.available_g).where(LotStock.lot_id == lot_id)).one()


def test_what_is_taken_is_gone(database: Database, lot: tuple[Market, int, int]) -> None:
    with database.transaction() as session:
        stock.take(session, lot_id=lot[1], quantity_g=100_000)
    with pytest.raises(NotEnoughLeft) as refusal, database.transaction() as session:
        stock.take(session, lot_id=lot[1], quantity_g=20_001)
    assert refusal.value.figures == {"left_g": 20_000}
    assert left(database, lot[1]) == 20_000


def test_a_frozen_lot_is_only_for_the_clearing(
    database: Database, lot: tuple[Market, int, int]
) -> None:
    with database.transaction() as session:
        stock.freeze_day(session, market_day_id=lot[2])
    with pytest.raises(LotFrozen), database.transaction() as session:
        stock.take(session, lot_id=lot[1], quantity_g=1)
    with pytest.raises(LotFrozen), database.transaction() as session:
        stock.drain(session, lot_id=lot[1])
    with database.transaction() as session:
        stock.take(session, lot_id=lot[1], quantity_g=1_000, while_frozen=True)
        stock.thaw_day(session, market_day_id=lot[2])
    with database.transaction() as session:
        stock.take(session, lot_id=lot[1], quantity_g=1_000)
        stock.give_back(session, lot_id=lot[1], quantity_g=500)
    assert left(database, lot[1]) == 118_500


def test_the_database_itself_refuses_less_than_nothing(
    database: Database, lot: tuple[Market, int, int]
) -> None:
    with pytest.raises(DatabaseError), database.transaction() as session:
        session.execute(update(LotStock).values(available_g=-1))
    assert left(database, lot[1]) == 120_000
