"""`python -m app`: the commands, with the worker, which stands above them."""

from __future__ import annotations

import click

from app.cli import cli
from app.jobs.only_worker import WorkerRuns
from app.models.jobs import JobQueue
from app.worker import run_worker
from config import Config


@cli.command()
@click.option(
    "--queue",
    "queues",
    multiple=True,
    type=click.Choice([queue.value for queue in JobQueue]),
    help="Serve this queue only; may be given twice. Both by default.",
)
@click.pass_obj
def worker(config: Config, queues: tuple[str, ...]) -> None:
    """Do background jobs alone; the pages are another process."""
    try:
        run_worker(config, queues=[JobQueue(queue) for queue in queues] or tuple(JobQueue))
    except WorkerRuns as error:
        raise click.ClickException("A worker already serves this database.") from error


if __name__ == "__main__":
    cli(prog_name="farmgate")
