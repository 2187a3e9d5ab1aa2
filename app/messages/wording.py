"""The words of each kind of message; figures are formatted by whoever shows them.

``WORDING`` is what the list of messages says to whoever has signed in. A phone shows its
text messages and notifications to anybody who looks at it, so a kind whose words tell
money or a code has other words in ``BRIEF``; the rest is behind the PIN.

Places that end in ``_g`` are quantities, in ``_minor`` amounts of money, in ``_price``
prices per kg, in ``_on`` dates and in ``_at`` instants.
"""

from __future__ import annotations

from app.kernel.errors import N_

WORDING = {
    "lot_rolled": N_("Your %(crop)s came after the cut-off and is offered on %(day_on)s instead."),
    "lot_parked": N_("No market day fits your %(crop)s. Change the ready days, or withdraw it."),
    "lot_sold": N_("%(sold_g)s of your %(crop)s were sold for %(net_price)s net."),
    "lot_unsold": N_("Your %(crop)s was not sold on %(day_on)s."),
    "lot_carried": N_("%(left_g)s of your %(crop)s are offered again on %(day_on)s."),
    "promise_listed": N_(
        "As promised, %(listed_g)s of your %(crop)s are offered on %(day_on)s. You can still"
        " change or skip that day."
    ),
    "promise_failed": N_("Your promised %(crop)s could not be offered on %(day_on)s."),
    "line_allocated": N_("You get %(allocated_g)s of %(crop)s on %(day_on)s."),
    "line_unfilled": N_("Your request for %(crop)s on %(day_on)s could not be filled."),
    "line_queued": N_("Your order of %(crop)s is kept until the matching is done."),
    "line_short": N_("You get %(expected_g)s of %(crop)s instead of %(allocated_g)s."),
    "order_rolled": N_("Your order came after the cut-off and is for %(day_on)s instead."),
    "day_cancelled": N_("The market on %(day_on)s is cancelled. Nothing is owed or charged."),
    "day_postponed": N_(
        "The market on %(day_on)s moves to %(new_on)s. You may cancel if that is too late."
    ),
    "day_moved": N_("The market on %(day_on)s moves to %(new_on)s. Your lots go with it."),
    "line_released": N_(
        "Your order of %(crop)s is released: the market moved to %(new_on)s, after your last day."
    ),
    "hold_expired": N_(
        "Your order of %(crop)s was not collected in time and is ended. What was held for it"
        " is on your card again."
    ),
    "village_postponed": N_("The truck does not come to %(village)s on %(day_on)s: %(reason)s"),
    "running_late": N_("The truck is late. It comes to %(village)s at about %(from_at)s."),
    "truck_window": N_("The truck comes to %(village)s between %(from_at)s and %(until_at)s."),
    "truck_window_changed": N_(
        "Changed: the truck comes to %(village)s between %(from_at)s and %(until_at)s."
    ),
    "run_assigned": N_("You drive %(vehicle)s on %(day_on)s, starting at %(starts_at)s."),
    "run_changed": N_("Your run with %(vehicle)s has changed. Open it again for the new stops."),
    "run_called_off": N_("You do not drive %(vehicle)s on %(day_on)s after all."),
    "truck_called_off": N_("The truck does not come to %(village)s on %(day_on)s after all."),
    "order_later": N_(
        "Your order is ready at %(point)s at another time: on %(ready_on)s, %(ready_at)s."
    ),
    "stop_dropped": N_("Do not drive to %(village)s: it is postponed."),
    "weighed": N_("%(accepted_g)s of your %(crop)s were accepted of %(allocated_g)s."),
    "on_its_way": N_("Your order is on its way to %(point)s. Your code is %(code)s."),
    "settled": N_("You are owed %(net_minor)s for %(day_on)s. See your statement."),
    "ready_to_collect": N_("Your order is at %(point)s. Your code is %(code)s."),
    "paid_out": N_("%(amount_minor)s was paid to you."),
    "farmers_cut_off_soon": N_(
        "Until %(until_at)s you can list for the market on %(day_on)s. You have listed nothing yet."
    ),
    "buyers_cut_off_soon": N_("Until %(until_at)s you can order for the market on %(day_on)s."),
    "pin_changed": N_("Your PIN was changed. If that was not you, call your cooperative now."),
    "new_device": N_(
        "You are signed in on another phone or computer. If that is not you, change your PIN."
    ),
}

BRIEF = {
    "lot_sold": N_("%(sold_g)s of your %(crop)s were sold."),
    "on_its_way": N_("Your order is on its way to %(point)s."),
    "ready_to_collect": N_("Your order can be collected at %(point)s."),
    "settled": N_("Your statement for %(day_on)s is ready."),
    "paid_out": N_("You were paid. The amount is on your statements."),
}
