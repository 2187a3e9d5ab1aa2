"""`demo`: rehearse one market day in the terminal."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path

import click
import structlog
from babel.numbers import get_territory_currencies

from app.cli.demo import founding, printing, region, report
from app.cli.demo.rehearsal import Rehearsal
from app.cli.demo.stage import stage
from app.cli.root import cli
from app.places.reading import read_file
from config import Config

# The rehearsal's own day, so that the same options give the same market on any date.
_MORNING = datetime(2026, 5, 4, 1, 0, tzinfo=UTC)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of words.")
@click.option(
    "--places",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV file with the columns name, lat and lon: rehearse its region.",
)
@click.option("--farmers", type=click.IntRange(1, 20_000), default=40, show_default=True)
@click.option("--orders", type=click.IntRange(1, 100_000), default=80, show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**31), default=1, show_default=True)
@click.option("--country", default="CN", show_default=True, help="Country of --places.")
@click.pass_obj
def demo(
    config: Config,
    *,
    as_json: bool,
    places: Path | None,
    farmers: int,
    orders: int,
    seed: int,
    country: str,
) -> None:
    """Rehearse one market day: offers, orders, clearing, routes, hand-over, statements.

    It runs on a database of its own, which is thrown away.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    where = region.enshi() if places is None else _region(places, seed, country.upper())
    with stage(config, at=_MORNING) as on_stage:
        with on_stage.database.transaction() as session:
            founded = founding.found(
                session,
                where,
                farmers=farmers,
                buyers=max(4, orders // 6),
                seed=seed,
                at=on_stage.at,
            )
        rehearsal = Rehearsal(on_stage, founded, seed=seed, is_quiet=False)
        rehearsal.run(orders=orders)
        with on_stage.database.reading() as session:
            found = report.report(session, market_day_id=rehearsal.day.id, of=rehearsal.offered)
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False))
        return
    for line in printing.lines(
        found, cooperative=where.name, on=f"{rehearsal.day.on:%d %B %Y}", currency=where.currency
    ):
        click.echo(line)


def _region(path: Path, seed: int, country: str) -> region.Region:
    currencies = get_territory_currencies(country)
    if not currencies:
        raise click.BadParameter(f"{country} is no country code", param_hint="--country")
    read = read_file(path, source="file")
    for fault in read.faults[:20]:
        click.echo(f"row {fault.row}: {fault.message % fault.figures}", err=True)
    if len(read.faults) > 20:
        click.echo(f"… and {len(read.faults) - 20} more faults", err=True)
    return region.of_places(read.places, seed=seed, country=country, currency=currencies[-1])
