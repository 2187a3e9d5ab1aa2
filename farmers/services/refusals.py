"""Why a listing is refused, each with the words that the farmer reads."""

from __future__ import annotations

from app.kernel.errors import N_, BadInput, Refusal


class QuantityOutOfRange(BadInput):
    """A lot weighs more than nothing and at most 50 tonnes."""

    code = "quantity_out_of_range"
    message = N_("Type a quantity above zero and at most 50 tonnes.")


class WindowOver(BadInput):
    """The last ready day has passed already."""

    code = "window_over"
    message = N_("The last ready day is over. Choose today or a later day.")


class WindowUpsideDown(BadInput):
    """The last ready day lies before the first."""

    code = "window_upside_down"
    message = N_("The last ready day must not be before the first.")


class WindowTooLong(BadInput):
    """A harvest cannot stay ready for months."""

    code = "window_too_long"
    message = N_("The ready days may span 60 days at most.")


class CropNotTraded(BadInput):
    """The cooperative does not trade this crop now."""

    code = "crop_not_traded"
    message = N_("Your cooperative does not trade this crop at the moment.")


class CropMissing(BadInput):
    """No crop was chosen."""

    code = "crop_missing"
    message = N_("Choose what you harvest.")


class QuantityMissing(BadInput):
    """No quantity was typed."""

    code = "quantity_missing"
    message = N_("Type how much you have.")


class PriceMissing(BadInput):
    """No price was typed."""

    code = "price_missing"
    message = N_("Type the least you want for it.")


class OfferKeyReused(Refusal):
    """A key that stands for one listing came with another."""

    code = "offer_key_reused"
    message = N_("This form was already sent with other figures. Start a new listing.")


class AlreadySold(Refusal):
    """Part of the lot is promised, so it cannot be withdrawn whole."""

    code = "already_sold"
    message = N_("This lot is already sold. Ask your cooperative if you cannot deliver.")


class NoVillage(Refusal):
    """A farmer whose village nobody has set."""

    code = "no_village"
    message = N_("Your village is not set yet. Ask your cooperative to set it, then list again.")


class UnitNotUsed(BadInput):
    """The crop is not counted in this unit here."""

    code = "unit_not_used"
    message = N_("This crop is not counted in that unit. Choose one of: %(units)s.")


class TooLateToDecline(Refusal):
    """The routes are planned for this lot, or it was never marked as uncertain."""

    code = "too_late_to_decline"
    message = N_("The truck is planned already. Call your cooperative if you cannot deliver.")
