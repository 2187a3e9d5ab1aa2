"""A database of its own, an application on it, and people signed in on test devices."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from app.factory import create_app
from app.kernel.clock import FixedClock
from app.kernel.database import bound, transaction
from app.models import Base, Cooperative, Person, Role, RoleKind
from app.people import roles, sessions
from app.web.session import DEVICE_COOKIE
from config import Config

AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


def application(folder: Path, *, at: datetime = AT, **settings: object) -> Flask:
    """Return an application on an empty database in a folder, at a standing clock."""
    variables = {
        "FARMGATE_INSTANCE_DIR": str(folder),
        "FARMGATE_SECRET_KEY": "a secret of the tests only",
        "FARMGATE_DEMO_LINKS": "off",
    }
    config = replace(Config.from_environment(variables), **settings)  # type: ignore[arg-type]
    app = create_app(config, clock=FixedClock(at))
    app.testing = True
    app.config["WTF_CSRF_ENABLED"] = False
    Base.metadata.create_all(bound().engine)
    return app


def cooperative(*, slug: str = "enshi", name: str = "Enshi Hills") -> Cooperative:
    """Return a saved cooperative in Enshi."""
    with transaction() as session:
        saved = Cooperative(
            name=name,
            slug=slug,
            country="CN",
            currency="CNY",
            time_zone="Asia/Shanghai",
            languages=["en", "zh"],
            phone="+8671812345",
            created_at=AT,
        )
        session.add(saved)
    return saved


def person(
    name: str, *kinds: RoleKind, at_cooperative: Cooperative, number: str, **scope: int
) -> Person:
    """Return a saved person with roles of these kinds."""
    with transaction() as session:
        saved = Person(name=name, phone=None, member_number=number, language="en", created_at=AT)
        session.add(saved)
        session.flush()
        for kind in kinds:
            roles.grant(
                session,
                person_id=saved.id,
                cooperative_id=at_cooperative.id,
                kind=kind,
                at=AT,
                **scope,
            )
    return saved


def signed_in(client: FlaskClient, person_id: int, *, at: datetime = AT) -> FlaskClient:
    """Return the client with a person signed in on it."""
    with transaction() as session:
        token = sessions.start(session, person_id=person_id, device="test", at=at)
    client.set_cookie(DEVICE_COOKIE, token)
    return client


__all__ = ["AT", "Role", "application", "cooperative", "person", "signed_in"]
