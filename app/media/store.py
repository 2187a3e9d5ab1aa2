"""Where files lie: a Protocol, and a folder that keeps it on one machine."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from pathlib import Path
from typing import Protocol

from app.kernel.errors import N_, NotFound

# No dot may begin a part, so that no name climbs out of the folder or hides in it.
_NAME = re.compile(r"[a-z0-9_-][a-z0-9._-]*(?:/[a-z0-9_-][a-z0-9._-]*)*")


class FileMissing(NotFound):
    """The store holds no file of this name."""

    code = "file_missing"
    message = N_("This file is no longer there.")


class Store(Protocol):
    """Keeps files by name; a name is small letters, digits, ``-._`` and ``/``."""

    def put(self, name: str, data: bytes) -> None:
        """Keep a file, whole or not at all; the same name again replaces it."""
        ...

    def get(self, name: str) -> bytes:
        """Return a file.

        :raises FileMissing: if there is none of this name.
        """
        ...

    def delete(self, name: str) -> None:
        """Remove a file; one that is not there is no error, so that it can be repeated."""
        ...


class FolderStore:
    """Files in a folder; shared by every process of one machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, data: bytes) -> None:
        """Keep a file; after a kill or a power cut it is there whole or not at all."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    Path(file.name).unlink()
                raise
        _sync_folder(path.parent)

    def get(self, name: str) -> bytes:
        """Return a file.

        :raises FileMissing: if there is none of this name.
        """
        try:
            return self._path(name).read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            raise FileMissing from None

    def delete(self, name: str) -> None:
        """Remove a file, if it is there."""
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):
            self._path(name).unlink()

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise FileMissing
        return self._folder / name


def _sync_folder(folder: Path) -> None:
    # The new name itself is durable only when its folder is.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
