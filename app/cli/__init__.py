"""The commands: `python -m app COMMAND`."""

from app.cli import backup, founding_command, https, jobs, recheck, roads, running
from app.cli.demo import command as demo
from app.cli.root import cli

__all__ = [
    "backup",
    "cli",
    "demo",
    "founding_command",
    "https",
    "jobs",
    "recheck",
    "roads",
    "running",
]
