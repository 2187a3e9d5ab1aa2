"""A backup brings everything back, and a damaged or foreign one changes nothing."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click import Command
from click.testing import CliRunner, Result
from sqlalchemy import delete

from app.cli.archive import BadBackup
from app.cli.backup import NewerBackup, TargetNotEmpty, WrongDatabase, backup, restore
from app.cli.stores import PostgresqlStore, StillRunning, ToolMissing
from app.jobs import services
from app.jobs.only_worker import OnlyWorker
from app.kernel.database import Database
from app.kernel.errors import NotFound
from app.models import Cooperative
from app.models.jobs import Job
from config import Config

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PHOTO = bytes(range(256)) * 40


class Installation:
    """A database and a media folder, used by the commands."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.media = folder / "media"
        settings = {
            "FARMGATE_DATABASE_URL": database.url,
            "FARMGATE_INSTANCE_DIR": str(folder),
        }
        self._config = Config.from_environment(settings)

    def run(self, command: Command, *arguments: str | Path) -> Result:
        """Run a command; its refusal is raised here."""
        words = [str(argument) for argument in arguments]
        return CliRunner().invoke(command, words, obj=self._config, catch_exceptions=False)

    def fill(self) -> None:
        """Give it a cooperative, a job and a photo."""
        with self.database.transaction() as session:
            session.add(
                Cooperative(
                    name="恩施合作社",
                    slug="enshi",
                    country="CN",
                    currency="CNY",
                    time_zone="Asia/Shanghai",
                    languages=["zh", "en"],
                    created_at=NOON,
                )
            )
            services.enqueue(session, kind="greet", key="greet:1", payload={"who": "王"}, at=NOON)
        (self.media / "lots").mkdir(parents=True)
        (self.media / "lots" / "1.jpg").write_bytes(PHOTO)

    def holds_what_it_was_filled_with(self) -> bool:
        """Return whether all of it is there and nothing else is in the media."""
        with self.database.reading() as session:
            job = services.find(session, key="greet:1")
        files = [path for path in self.media.rglob("*") if path.is_file()]
        return job.payload == {"who": "王"} and [path.read_bytes() for path in files] == [PHOTO]

    def is_untouched(self) -> bool:
        """Return whether it was never filled."""
        with pytest.raises(NotFound), self.database.reading() as session:
            services.find(session, key="greet:1")
        return not self.media.exists()


Found = Callable[[str], Installation]


@pytest.fixture
def found(new_sqlite: Callable[[], str], tmp_path: Path) -> Found:
    """Return a function that makes an empty SQLite installation."""

    def by_name(name: str) -> Installation:
        (tmp_path / name).mkdir()
        return Installation(Database(new_sqlite()), tmp_path / name)

    return by_name


@pytest.fixture
def saved(found: Found, tmp_path: Path) -> Path:
    """Return a good backup."""
    old = found("old")
    old.fill()
    file = tmp_path / "saved.tar.gz"
    assert "Saved 2 files" in old.run(backup, file).output
    return file


def test_what_was_saved_is_there_again_on_an_empty_machine(found: Found, saved: Path) -> None:
    new = found("new")
    assert "Restored" in new.run(restore, saved).output
    assert new.holds_what_it_was_filled_with()


def test_a_restore_over_data_needs_force_and_then_removes_what_came_later(
    database: Database, tmp_path: Path
) -> None:
    if not database.is_sqlite and shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    here = Installation(database, tmp_path)
    here.fill()
    file = tmp_path / "saved.tar.gz"
    here.run(backup, file)
    with database.transaction() as session:
        session.execute(delete(Job))
        services.enqueue(session, kind="greet", key="greet:2", payload={}, at=NOON)
    (here.media / "lots" / "2.jpg").write_bytes(b"later")
    with pytest.raises(TargetNotEmpty):
        here.run(restore, file)
    assert (here.media / "lots" / "2.jpg").exists()
    here.run(restore, "--force", file)
    assert here.holds_what_it_was_filled_with()
    with pytest.raises(NotFound), database.reading() as session:
        services.find(session, key="greet:2")


