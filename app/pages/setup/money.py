"""Money at a glance: the main accounts, payments to confirm, tills."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import N_
from app.ledger.entries import balance_of
from app.models import AccountKind, PaymentMethod, RoleKind, Shop, TillShift
from app.orders import payments as paying
from app.orders import tills
from app.setting_up import own
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.navigation import Entry
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext
from app.web.words import payment_name
from app.web.writing import write_once

blueprint = Blueprint("money", __name__, template_folder="templates")

NAVIGATION = (Entry("money.index", N_("Money"), (RoleKind.MANAGER,), "money", 50),)

_PAGE = 50
# What the cooperative has stands in the ledger with a minus.
_HAS = (AccountKind.BANK, AccountKind.CASH, AccountKind.RECEIVABLE)
_OWES = (
    AccountKind.FARMER_PAYABLE,
    AccountKind.CARD,
    AccountKind.ESCROW,
    AccountKind.SHOP_PAYABLE,
    AccountKind.CARRIER_PAYABLE,
    AccountKind.TRADE,
)
_KEEPS = (
    AccountKind.FEES,
    AccountKind.TRANSPORT_POOL,
    AccountKind.LOSSES,
    AccountKind.ROUNDING,
)


@dataclass(frozen=True)
class MoneyPage:
    """Balances by what they mean; each pair is an account and its amount."""

    has: list[tuple[AccountKind, int]]
    owes: list[tuple[AccountKind, int]]
    keeps: list[tuple[AccountKind, int]]


@dataclass(frozen=True)
class TillRow:
    """A shop's till: whether it is open, what it should hold, its latest counts."""

    shop: Shop
    open_shift: TillShift | None
    expected_minor: int
    counts: list[TillShift]


@blueprint.get("/money")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """Show the balances of the main accounts."""
    with reading() as session:
        page = MoneyPage(
            has=[(kind, -_balance(session, kind)) for kind in _HAS],
            owes=[(kind, _balance(session, kind)) for kind in _OWES],
            keeps=[(kind, _balance(session, kind)) for kind in _KEEPS],
        )
    return render_template("setup/money.html", page=page)


@blueprint.get("/money/payments")
@role_required(RoleKind.MANAGER)
def payments() -> ResponseReturnValue:
    """List the bills that wait for a transfer or a weekly account, oldest first."""
    return _payments(Form({}))


@blueprint.post("/money/payments/<int:payment_id>/confirmation")
@role_required(RoleKind.MANAGER)
def confirm(payment_id: int) -> ResponseReturnValue:
    """Note that a payment came into the bank."""
    form, home_id = Form(), current_cooperative().id

    def do(session: Session) -> Answer:
        paying.confirm(
            session,
            payment_id=payment_id,
            cooperative_id=home_id,
            person_id=current_person().id,
            at=now(),
        )
        flash(gettext("The payment is confirmed."), "good")
        return Answer(url_for("money.payments"))

    return write_once(form, do) or _payments(form)


@blueprint.get("/money/tills")
@role_required(RoleKind.MANAGER)
def shop_tills() -> ResponseReturnValue:
    """Show every shop's till with its latest counts."""
    with reading() as session:
        shops = own.all_of(session, Shop, cooperative_id=current_cooperative().id)
        rows = [_till(session, shop) for shop in shops]
    return render_template("setup/tills.html", rows=rows)


@blueprint.app_template_filter()
def payment_method_name(method: str) -> str:
    """Return how a bill is paid, in words."""
    return payment_name(PaymentMethod(method))


def _balance(session: Session, kind: AccountKind) -> int:
    return balance_of(session, cooperative_id=current_cooperative().id, kind=kind)


def _payments(form: Form) -> ResponseReturnValue:
    after = request.args.get("after", default=0, type=int)
    with reading() as session:
        found = paying.due_payments(
            session, cooperative_id=current_cooperative().id, after_id=after, limit=_PAGE + 1
        )
    more = ""
    if len(found) > _PAGE:
        more = url_for("money.payments", after=found[_PAGE - 1].payment_id)
    page = render_template(
        "setup/payments.html", form=form, payments=found[:_PAGE], more_address=more
    )
    return page, form.status


def _till(session: Session, shop: Shop) -> TillRow:
    shift = tills.current_shift(session, shop_id=shop.id)
    return TillRow(
        shop=shop,
        open_shift=shift,
        expected_minor=0 if shift is None else tills.expected_minor(session, shift=shift),
        counts=tills.last_counts(session, shop_id=shop.id),
    )
