import pytest

from app.kernel.database import Database
from tests.orders.trading import Scene, make_scene


@pytest.fixture
def scene(database: Database) -> Scene:
    return make_scene(database)