def test_a_backup_while_somebody_writes_is_consistent_and_waits_for_nobody(
    found: Found, tmp_path: Path
) -> None:
    busy, new = found("busy"), found("new")
    busy.fill()
    file = tmp_path / "saved.tar.gz"
    with busy.database.transaction() as session:
        services.enqueue(session, kind="greet", key="greet:2", payload={}, at=NOON)
        session.flush()
        busy.run(backup, file)
    new.run(restore, file)
    assert new.holds_what_it_was_filled_with()
    with pytest.raises(NotFound), new.database.reading() as session:
        services.find(session, key="greet:2")


def _repacked(saved: Path, changes: Mapping[str, bytes]) -> Path:
    """Write the backup again with some files changed or added."""
    with tarfile.open(saved) as old:
        files = {member.name: old.extractfile(member) for member in old}
        content = {name: file.read() for name, file in files.items() if file is not None}
    changed = saved.with_name("changed.tar.gz")
    with tarfile.open(changed, "w:gz") as new:
        for name, data in (content | dict(changes)).items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    return changed


@pytest.mark.parametrize(
    "changes",
    [
        {"media/lots/1.jpg": b"another picture"},
        {"media/lots/9.jpg": b"not in the manifest"},
        {"database": b"not a database"},
        {"manifest.json": b"{}"},
        {"manifest.json": b"no JSON"},
        {"../outside": b"out of the folder"},
        {"/tmp/outside": b"out of the folder"},
    ],
)
def test_a_changed_backup_is_refused_and_nothing_is_touched(
    found: Found, saved: Path, changes: Mapping[str, bytes]
) -> None:
    new = found("new")
    with pytest.raises(BadBackup):
        new.run(restore, _repacked(saved, changes))
    assert new.is_untouched()


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
def test_half_a_backup_is_refused_and_nothing_is_touched(
    found: Found, saved: Path, part: float
) -> None:
    new = found("new")
    saved.write_bytes(saved.read_bytes()[: int(saved.stat().st_size * part)])
    with pytest.raises(BadBackup):
        new.run(restore, saved)
    assert new.is_untouched()


def test_a_link_in_a_backup_is_refused(found: Found, saved: Path) -> None:
    link = tarfile.TarInfo("media/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    plain = saved.with_suffix("")
    plain.write_bytes(gzip.decompress(saved.read_bytes()))
    with tarfile.open(plain, "a") as tar:
        tar.addfile(link)
    saved.write_bytes(gzip.compress(plain.read_bytes()))
    with pytest.raises(BadBackup):
        found("new").run(restore, saved)


@pytest.mark.parametrize(
    ("field", "value", "refusal"),
    [
        ("database", "postgresql", WrongDatabase),
        ("schema_version", "of_tomorrow", NewerBackup),
        ("format", 99, BadBackup),
    ],
)
def test_a_backup_that_does_not_fit_is_refused(
    found: Found, saved: Path, field: str, value: object, refusal: type[Exception]
) -> None:
    with tarfile.open(saved) as tar:
        file = tar.extractfile("manifest.json")
        assert file is not None
        manifest = json.load(file)
    changed = _repacked(saved, {"manifest.json": json.dumps(manifest | {field: value}).encode()})
    new = found("new")
    with pytest.raises(refusal):
        new.run(restore, changed)
    assert new.is_untouched()


def test_nothing_is_restored_under_a_running_worker(found: Found, saved: Path) -> None:
    new = found("new")
    worker = OnlyWorker(Path(new.database.url.removeprefix("sqlite:///")))
    worker.take(patience_s=0)
    with pytest.raises(StillRunning):
        new.run(restore, saved)
    worker.give_back()
    assert new.is_untouched()


def test_a_restored_database_is_whole(found: Found, saved: Path) -> None:
    new = found("new")
    new.run(restore, saved)
    connection = sqlite3.connect(new.database.url.removeprefix("sqlite:///"))
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


def test_a_missing_pg_dump_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing):
        PostgresqlStore("postgresql+psycopg://nobody@127.0.0.1:1/none").save(tmp_path / "x")
