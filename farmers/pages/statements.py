"""Statements: what each lot brought, by market day and by month, on paper and as a table."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from babel.dates import format_skeleton
from babel.numbers import get_currency_precision
from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue

from app.documents.writing import CSV_TYPE, write_csv
from app.kernel.database import reading
from app.kernel.errors import NotFound
from app.ledger.settlement import Earning
from app.models import MarketDay, MarketDayState, RoleKind
from app.web.formatting import full_day, plain_money
from app.web.guards import role_required
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext, locale
from app.web.words import grade_name, in_language
from farmers.services import my_day, statements
from farmers.services.statements import LotStatement

MOST_LOTS = 1000
DAYS_LISTED = 40

blueprint = Blueprint("statements", __name__, template_folder="templates")


@dataclass(frozen=True)
class Statement:
    """One statement as it is shown: its heading, its lots, their sum.

    :param is_final: whether every day of it is settled.
    """

    heading: str
    lots: list[LotStatement]
    total: Earning
    is_final: bool
    csv_address: str


@blueprint.get("/statements")
@role_required(RoleKind.FARMER)
def index() -> ResponseReturnValue:
    """List the farmer's market days and months with a statement."""
    with reading() as session:
        person_id, home_id = current_person().id, current_cooperative().id
        coming = my_day.coming_days(session, farmer_id=person_id, cooperative_id=home_id, at=now())
        past, _ = my_day.past_days(
            session, farmer_id=person_id, cooperative_id=home_id, at=now(), limit=DAYS_LISTED
        )
    # A day of today may have its statement; the newest stands first.
    days = [*reversed(coming), *past]
    months = list(dict.fromkeys(one.day.on.replace(day=1) for one in days if one.sold_g))
    return render_template(
        "farmers/statements.html",
        days=[one for one in days if one.sold_g],
        months=[(f"{month:%Y-%m}", _month_name(month)) for month in months],
    )


@blueprint.get("/statements/days/<int:market_day_id>")
@role_required(RoleKind.FARMER)
def show(market_day_id: int) -> ResponseReturnValue:
    """Show one market day's statement, fit for paper."""
    return render_template("farmers/statement.html", statement=_of_day(market_day_id))


@blueprint.get("/statements/days/<int:market_day_id>.csv")
@role_required(RoleKind.FARMER)
def day_table(market_day_id: int) -> ResponseReturnValue:
    """Send one market day's statement as a table."""
    return _csv(_of_day(market_day_id), f"statement-{market_day_id}.csv")


@blueprint.get("/statements/months/<month>")
@role_required(RoleKind.FARMER)
def show_month(month: str) -> ResponseReturnValue:
    """Show a month's statement, fit for paper."""
    return render_template("farmers/statement.html", statement=_of_month(month))


@blueprint.get("/statements/months/<month>.csv")
@role_required(RoleKind.FARMER)
def month_table(month: str) -> ResponseReturnValue:
    """Send a month's statement as a table."""
    return _csv(_of_month(month), f"statement-{month}.csv")


def _of_day(market_day_id: int) -> Statement:
    with reading() as session:
        day = session.get(MarketDay, market_day_id)
        if day is None or day.cooperative_id != current_cooperative().id:
            raise NotFound
        lots = statements.statement(
            session,
            farmer_id=current_person().id,
            cooperative_id=current_cooperative().id,
            market_day_id=market_day_id,
            limit=MOST_LOTS,
        )
    return Statement(
        heading=full_day(day.on),
        lots=_sold(lots),
        total=statements.total(lots),
        is_final=day.state is MarketDayState.SETTLED,
        csv_address=url_for(".day_table", market_day_id=market_day_id),
    )


def _of_month(month: str) -> Statement:
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise NotFound from None
    last = first.replace(day=monthrange(first.year, first.month)[1])
    with reading() as session:
        lots = statements.statement(
            session,
            farmer_id=current_person().id,
            cooperative_id=current_cooperative().id,
            first_on=first,
            last_on=last,
            limit=MOST_LOTS,
        )
    return Statement(
        heading=_month_name(first),
        lots=_sold(lots),
        total=statements.total(lots),
        is_final=all(lot.accepted_g is not None for lot in _sold(lots)),
        csv_address=url_for(".month_table", month=month),
    )


def _sold(lots: list[LotStatement]) -> list[LotStatement]:
    return [lot for lot in lots if lot.allocated_g]


def _month_name(month: date) -> str:
    return format_skeleton("yMMMM", month, locale=locale())


def _csv(statement: Statement, name: str) -> Response:
    currency = current_cooperative().currency
    places = get_currency_precision(currency)

    def amount(minor: int) -> str:
        return plain_money(minor, currency) if places else str(minor)

    table = write_csv(
        [
            gettext("Market day"),
            gettext("Crop"),
            gettext("Grade"),
            gettext("Offered, kg"),
            gettext("Sold, kg"),
            gettext("Accepted, kg"),
            gettext("Gross, %(currency)s", currency=currency),
            gettext("Transport, %(currency)s", currency=currency),
            gettext("Fees, %(currency)s", currency=currency),
            gettext("Net, %(currency)s", currency=currency),
        ],
        [
            [
                lot.on,
                in_language(lot.crop_names),
                grade_name(lot.grade),
                lot.offered_g / 1000,
                lot.allocated_g / 1000,
                None if lot.accepted_g is None else lot.accepted_g / 1000,
                amount(lot.earned.gross_minor),
                amount(lot.earned.transport_minor),
                amount(lot.earned.fees_minor),
                amount(lot.earned.net_minor),
            ]
            for lot in statement.lots
        ],
    )
    return Response(
        table,
        content_type=CSV_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
