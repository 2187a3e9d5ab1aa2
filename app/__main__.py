"""`python -m app COMMAND`: every command, with the worker's, which stands above the others."""

from __future__ import annotations

from app.cli import cli
from app.worker import worker

cli.add_command(worker)

if __name__ == "__main__":
    cli(prog_name="farmgate")
