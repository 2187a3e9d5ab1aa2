"""The backup file: a tar.gz with a manifest that names every file and its checksum."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from app.cli.stores import DATABASE_FILE, Store
from app.kernel.errors import N_, Refusal

FORMAT = 1
_MANIFEST = "manifest.json"
_MEDIA = "media"


class BadBackup(Refusal):
    """The file is not a whole, unchanged backup."""

    code = "bad_backup"
    message = N_("This is not a complete backup: %(what)s. Nothing was changed.")


@dataclass(frozen=True)
class Content:
    """A backup that was unpacked to a temporary place and agrees with its checksums."""

    database_kind: str
    schema_version: str
    created_at: str
    database: Path
    media: Path


def write(file: Path, *, store: Store, media_dir: Path, at: datetime) -> int:
    """Write a backup beside its final name, then move it there; return how many files.

    The database is saved before the media: a file that comes in between is one too
    many, and never one missing.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as temporary:
        database = Path(temporary) / DATABASE_FILE
        store.save(database)
        files = {DATABASE_FILE: database} | {
            f"{_MEDIA}/{path.relative_to(media_dir).as_posix()}": path
            for path in sorted(media_dir.rglob("*"))
            if path.is_file()
        }
        unfinished = Path(temporary) / "unfinished"
        _pack(unfinished, files, store=store, at=at)
        unfinished.replace(file)
    return len(files)


def _pack(target: Path, files: dict[str, Path], *, store: Store, at: datetime) -> None:
    manifest = {
        "format": FORMAT,
        "created_at": at.isoformat(timespec="seconds"),
        "database": store.kind,
        "schema_version": store.schema_version(),
        "sha256": {name: _sha256(path) for name, path in files.items()},
    }
    with tarfile.open(target, "w:gz") as tar, tempfile.NamedTemporaryFile("w") as note:
        json.dump(manifest, note, indent=1)
        note.flush()
        tar.add(note.name, _MANIFEST)
        for name, path in tqdm(files.items(), desc="Saving", unit="file", delay=1):
            tar.add(path, name)


@contextmanager
def opened(file: Path) -> Iterator[Content]:
    """Yield what a backup holds, unpacked and checked.

    :raises BadBackup: if it cannot be read or does not agree with its checksums.
    """
    with tempfile.TemporaryDirectory(prefix="farmgate-restore-") as temporary:
        folder = Path(temporary)
        try:
            _unpack(file, folder)
        except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
            raise BadBackup(what=str(error)) from error
        manifest = _checked_manifest(folder)
        yield Content(
            database_kind=str(manifest["database"]),
            schema_version=str(manifest["schema_version"]),
            created_at=str(manifest["created_at"]),
            database=folder / DATABASE_FILE,
            media=folder / _MEDIA,
        )


def _unpack(file: Path, folder: Path) -> None:
    with tarfile.open(file, "r:gz") as tar:
        for member in tar:
            name = PurePosixPath(member.name)
            # Only plain files at plain names: no way out of the folder, no links, no devices.
            if not member.isfile() or name.is_absolute() or ".." in name.parts:
                raise BadBackup(what=f"{member.name} has no place in a backup")
            content = tar.extractfile(member)
            assert content is not None
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with content, target.open("wb") as copy:
                shutil.copyfileobj(content, copy)


def _checked_manifest(folder: Path) -> dict[str, object]:
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        expected = dict(manifest["sha256"])
        if manifest["format"] != FORMAT:
            raise BadBackup(what=f"format {manifest['format']} is not known")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadBackup(what="it has no readable manifest") from error
    found = {
        path.relative_to(folder).as_posix(): _sha256(path)
        for path in folder.rglob("*")
        if path.is_file() and path != folder / _MANIFEST
    }
    differing = sorted(name for name, _ in found.items() ^ expected.items())
    if differing or DATABASE_FILE not in found:
        raise BadBackup(what=f"{(differing or [DATABASE_FILE])[0]} is missing or changed")
    return dict(manifest)


def replace_folder(source: Path, target: Path) -> None:
    """Put a folder's content in place of another's, which is removed only afterwards."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.restored")
    old = target.with_name(f"{target.name}.replaced")
    for left_over in (fresh, old):
        if left_over.exists():
            shutil.rmtree(left_over)
    if source.is_dir():
        shutil.copytree(source, fresh)
    else:
        fresh.mkdir()
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    if old.exists():
        shutil.rmtree(old)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
