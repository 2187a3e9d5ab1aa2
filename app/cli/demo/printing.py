"""A rehearsed day in words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from app.cli.demo.report import Report

_MOST_VILLAGES = 6


def lines(report: Report, *, cooperative: str, on: str, currency: str) -> Iterator[str]:
    """Yield the summary of a day, line by line."""
    yield f"{cooperative}: the market of {on}"
    yield ""
    yield f"  {report.lots} lots offered {_kg(report.offered_g)}; {report.orders} order lines"
    yield f"  asked for {_kg(report.asked_g)}."
    yield f"  Allocated {_kg(report.allocated_g)}, left {_kg(report.left_g)}."
    yield (
        f"  Received {_kg(report.received_g)}: short {_kg(report.short_g)},"
        f" over {_kg(report.over_g)}."
    )
    if report.unfilled:
        yield ""
        yield "Not filled"
        for missing in report.unfilled:
            yield f"  {missing.reason.replace('_', ' '):<34}{_kg(missing.quantity_g):>14}"
    yield ""
    yield "Village routes"
    for route in report.routes:
        names = ", ".join(route.villages[:_MOST_VILLAGES])
        more = len(route.villages) - _MOST_VILLAGES
        tail = f" and {more} more" if more > 0 else ""
        yield (
            f"  {route.vehicle:<9}{route.distance_m / 1000:>6.0f} km"
            f"{_hours(route.duration_s):>9}{route.load_percent:>5} %  {names}{tail}"
        )
    if not report.routes:
        yield "  no truck had to drive"
    for stop in report.unplanned:
        yield f"  not visited: {stop.village} ({stop.reason.replace('_', ' ')})"
    yield ""
    gross, transport, fees, net = (
        sum(getattr(farmer, f"{part}_minor") for farmer in report.farmers)
        for part in ("gross", "transport", "fees", "net")
    )
    yield f"{len(report.farmers)} farmers sold for {_money(gross, currency)}"
    yield f"  transport {_money(transport, currency)}, fees {_money(fees, currency)}"
    yield f"  they are owed {_money(net, currency)}"
    yield f"The ledger sums to {report.ledger_sum_minor}."


def _kg(quantity_g: int) -> str:
    return f"{quantity_g / 1000:,.1f} kg"


def _hours(duration_s: int) -> str:
    hours, rest = divmod(duration_s, 3600)
    return f"{hours}:{rest // 60:02d} h"


def _money(amount_minor: int, currency: str) -> str:
    return f"{amount_minor / 100:,.2f} {currency}"
