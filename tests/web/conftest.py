"""A lively market for the tests that look at every page; it is made once a process."""

from __future__ import annotations

import pytest

from app.kernel import database as kernel_database
from tests.web.lively_market import LivelyMarket, make


@pytest.fixture(scope="session")
def made_market(tmp_path_factory: pytest.TempPathFactory) -> LivelyMarket:
    with pytest.MonkeyPatch.context() as patch:
        # Making an application binds its database; later tests bind their own.
        patch.setattr(kernel_database, "_bound", None)
        return make(tmp_path_factory.mktemp("lively"))


@pytest.fixture
def lively(made_market: LivelyMarket, monkeypatch: pytest.MonkeyPatch) -> LivelyMarket:
    """Return the lively market, with its database bound."""
    monkeypatch.setattr(kernel_database, "_bound", made_market.database)
    return made_market
