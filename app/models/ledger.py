"""Accounts, entries and postings: the double entry that every amount rests on."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, enumerated, foreign, identity, minor


class AccountKind(StrEnum):
    """What an account stands for. A positive balance is money that is owed or kept."""

    BANK = "bank"
    CASH = "cash"
    CARD = "card"
    ESCROW = "escrow"
    RECEIVABLE = "receivable"
    TRADE = "trade"
    FARMER_PAYABLE = "farmer_payable"
    SHOP_PAYABLE = "shop_payable"
    CARRIER_PAYABLE = "carrier_payable"
    FEES = "fees"
    TRANSPORT_POOL = "transport_pool"
    LOSSES = "losses"
    ROUNDING = "rounding"


class Account(Base):
    """One account of a cooperative, of a person or of a shop."""

    __tablename__ = "account"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    kind: Mapped[AccountKind] = mapped_column(enumerated(AccountKind))
    person_id: Mapped[int | None] = mapped_column(foreign("person.id"), index=True)
    shop_id: Mapped[int | None] = mapped_column(foreign("shop.id"), index=True)
    # NULLs are distinct in a UNIQUE, so the owner is written out for the constraint.
    owner: Mapped[str] = mapped_column(String(30))
    opened_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("cooperative_id", "kind", "owner"),
        CheckConstraint("person_id IS NULL OR shop_id IS NULL", name="one_owner"),
    )


class Entry(Base):
    """One balanced movement; immutable. ``cause`` says which row made it necessary."""

    __tablename__ = "entry"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    reason: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    cause_kind: Mapped[str] = mapped_column(String(30))
    cause_id: Mapped[int] = mapped_column(BigInteger)
    counters_id: Mapped[int | None] = mapped_column(foreign("entry.id"), unique=True)
    at: Mapped[datetime]
    sealed_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_entry_cause", "cause_kind", "cause_id"),)


class Posting(Base):
    """One side of an entry: an amount on an account, in minor units, never zero."""

    __tablename__ = "posting"

    id: Mapped[identity]
    entry_id: Mapped[int] = mapped_column(foreign("entry.id"), index=True)
    account_id: Mapped[int] = mapped_column(foreign("account.id"))
    amount_minor: Mapped[minor]

    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="not_zero"),
        Index("ix_posting_account", "account_id", "id"),
    )


class CardBalance(Base):
    """What a card may still spend; the database itself refuses less than nothing."""

    __tablename__ = "card_balance"

    account_id: Mapped[int] = mapped_column(foreign("account.id"), primary_key=True)
    available_minor: Mapped[minor]

    __table_args__ = (CheckConstraint("available_minor >= 0", name="no_overdraft"),)


class Hold(Base):
    """Money moved from a card to escrow for an order line, until captured or released."""

    __tablename__ = "hold"

    id: Mapped[identity]
    account_id: Mapped[int] = mapped_column(foreign("account.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(foreign("order_line.id"), unique=True)
    amount_minor: Mapped[minor]
    captured_minor: Mapped[minor] = mapped_column(default=0)
    held_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("captured_minor BETWEEN 0 AND amount_minor", name="captured"),
    )


class TillShift(Base):
    """A shopkeeper's till from opening to the count, with what the ledger expected."""

    __tablename__ = "till_shift"

    id: Mapped[identity]
    shop_id: Mapped[int] = mapped_column(foreign("shop.id"), index=True)
    person_id: Mapped[int] = mapped_column(foreign("person.id"))
    opened_at: Mapped[datetime]
    float_minor: Mapped[minor] = mapped_column(default=0)
    closed_at: Mapped[datetime | None]
    expected_minor: Mapped[int | None]
    counted_minor: Mapped[int | None]
    key: Mapped[str] = mapped_column(String(64), unique=True)


class PaymentState(StrEnum):
    """Due until somebody says that it came in."""

    DUE = "due"
    CONFIRMED = "confirmed"


class Payment(Base):
    """What one hand-over cost and how it was or will be paid."""

    __tablename__ = "payment"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    order_id: Mapped[int] = mapped_column(foreign("orders.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(foreign("order_line.id"), unique=True)
    shop_id: Mapped[int] = mapped_column(foreign("shop.id"))
    method: Mapped[str] = mapped_column(String(20))
    amount_minor: Mapped[minor]
    state: Mapped[PaymentState] = mapped_column(enumerated(PaymentState))
    made_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    confirmed_by_id: Mapped[int | None] = mapped_column(foreign("person.id"))

    __table_args__ = (
        CheckConstraint("amount_minor >= 0", name="amount"),
        Index("ix_payment_state", "cooperative_id", "state", "id"),
    )
