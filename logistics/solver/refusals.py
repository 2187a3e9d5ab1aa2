"""What the solver says no to: input that no plan could make sense of."""

from __future__ import annotations

from app.kernel.errors import N_, BadInput


class BadProblem(BadInput):
    """The figures given to the solver contradict themselves."""

    code = "bad_route_problem"
    message = N_("The route problem cannot be read: %(what)s (%(name)s).")


class WindowEndsBeforeItBegins(BadInput):
    """A time window closes before it opens."""

    code = "window_ends_before_it_begins"
    message = N_("The time window of %(name)s ends before it begins. Correct the two times.")


class UnknownName(BadInput):
    """A lock or a vehicle names something that is not in the problem."""

    code = "unknown_name"
    message = N_("%(name)s is named, but is not part of this day.")


class SameNameTwice(BadInput):
    """Two hubs, vehicles or stops share one id."""

    code = "same_name_twice"
    message = N_("%(name)s is given twice. Each hub, vehicle and stop needs its own name.")


class LocksCollide(BadInput):
    """One stop is locked to two vehicles or twice to one."""

    code = "locks_collide"
    message = N_("The locks of %(name)s contradict each other. Release one of them.")


class LockedRouteBroken(BadInput):
    """A locked route breaks a limit, so no plan that keeps it can be proved."""

    code = "locked_route_broken"
    message = N_("The locked route of %(name)s breaks a limit (%(what)s). Unlock or change it.")


class TooLarge(BadInput):
    """The problem needs more memory than the machine has free."""

    code = "route_problem_too_large"
    message = N_(
        "%(stops)s stops need about %(needed_mb)s MB and this machine has %(free_mb)s MB free. "
        "Plan by district or use a larger machine."
    )
