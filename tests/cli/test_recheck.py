"""`recheck`: a stored clearing proves itself, and a forged one is found out."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.recheck import recheck
from app.kernel.database import Database
from app.kernel.errors import NotFound
from app.matching.services import CertificateBroken, clear, load_problem, save
from app.models import ClearingRun
from config import Config
from tests.market import listed, make_market
from tests.matching.test_services import LATER, open_day, request


@pytest.fixture
def run_id(database: Database) -> int:
    with database.transaction() as session:
        market = make_market(session)
        day = open_day(session, market)
        listed(session, market, key="tan-1").market_day_id = day.id
        request(session, market, day)
        crop = market.potato_id
        clearing = clear(load_problem(session, market_day_id=day.id, crop_id=crop, at=LATER))
        saved = save(session, market_day_id=day.id, crop_id=crop, clearing=clearing, at=LATER)
        return saved.run_id


def _recheck(database: Database, tmp_path: Path, run_id: int) -> Result:
    config = Config.from_environment({"FARMGATE_INSTANCE_DIR": str(tmp_path)})
    config = dataclasses.replace(config, database_url=database.url)
    return CliRunner().invoke(recheck, [str(run_id)], obj=config)


def _forge(database: Database, run_id: int, **changes: object) -> None:
    with database.transaction() as session:
        run = session.get_one(ClearingRun, run_id)
        run.certificate = run.certificate | changes


def test_a_stored_clearing_is_proved_from_its_record(
    database: Database, tmp_path: Path, run_id: int
) -> None:
    with database.reading() as session:
        value = session.get_one(ClearingRun, run_id).value_scaled
    done = _recheck(database, tmp_path, run_id)
    assert done.exit_code == 0
    assert done.output.startswith(f"Clearing {run_id} is proved: value {value}, bound {value}")


def test_a_forged_value_is_found_out(database: Database, tmp_path: Path, run_id: int) -> None:
    _forge(database, run_id, value=10**9)
    done = _recheck(database, tmp_path, run_id)
    assert isinstance(done.exception, CertificateBroken)
    assert done.exit_code == 1


def test_a_damaged_record_is_named_and_no_crash(
    database: Database, tmp_path: Path, run_id: int
) -> None:
    _forge(database, run_id, input_hash="0" * 64)
    done = _recheck(database, tmp_path, run_id)
    assert (done.exit_code, "damaged" in done.output) == (1, True)


def test_an_unknown_clearing_is_not_found(database: Database, tmp_path: Path) -> None:
    assert isinstance(_recheck(database, tmp_path, 7).exception, NotFound)
