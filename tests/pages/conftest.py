from pathlib import Path

import pytest

from app.kernel import database as kernel_database
from tests.pages.stall import Stall, make_stall


@pytest.fixture
def stall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stall:
    # Bound through monkeypatch, so that no later test meets this one's database.
    monkeypatch.setattr(kernel_database, "_bound", None)
    return make_stall(tmp_path)
