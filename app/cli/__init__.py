"""The commands: `python -m app COMMAND`."""

from app.cli import backup, jobs, running
from app.cli.root import cli

__all__ = ["backup", "cli", "jobs", "running"]
