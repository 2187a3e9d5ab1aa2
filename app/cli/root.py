"""The click group that every command hangs on, and what commands share."""

from __future__ import annotations

import click

from app.cli.logs import configure_logs
from app.kernel.errors import Refusal
from config import Config, ConfigError


class _Commands(click.Group):
    """Shows refusals as one line and exit code 1, as pages show them in one place."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except Refusal as refusal:
            raise click.ClickException(refusal.message % refusal.figures) from refusal


@click.group(cls=_Commands)
@click.pass_context
def cli(context: click.Context) -> None:
    """Farmgate: the market between a village and a city."""
    try:
        context.obj = Config.from_environment()
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    configure_logs(context.obj.log_level)
