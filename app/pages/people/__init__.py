"""The manager's pages about people: list, person, enrolment, printed cards."""

from app.kernel.errors import N_
from app.models import RoleKind
from app.pages.people import cards, enrolling, listing, person
from app.pages.people.blueprint import blueprint
from app.web.navigation import Entry

NAVIGATION = (Entry("people.show_all", N_("People"), (RoleKind.MANAGER,), "people", 60),)

__all__ = ["NAVIGATION", "blueprint", "cards", "enrolling", "listing", "person"]
