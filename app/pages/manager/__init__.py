"""The manager's pages: the market day and what it needs."""

from app.kernel.errors import N_
from app.models import RoleKind
from app.pages.manager import day_lists, days, outcome, overrides, preview
from app.pages.manager.blueprint import blueprint
from app.web.navigation import Entry

NAVIGATION = (Entry("days.current", N_("Market day"), (RoleKind.MANAGER,), "day", 10),)

__all__ = ["NAVIGATION", "blueprint", "day_lists", "days", "outcome", "overrides", "preview"]
