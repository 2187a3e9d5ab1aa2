"""Founding a cooperative, and the rules it runs its market by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.numbers import get_territory_currencies, list_currencies
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, BadInput
from app.models import Cooperative, Entry, Lot, Person, Pin, PricingRule, Role, RoleKind
from app.people import codes
from app.people.enrolling import checked_name, enrol
from app.people.phones import normalised
from app.people.roles import RoleWanted


class NoSuchCountry(BadInput):
    """No country of ISO 3166."""

    code = "setup_no_such_country"
    message = N_("Write a country by its two letters, such as CN.")


class NoSuchCurrency(BadInput):
    """No currency of ISO 4217."""

    code = "setup_no_such_currency"
    message = N_("Write a currency by its three letters, such as CNY.")


class NoSuchTimeZone(BadInput):
    """No time zone of the tz database."""

    code = "setup_no_such_time_zone"
    message = N_("Write a time zone by its name, such as Asia/Shanghai.")


class NoLanguage(BadInput):
    """A cooperative that speaks nothing."""

    code = "setup_no_language"
    message = N_("Choose at least one language.")


class CurrencyLocked(BadInput):
    """Amounts in the old currency are already written down."""

    code = "setup_currency_locked"
    message = N_("Prices or payments exist in this currency, so it can no longer be changed.")


class NoLetters(BadInput):
    """A name that no address can be made of."""

    code = "setup_no_letters"
    message = N_("Write a name with at least one letter or digit.")


@dataclass(frozen=True)
class Rules:
    """What a cooperative is called and how it trades; see ``Cooperative`` for the units."""

    name: str
    currency: str
    time_zone: str
    languages: Sequence[str]
    phone: str | None
    pricing_rule: PricingRule
    pool_below_g: int
    direct_margin_bp: int
    ceiling_bp: int
    shrinkage_bp: int
    road_factor_percent: int
    freight_base_minor: int
    freight_per_100km_minor: int


@dataclass(frozen=True)
class Founded:
    """A cooperative with its first manager; ``code`` is nothing once that one has a PIN."""

    cooperative: Cooperative
    manager: Person
    code: str | None
    is_new: bool


def found(
    session: Session,
    *,
    name: str,
    manager: str,
    country: str,
    currency: str | None,
    time_zone: str,
    languages: Sequence[str],
    at: datetime,
) -> Founded:
    """Set a cooperative up with its first manager, once per name, and return a code to enrol.

    Called again it changes nothing and gives a new code, as long as the manager has not
    chosen a PIN.

    :param currency: by default the one that is used in the country.
    :raises BadInput: a subclass names what cannot be.
    """
    slug = re.sub(r"\W+", "-", name.casefold()).strip("-_")[:60]
    if not slug:
        raise NoLetters(field="name")
    known = session.scalar(select(Cooperative).where(Cooperative.slug == slug))
    if known is not None:
        return _again(session, known, manager, at)
    country = country.strip().upper()
    if country not in Locale("en").territories or len(country) != 2 or not country.isalpha():
        raise NoSuchCountry(field="country")
    used = get_territory_currencies(country)
    cooperative = Cooperative(
        name=checked_name(name),
        slug=slug,
        country=country,
        currency=checked_currency(currency or (used[-1] if used else "")),
        time_zone=checked_time_zone(time_zone),
        languages=checked_languages(languages),
        created_at=at,
    )
    session.add(cooperative)
    session.flush()
    person, code = _enrol_manager(session, cooperative, manager, at)
    return Founded(cooperative, person, code, is_new=True)


def change_rules(session: Session, *, cooperative_id: int, rules: Rules) -> Cooperative:
    """Replace a cooperative's name and rules; what was matched or billed keeps its own.

    :raises CurrencyLocked: if the currency changes after amounts were written down in it.
    :raises BadInput: a subclass names what cannot be.
    """
    cooperative = session.get_one(Cooperative, cooperative_id)
    currency = checked_currency(rules.currency)
    if currency != cooperative.currency and is_currency_locked(
        session, cooperative_id=cooperative_id
    ):
        raise CurrencyLocked(field="currency")
    cooperative.name = checked_name(rules.name)
    cooperative.currency = currency
    cooperative.time_zone = checked_time_zone(rules.time_zone)
    cooperative.languages = checked_languages(rules.languages)
    cooperative.phone = (
        normalised(rules.phone, country=cooperative.country) if rules.phone else None
    )
    cooperative.pricing_rule = rules.pricing_rule
    cooperative.pool_below_g = rules.pool_below_g
    cooperative.direct_margin_bp = rules.direct_margin_bp
    cooperative.ceiling_bp = rules.ceiling_bp
    cooperative.shrinkage_bp = rules.shrinkage_bp
    cooperative.road_factor_percent = rules.road_factor_percent
    cooperative.freight_base_minor = rules.freight_base_minor
    cooperative.freight_per_100km_minor = rules.freight_per_100km_minor
    session.flush()
    return cooperative


def is_currency_locked(session: Session, *, cooperative_id: int) -> bool:
    """Return whether prices or postings exist that another currency would falsify."""
    return any(
        session.scalar(select(exists().where(row.cooperative_id == cooperative_id)))
        for row in (Entry, Lot)
    )


def checked_currency(currency: str) -> str:
    """Return a currency's code.

    :raises NoSuchCurrency: if there is no such currency.
    """
    code = currency.strip().upper()
    if code not in list_currencies():
        raise NoSuchCurrency(field="currency")
    return code


def checked_time_zone(name: str) -> str:
    """Return a time zone's name.

    :raises NoSuchTimeZone: if the tz database has no such zone.
    """
    if name.strip() not in available_timezones():
        raise NoSuchTimeZone(field="time_zone")
    return ZoneInfo(name.strip()).key


def checked_languages(languages: Sequence[str]) -> list[str]:
    """Return languages without doubles, in their order.

    :raises NoLanguage: if there is none.
    """
    wanted = list(dict.fromkeys(code.strip() for code in languages if code.strip()))
    if not wanted:
        raise NoLanguage(field="languages")
    return wanted


def _again(session: Session, cooperative: Cooperative, name: str, at: datetime) -> Founded:
    managers = session.scalars(
        select(Person)
        .join(Role, Role.person_id == Person.id)
        .where(
            Role.cooperative_id == cooperative.id,
            Role.kind == RoleKind.MANAGER,
            Role.ended_at.is_(None),
        )
        .order_by(Role.id)
    ).all()
    enrolled = set(
        session.scalars(
            select(Pin.person_id).where(Pin.person_id.in_([one.id for one in managers]))
        )
    )
    for manager in managers:
        if manager.id in enrolled:
            return Founded(cooperative, manager, None, is_new=False)
    if not managers:
        person, code = _enrol_manager(session, cooperative, name, at)
        return Founded(cooperative, person, code, is_new=False)
    code = codes.new_code(session, person_id=managers[0].id, created_by_id=None, at=at)
    return Founded(cooperative, managers[0], code, is_new=False)


def _enrol_manager(
    session: Session, cooperative: Cooperative, name: str, at: datetime
) -> tuple[Person, str]:
    return enrol(
        session,
        cooperative_id=cooperative.id,
        name=name,
        phone=None,
        language=cooperative.languages[0],
        roles=[RoleWanted(RoleKind.MANAGER)],
        created_by_id=None,
        at=at,
    )
