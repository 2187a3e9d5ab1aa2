"""`found`: set a real cooperative up with its first manager and print the link to enrol."""

from __future__ import annotations

import click
from sqlalchemy import select

from app.cli import preparing
from app.cli.demo.founding import DEMO_SLUG
from app.cli.root import cli
from app.kernel.clock import SystemClock
from app.kernel.database import Database
from app.kernel.errors import N_, Refusal
from app.models import Cooperative
from app.people.codes import in_groups
from app.setting_up.cooperatives import Founded
from app.setting_up.cooperatives import found as found_cooperative
from config import Config


class DemoInTheWay(Refusal):
    """A real cooperative does not live beside made-up people and prices."""

    code = "found_demo_in_the_way"
    message = N_(
        "This installation holds the demo. Set FARMGATE_DEMO=off and FARMGATE_INSTANCE_DIR"
        " (or FARMGATE_DATABASE_URL) to a new place, then found the cooperative there."
    )


@cli.command()
@click.option("--name", required=True, help="What the cooperative is called.")
@click.option("--manager", required=True, help="Name of the first manager.")
@click.option("--country", default="CN", show_default=True, help="Two letters, as ISO 3166.")
@click.option("--currency", help="Three letters, as ISO 4217; by default the country's own.")
@click.option("--time-zone", default="Asia/Shanghai", show_default=True)
@click.option(
    "--languages", default="en,zh", show_default=True, help="Codes with commas, the first leads."
)
@click.pass_obj
def found(
    config: Config,
    *,
    name: str,
    manager: str,
    country: str,
    currency: str | None,
    time_zone: str,
    languages: str,
) -> None:
    """Found a cooperative; its first manager enrols with the link that is printed.

    Called again it founds nothing twice: it prints a new link until the manager has
    chosen a PIN.
    """
    config.instance_dir.mkdir(parents=True, exist_ok=True)
    preparing.migrate(config)
    database = Database(config.database_url)
    try:
        with database.transaction() as session:
            slugs = session.scalars(select(Cooperative.slug).order_by(Cooperative.id)).all()
            if DEMO_SLUG in slugs:
                raise DemoInTheWay
            founded = found_cooperative(
                session,
                name=name,
                manager=manager,
                country=country,
                currency=currency,
                time_zone=time_zone,
                languages=languages.split(","),
                at=SystemClock().now(),
            )
            lines = _lines(config, founded)
    finally:
        database.dispose()
    for line in lines:
        click.echo(line)


def _lines(config: Config, founded: Founded) -> list[str]:
    home, manager = founded.cooperative, founded.manager
    state = "is founded" if founded.is_new else "was founded before"
    lines = [
        f"{home.name} {state} ({home.country}, {home.currency}, {home.time_zone}).",
        f"Manager: {manager.name}, member number {manager.member_number}",
    ]
    if founded.code is None:
        return [*lines, "The manager has chosen a PIN and signs in with the member number."]
    return [
        *lines,
        "Open this once, on the manager's own device, while the application runs:",
        f"  {config.public_url}/enrol/{founded.code}",
        f"or type the code {in_groups(founded.code)} at {config.public_url}/enrol",
        "It is good for 30 days. Then go to Set up, First hour.",
    ]
