"""`backup` and `restore`: the database and the media folder in one checked archive."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli import archive
from app.cli.preparing import known_revisions
from app.cli.root import cli
from app.cli.stores import open_store
from app.kernel.clock import SystemClock
from app.kernel.errors import N_, Refusal
from config import Config


class TargetNotEmpty(Refusal):
    """Restoring would overwrite what is there."""

    code = "restore_target_not_empty"
    message = N_("There is data here already. Give --force to replace it by the backup.")


class WrongDatabase(Refusal):
    """A backup goes back into the kind of database it came from."""

    code = "restore_wrong_database"
    message = N_("The backup is of %(found)s, and this installation uses %(wanted)s.")


class NewerBackup(Refusal):
    """The backup was made by a newer version of the program."""

    code = "restore_newer_backup"
    message = N_("The backup was made by a newer Farmgate (schema %(found)s). Update first.")


@cli.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.pass_obj
def backup(config: Config, file: Path | None) -> None:
    """Save the database and all media to FILE; the application may be running."""
    at = SystemClock().now()
    file = file or Path(f"farmgate-{at:%Y%m%d-%H%M%S}.tar.gz")
    store = open_store(config.database_url)
    count = archive.write(file, store=store, media_dir=config.media_dir, at=at)
    click.echo(f"Saved {count} files to {file}")


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the data that is there.")
@click.pass_obj
def restore(config: Config, file: Path, force: bool) -> None:
    """Put the backup FILE in place of this installation's data.

    Nothing is touched before the whole archive was read and every checksum agreed.
    """
    store = open_store(config.database_url)
    with archive.opened(file) as content:
        if content.database_kind != store.kind:
            raise WrongDatabase(found=content.database_kind, wanted=store.kind)
        if not set(filter(None, content.schema_version.split(","))) <= known_revisions():
            raise NewerBackup(found=content.schema_version)
        if not force and not (store.is_empty() and _is_empty(config.media_dir)):
            raise TargetNotEmpty
        store.load(content.database)
        archive.replace_folder(content.media, config.media_dir)
    click.echo(f"Restored {file}; the backup was made at {content.created_at}.")


def _is_empty(folder: Path) -> bool:
    return not folder.is_dir() or not any(folder.iterdir())
