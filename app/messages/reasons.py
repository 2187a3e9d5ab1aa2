"""How an attempt to bring a message to a phone ended, and why, as stable codes."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.errors import N_
from app.models import DeliveryState

NO_ANSWER = "no_answer"
SERVER_FAULT = "server_fault"
ODD_ANSWER = "odd_answer"
INTERRUPTED = "interrupted"
REFUSED = "refused"
UNREACHABLE = "unreachable"
BUSY = "busy"
TOO_LATE = "too_late"
SWITCHED_OFF = "switched_off"
NO_DEVICE = "no_device"
NO_PHONE = "no_phone"
NO_CHANNEL = "no_channel"
ARRIVED = "arrived"

WORDS = {
    NO_ANSWER: N_("The service got it and did not answer. It may have arrived."),
    SERVER_FAULT: N_("The service had a fault. It may have arrived."),
    ODD_ANSWER: N_("The service's answer was not understood. It may have arrived."),
    INTERRUPTED: N_("The program was stopped while it was sent. It may have arrived."),
    REFUSED: N_("The service refused it."),
    UNREACHABLE: N_("The service could not be reached."),
    BUSY: N_("The service had too much to do."),
    TOO_LATE: N_("It had become useless before it could be sent."),
    SWITCHED_OFF: N_("The person has switched these messages off."),
    NO_DEVICE: N_("No device of the person shows notifications any more."),
    NO_PHONE: N_("The person has no phone number any more."),
    NO_CHANNEL: N_("This installation no longer sends by this way."),
    ARRIVED: N_("Somebody found that it arrived."),
}


@dataclass(frozen=True)
class Outcome:
    """The end of one attempt; ``WAITING`` means that another one is safe.

    :param gone: subscriptions that their push service no longer knows.
    """

    state: DeliveryState
    reason: str | None = None
    gone: tuple[int, ...] = ()


SENT = Outcome(DeliveryState.SENT)


def unknown(reason: str) -> Outcome:
    """Return that the message may have arrived."""
    return Outcome(DeliveryState.UNKNOWN, reason)


def failed(reason: str) -> Outcome:
    """Return that the message did not go, and will not."""
    return Outcome(DeliveryState.FAILED, reason)


def again(reason: str) -> Outcome:
    """Return that the message did not go, and may be tried later."""
    return Outcome(DeliveryState.WAITING, reason)
