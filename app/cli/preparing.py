"""What must stand before the processes start: directories, a safe SQLite, the schema."""

from __future__ import annotations

from pathlib import Path

import alembic.command
import alembic.config
from alembic.script import ScriptDirectory

from app.cli.sqlite_safety import sqlite_way
from config import ROOT, Config


def prepare(config: Config) -> list[str]:
    """Make an installation ready to serve; return lines to print once it does."""
    config.instance_dir.mkdir(parents=True, exist_ok=True)
    config.media_dir.mkdir(parents=True, exist_ok=True)
    migrate(config)
    lines = []
    if config.database_url.startswith("sqlite"):
        lines.append(sqlite_way())
    return lines


def migrate(config: Config) -> None:
    """Bring the database to the newest schema."""
    if config.database_url.startswith("sqlite:///"):
        path = Path(config.database_url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
    alembic.command.upgrade(alembic_config(config.database_url), "head")


def known_revisions() -> frozenset[str]:
    """Return the schema versions that this version of the program knows."""
    scripts = ScriptDirectory.from_config(alembic_config(""))
    return frozenset(script.revision for script in scripts.walk_revisions())


def alembic_config(database_url: str) -> alembic.config.Config:
    """Return Alembic's settings for a database, without a file of its own.

    ``migrations/env.py`` reads the address from ``sqlalchemy.url``.
    """
    settings = alembic.config.Config()
    settings.set_main_option("script_location", str(ROOT / "migrations"))
    # The settings are of the ini kind, where a percent sign is special.
    settings.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return settings
