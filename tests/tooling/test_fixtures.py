"""The fixtures themselves: a database of its own for each test, and a browser."""

from __future__ import annotations

import socket

import pytest
from playwright.sync_api import BrowserContext
from pytest_socket import SocketConnectBlockedError
from sqlalchemy import text

from app.kernel.database import Database, bound, reading, transaction
from config import ROOT, Config


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_gets_a_database_of_its_own(database: Database, turn: int) -> None:
    assert bound() is database
    with transaction() as session:
        session.execute(text("CREATE TABLE seen (turn INTEGER)"))
        session.execute(text("INSERT INTO seen VALUES (:turn)"), {"turn": turn})
    with reading() as session:
        assert session.scalars(text("SELECT turn FROM seen")).all() == [turn]


def test_no_database_is_bound_after_a_test() -> None:
    with pytest.raises(RuntimeError, match="no database is bound"):
        bound()


def test_a_real_installation_is_out_of_reach() -> None:
    settings = Config.from_environment()
    assert not settings.instance_dir.is_relative_to(ROOT)
    assert not settings.media_dir.is_relative_to(ROOT)
    assert settings.database_url == f"sqlite:///{settings.instance_dir}/farmgate.db"


def test_the_world_beyond_this_machine_is_out_of_reach() -> None:
    with pytest.warns(UserWarning, match="192.0.2.1"), pytest.raises(SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()


def test_a_phone_is_360_pixels_wide(phone: BrowserContext) -> None:
    page = phone.new_page()
    page.set_content("<meta name=viewport content='width=device-width'><p>Harvest")
    assert page.evaluate("window.innerWidth") == 360
