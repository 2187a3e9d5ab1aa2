"""The commands: `python -m app COMMAND`."""

from app.cli import jobs, running
from app.cli.root import cli

__all__ = ["cli", "jobs", "running"]
