"""The jobs that bring messages to phones, for whoever composes a worker."""

from __future__ import annotations

from functools import partial

from app.jobs.registry import Registry
from app.messages.channels import Channels
from app.messages.delivering import SEND_JOB, run_make
from app.messages.sending import sender
from app.messages.services import DELIVER_JOB


def register(registry: Registry, channels: Channels) -> None:
    """Add the kinds of job that follow what people are told."""
    registry.add_effect(DELIVER_JOB, partial(run_make, channels=channels))
    registry.add(SEND_JOB, sender(channels))
