"""`jobs`: look at the work in the background and start failed work again."""

from __future__ import annotations

import json

import click

from app.cli.root import cli
from app.jobs import services
from app.kernel.clock import SystemClock
from app.kernel.database import Database
from app.models.jobs import Job, JobState
from config import Config


@cli.group()
def jobs() -> None:
    """Look at background work."""


@jobs.command("list")
@click.option("--state", type=click.Choice([state.value for state in JobState]))
@click.option("--limit", default=50, show_default=True)
@click.pass_obj
def list_jobs(config: Config, state: str | None, limit: int) -> None:
    """Show jobs, the newest first."""
    with Database(config.database_url).reading() as session:
        wanted = None if state is None else JobState(state)
        for job in services.newest(session, state=wanted, limit=limit):
            click.echo(_line(job))


def _line(job: Job) -> str:
    due = "at once" if job.due_at is None else job.due_at.isoformat(timespec="seconds")
    line = f"{job.state:<9} {job.progress:>3}%  {job.kind:<20} {job.key}  due {due}"
    if job.error is not None:
        line += f"  {job.error['code']}: {json.dumps(job.error['figures'], ensure_ascii=False)}"
    return line


@jobs.command()
@click.argument("key")
@click.pass_obj
def retry(config: Config, key: str) -> None:
    """Start a failed or cancelled job again."""
    with Database(config.database_url).transaction() as session:
        job = services.retry(session, key=key)
        click.echo(_line(job))


@jobs.command()
@click.argument("key")
@click.pass_obj
def cancel(config: Config, key: str) -> None:
    """Cancel a job that has not ended."""
    with Database(config.database_url).transaction() as session:
        is_without_effect = services.cancel(session, key=key, at=SystemClock().now())
    click.echo("cancelled" if is_without_effect else "already done")
