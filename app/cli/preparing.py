"""What must stand before the processes start: directories, a safe SQLite, the schema."""

from __future__ import annotations

from pathlib import Path

import alembic.command
import alembic.config
from alembic.script import ScriptDirectory
from sqlalchemy import select

from app.cli.demo.founding import DEMO_SLUG
from app.cli.demo.living import live_in
from app.cli.sqlite_safety import sqlite_way
from app.kernel.clock import SystemClock
from app.kernel.database import Database
from app.models import Cooperative, RoleKind
from app.web.demo_links import demo_path
from config import ROOT, Config

SHOWN = (
    RoleKind.FARMER,
    RoleKind.BUYER,
    RoleKind.MANAGER,
    RoleKind.DRIVER,
    RoleKind.SHOPKEEPER,
    RoleKind.VILLAGE_LEAD,
    RoleKind.HUB_WORKER,
)
HOW_TO_FOUND = (
    "No cooperative yet. In another terminal: python -m app found --name NAME --manager NAME"
)


def prepare(config: Config) -> list[str]:
    """Make an installation ready to serve; return lines to print once it does."""
    config.instance_dir.mkdir(parents=True, exist_ok=True)
    config.media_dir.mkdir(parents=True, exist_ok=True)
    migrate(config)
    lines = _demo_lines(config)
    if config.database_url.startswith("sqlite"):
        lines.append(sqlite_way())
    return lines


def _demo_lines(config: Config) -> list[str]:
    """Give an empty installation the demo, and return its sign-in links."""
    database = Database(config.database_url)
    if not config.demo:
        with database.reading() as session:
            is_empty = session.scalar(select(Cooperative.id).limit(1)) is None
        database.dispose()
        return [HOW_TO_FOUND] if is_empty else []
    with database.transaction() as session:
        live_in(session, at=SystemClock().now())
        is_demo = session.scalar(select(Cooperative.slug).order_by(Cooperative.id)) == DEMO_SLUG
    database.dispose()
    if not (is_demo and config.demo_links):
        return []
    links = [
        f"  {kind:<13}{config.public_url}{demo_path(config.secret_key, kind)}" for kind in SHOWN
    ]
    return ["Sign in as one of the demo's people (on this machine only):", *links]


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
