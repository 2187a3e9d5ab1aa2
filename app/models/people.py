"""People, what they may do, and how they prove who they are."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, enumerated, foreign, identity, minor


class RoleKind(StrEnum):
    """What a person does in a cooperative."""

    FARMER = "farmer"
    VILLAGE_LEAD = "village_lead"
    BUYER = "buyer"
    MANAGER = "manager"
    HUB_WORKER = "hub_worker"
    DRIVER = "driver"
    SHOPKEEPER = "shopkeeper"


class Person(Base):
    """Somebody who farms, buys, drives or manages. A phone may be shared or missing."""

    __tablename__ = "person"

    id: Mapped[identity]
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str | None] = mapped_column(String(20), index=True)
    member_number: Mapped[str] = mapped_column(String(20), unique=True)
    language: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]


class Role(Base):
    """A person's part in one cooperative, scoped to a village, hub or shop where it has one."""

    __tablename__ = "role"

    id: Mapped[identity]
    person_id: Mapped[int] = mapped_column(foreign("person.id"), index=True)
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    kind: Mapped[RoleKind] = mapped_column(enumerated(RoleKind))
    village_id: Mapped[int | None] = mapped_column(foreign("village.id"))
    shop_id: Mapped[int | None] = mapped_column(foreign("shop.id"))
    hub_id: Mapped[int | None] = mapped_column(foreign("hub.id"))
    pickup_point_id: Mapped[int | None] = mapped_column(foreign("pickup_point.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_role_cooperative_kind", "cooperative_id", "kind", "person_id"),)


class BuyerTerms(Base):
    """How a buyer may pay at a cooperative: the weekly account's limit, 0 for none."""

    __tablename__ = "buyer_terms"

    person_id: Mapped[int] = mapped_column(foreign("person.id"), primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"), primary_key=True)
    account_limit_minor: Mapped[minor] = mapped_column(default=0)


class Pin(Base):
    """The argon2 hash of a person's PIN."""

    __tablename__ = "pin"

    person_id: Mapped[int] = mapped_column(foreign("person.id"), primary_key=True)
    pin_hash: Mapped[str] = mapped_column(String(200))
    set_at: Mapped[datetime]


class Enrolment(Base):
    """A one-time code, printed or told, by which a person first signs in and sets a PIN."""

    __tablename__ = "enrolment"

    id: Mapped[identity]
    person_id: Mapped[int] = mapped_column(foreign("person.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_by_id: Mapped[int | None] = mapped_column(foreign("person.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """One try to sign in; throttling counts these, so that every process counts alike."""

    __tablename__ = "sign_in_attempt"

    id: Mapped[identity]
    subject: Mapped[str] = mapped_column(String(120))
    succeeded: Mapped[bool]
    at: Mapped[datetime]

    __table_args__ = (Index("ix_sign_in_attempt_subject", "subject", "at"),)


class DeviceSession(Base):
    """A person signed in on one device, until it expires or is revoked."""

    __tablename__ = "device_session"

    id: Mapped[identity]
    person_id: Mapped[int] = mapped_column(foreign("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    device: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Reply(Base):
    """What a keyed request was answered, so that its repeat gets the same answer."""

    __tablename__ = "reply"

    id: Mapped[identity]
    person_id: Mapped[int] = mapped_column(foreign("person.id"))
    key: Mapped[str] = mapped_column(String(64))
    body_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    location: Mapped[str | None] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("person_id", "key"),)
