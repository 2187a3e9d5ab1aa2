"""Every route against strangers, every role and the rows of another cooperative."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.kernel import database as kernel_database
from app.models import Cooperative, RoleKind
from app.web.security import csrf
from tests.web.foreign import NAME, NUMBER, Foreign, foreign_rows
from tests.web.routes import Route, routes
from tests.web.stage import application, cooperative, person, signed_in

# Refused or redirected; what matters is that nothing is shown, changed or broken.
POLITE = set(range(200, 500))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with pytest.MonkeyPatch.context() as patch:
        # Making an application binds its database; no later test is to meet it.
        patch.setattr(kernel_database, "_bound", None)
        yield application(tmp_path_factory.mktemp("routes"))


@pytest.fixture(scope="module")
def home(app: Flask) -> Cooperative:
    return cooperative()


@pytest.fixture(scope="module")
def people(app: Flask, home: Cooperative) -> dict[RoleKind, FlaskClient]:
    return {
        kind: signed_in(
            app.test_client(),
            person(kind.value, kind, at_cooperative=home, number=f"20{number}").id,
        )
        for number, kind in enumerate(RoleKind)
    }


@pytest.fixture(scope="module")
def strangers(home: Cooperative) -> Foreign:
    return foreign_rows()


def ask(client: FlaskClient, route: Route) -> TestResponse:
    data = {"key": "k" * 32} if route.method != "GET" else None
    return client.open(route.address, method=route.method, data=data)


def test_every_route_says_whom_it_is_for(app: Flask) -> None:
    assert [route.name for route in routes(app) if route.guard is None] == []


def test_a_stranger_is_sent_to_sign_in_or_refused_wherever_a_role_is_needed(
    app: Flask, home: Cooperative
) -> None:
    wrong = []
    for route in routes(app):
        if route.guard:
            answer = ask(app.test_client(), route)
            to_sign_in = answer.status_code == 302 and "/sign-in" in answer.headers["Location"]
            if not (to_sign_in or answer.status_code in (401, 403)):
                wrong.append(f"{route.name}: {answer.status_code}")
    assert wrong == []


@pytest.mark.parametrize("kind", RoleKind)
def test_nobody_without_the_role_gets_in(
    app: Flask, people: dict[RoleKind, FlaskClient], kind: RoleKind
) -> None:
    answers = {
        route.name: ask(people[kind], route).status_code
        for route in routes(app)
        if route.guard and kind not in route.guard
    }
    assert {name: status for name, status in answers.items() if status != 403} == {}


@pytest.mark.parametrize("kind", RoleKind)
def test_no_route_breaks_on_an_id_that_no_row_has(
    app: Flask, people: dict[RoleKind, FlaskClient], kind: RoleKind
) -> None:
    wrong = {}
    for route in routes(app):
        # Signing out ends the session that the other routes are tried with.
        if route.endpoint == "account.sign_out":
            continue
        status = ask(people[kind], route).status_code
        if status not in POLITE or (route.has_value and status == 200):
            wrong[route.name] = status
    assert wrong == {}


@pytest.mark.parametrize("kind", RoleKind)
def test_another_cooperatives_rows_are_neither_shown_nor_changed(
    app: Flask, people: dict[RoleKind, FlaskClient], strangers: Foreign, kind: RoleKind
) -> None:
    wrong = {}
    for route in routes(app, number=NUMBER):
        if not route.has_value:
            continue
        answer = ask(people[kind], route)
        if answer.status_code >= 500 or answer.status_code == 200 or NAME in answer.text:
            wrong[route.name] = answer.status_code
    assert wrong == {}
    assert strangers.changed() == []


def test_every_writing_route_wants_a_token_or_its_own_origin(
    app: Flask, people: dict[RoleKind, FlaskClient]
) -> None:
    accepted = {}
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        for route in routes(app):
            if route.method == "GET":
                continue
            kind = route.guard[0] if route.guard else RoleKind.MANAGER
            answer = ask(people[kind], route)
            # Without a token the form is stale (400); without an origin it is foreign (403).
            expected = 403 if _needs_no_token(app, route) else 400
            if answer.status_code != expected:
                accepted[route.name] = answer.status_code
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert accepted == {}


def _needs_no_token(app: Flask, route: Route) -> bool:
    view = app.view_functions[route.endpoint]
    blueprint = app.blueprints.get(route.endpoint.rpartition(".")[0])
    return f"{view.__module__}.{view.__name__}" in csrf._exempt_views or (
        blueprint is not None and blueprint in csrf._exempt_blueprints
    )


def test_every_reply_carries_the_protecting_headers(
    app: Flask, people: dict[RoleKind, FlaskClient]
) -> None:
    lacking = set()
    for route in routes(app):
        if route.method != "GET":
            continue
        kind = route.guard[0] if route.guard else RoleKind.FARMER
        headers = ask(people[kind], route).headers
        policy = headers.get("Content-Security-Policy", "")
        if "default-src 'none'" not in policy or "unsafe" in policy:
            lacking.add(f"{route.name}: {policy}")
        if headers.get("X-Content-Type-Options") != "nosniff":
            lacking.add(route.name)
    assert lacking == set()


def test_every_page_keeps_to_its_own_policy(
    app: Flask, people: dict[RoleKind, FlaskClient]
) -> None:
    """No inline handler, style or script without the nonce stands in any page."""
    loose = re.compile(r"<[^>]+\s(on[a-z]+|style)=|<(script|style)(?![^>]*(nonce|src)=)")
    found = {}
    for route in routes(app):
        if route.method != "GET":
            continue
        kind = route.guard[0] if route.guard else RoleKind.FARMER
        answer = ask(people[kind], route)
        if answer.mimetype == "text/html" and (match := loose.search(answer.text)):
            found[route.name] = match.group()
    assert found == {}


def test_no_next_address_leads_to_another_site(
    app: Flask, people: dict[RoleKind, FlaskClient]
) -> None:
    led_away = {}
    for route in routes(app):
        if route.endpoint == "account.sign_out":
            continue
        kind = route.guard[0] if route.guard else RoleKind.FARMER
        for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example"):
            separator = "&" if "?" in route.address else "?"
            answer = people[kind].open(
                f"{route.address}{separator}next={elsewhere}",
                method=route.method,
                data={"next": elsewhere, "key": "n" * 32} if route.method != "GET" else None,
            )
            location = answer.headers.get("Location", "")
            if location and not re.match(r"/(?![/\\])", location):
                led_away[route.name] = location
    assert led_away == {}
