"""Why a hand-over is refused, each with the words that the shopkeeper reads."""

from __future__ import annotations

from app.kernel.errors import N_, BadInput, Refusal


class WrongShop(Refusal):
    """The order is collected at another shop's pickup point."""

    code = "wrong_shop"
    message = N_("This order is collected at %(point)s, not here.")


class NotReady(Refusal):
    """The goods of the line's market day are not on their way, or its books are closed."""

    code = "line_not_ready"
    message = N_("This line cannot be handed over now: its market day is not at that step.")


class NothingToHandOver(Refusal):
    """The line got nothing, or was cancelled."""

    code = "nothing_to_hand_over"
    message = N_("Nothing of this line is to be handed over.")


class HandedOverBefore(Refusal):
    """The line was handed over already, with another result."""

    code = "handed_over_before"
    message = N_("This line was handed over already. Correct its weight if it was wrong.")


class WeightMissing(BadInput):
    """A collected line needs the weight that the buyer received."""

    code = "handover_weight_missing"
    message = N_("Type the weight that the buyer received.")
