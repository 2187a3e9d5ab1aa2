"""`roads build`: turn an OpenStreetMap extract into a cooperative's road map."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import select

from app.cli.root import cli
from app.kernel.clock import SystemClock
from app.kernel.database import Database
from app.media.store import FolderStore
from app.models import Cooperative
from config import Config
from logistics.services import road_maps, road_settings
from logistics.solver.roads.extract import build


@cli.group()
def roads() -> None:
    """Look after road maps."""


@roads.command("build")
@click.argument("extract", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--cooperative", "slug", help="Its short name; by default the first one.")
@click.pass_obj
def build_map(config: Config, extract: Path, slug: str | None) -> None:
    """Build the road map of EXTRACT, an .osm.pbf or .osm file, and put it to use.

    Data (c) OpenStreetMap contributors.
    """
    settings = road_settings.settings(FolderStore(config.media_dir), service="", address="")
    road_settings.bind(settings)
    wanted = select(Cooperative).order_by(Cooperative.id).limit(1)
    if slug is not None:
        wanted = wanted.where(Cooperative.slug == slug)
    database = Database(config.database_url)
    try:
        with database.reading() as session:
            home = session.scalar(wanted)
        if home is None:
            raise click.ClickException("There is no such cooperative in this database.")
        graph = build(
            extract,
            progress=lambda ways: click.echo(f"{ways} ways read", err=True),
            most_mb=settings.most_mb,
        )
        with database.transaction() as session:
            made = road_maps.build_at_once(
                session,
                cooperative_id=home.id,
                path=extract,
                graph=graph,
                at=SystemClock().now(),
            )
            segments = made.segments
    finally:
        database.dispose()
    click.echo(f"{home.name}: a road map of {segments} segments is in use ({graph.digest[:12]}).")
