"""A cooperative in Enshi with a village, and a manager who enrols people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from app.kernel.database import transaction
from app.models import Cooperative, Person, RoleKind, Village
from app.people import pins
from app.people.enrolling import enrol
from app.people.roles import RoleWanted

AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Stage:
    """Whose rows the tests look at."""

    cooperative: Cooperative
    village: Village
    manager: Person


def cooperative(slug: str = "enshi", *, country: str = "CN") -> Cooperative:
    """Return a saved cooperative."""
    with transaction() as session:
        saved = Cooperative(
            name=f"Cooperative {slug}",
            slug=slug,
            country=country,
            currency="CNY",
            time_zone="Asia/Shanghai",
            languages=["en", "zh"],
            created_at=AT,
        )
        session.add(saved)
    return saved


def stage(slug: str = "enshi") -> Stage:
    """Return a cooperative with a village and a manager."""
    home = cooperative(slug)
    with transaction() as session:
        village = Village(cooperative_id=home.id, name="Longma", admin="Enshi")
        session.add(village)
    manager, _ = enrolled(home, "Wang Fang", RoleWanted(RoleKind.MANAGER))
    return Stage(home, village, manager)


def enrolled(
    home: Cooperative, name: str, *roles: RoleWanted, phone: str | None = None, pin: str = ""
) -> tuple[Person, str]:
    """Return a person enrolled at a cooperative with the code, and with a PIN if one is given."""
    with transaction() as session:
        person, code = enrol(
            session,
            cooperative_id=home.id,
            name=name,
            phone=phone,
            language="en",
            roles=roles or [RoleWanted(RoleKind.FARMER)],
            created_by_id=None,
            at=AT,
        )
        if pin:
            pins.set_pin(session, person_id=person.id, pin=pin, at=AT)
    return person, code
