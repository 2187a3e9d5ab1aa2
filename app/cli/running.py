"""`run`, `web`, `migrate`: the whole application, its web process, its schema."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping, Sequence
from types import FrameType

import click
import waitress

from app import create_app
from app.cli import preparing
from app.cli.lifeline import Lifeline
from app.cli.root import cli
from app.cli.supervisor import ChildEnded, Supervisor
from app.models.jobs import JobQueue
from config import Config


@cli.command()
@click.pass_obj
def run(config: Config) -> None:
    """Prepare the database, then serve pages and do jobs until Ctrl-C."""
    lines = preparing.prepare(config)
    ready = [f"Farmgate is ready: {config.public_url} (Ctrl-C ends it)", *lines]
    run_tree(config, web=["web"], environment={}, ready=ready)


def run_tree(
    config: Config, *, web: Sequence[str], environment: Mapping[str, str], ready: Sequence[str]
) -> None:
    """Run a web process and the worker as one tree until SIGTERM or SIGINT.

    :param web: the command that serves the pages.
    :param environment: variables for the tree's processes alone.
    :param ready: lines to print once all of it serves.
    """
    with Supervisor(environment) as supervisor:
        supervisor.start("web", web)
        if config.is_one_machine:
            supervisor.start("worker", ["worker"])
        else:
            for queue in JobQueue:
                supervisor.start(f"{queue} worker", ["worker", f"--queue={queue}"])
        try:
            if supervisor.wait_until_ready():
                for line in ready:
                    click.echo(line)
            supervisor.wait_until_asked_to_end()
        except (ChildEnded, TimeoutError) as error:
            raise click.ClickException(f"{error}; everything else is ended too.") from error


@cli.command()
@click.pass_obj
def web(config: Config) -> None:
    """Serve the pages alone; the worker is another process."""
    lifeline = Lifeline()
    lifeline.hold()
    try:
        server = waitress.create_server(
            create_app(), host=config.host, port=config.port, threads=config.web_threads
        )
    except OSError as error:
        raise click.ClickException(
            f"Port {config.port} on {config.host} cannot be used: {error.strerror}. "
            "Set FARMGATE_PORT to another one."
        ) from error
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    lifeline.report_ready()
    server.run()


def _leave(_number: int, _frame: FrameType | None) -> None:
    # Waitress takes this as the wish to finish its requests and return.
    sys.exit()


@cli.command()
@click.pass_obj
def migrate(config: Config) -> None:
    """Bring the database to the newest schema."""
    preparing.migrate(config)
