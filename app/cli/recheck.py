"""`recheck`: prove a stored clearing again, from its record alone."""

from __future__ import annotations

import click

from app.cli.root import cli
from app.kernel.database import Database
from app.matching import services
from app.matching.record import RecordDamaged
from config import Config


@cli.command()
@click.argument("run_id", type=int)
@click.pass_obj
def recheck(config: Config, run_id: int) -> None:
    """Check the certificate of the clearing RUN_ID from its stored record alone.

    Neither the solver nor the market's present state is asked. The figures are in
    minor units per kg times grams, so thousandths of a minor unit.
    """
    database = Database(config.database_url)
    try:
        with database.reading() as session:
            verdict = services.recheck(session, run_id=run_id)
    except RecordDamaged as damage:
        raise click.ClickException(
            f"The record of clearing {run_id} is damaged: {damage}."
        ) from damage
    finally:
        database.dispose()
    click.echo(
        f"Clearing {run_id} is proved: value {verdict.value}, bound {verdict.bound}, "
        f"bound if every order could be divided {verdict.relaxed_bound}."
    )
