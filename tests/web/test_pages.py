from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.models import RoleKind
from tests.web.stage import application, cooperative, person, signed_in


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    yield application(tmp_path)


def test_a_stranger_sees_the_welcome_page_before_anything_is_set_up(app: Flask) -> None:
    page = app.test_client().get("/")
    assert page.status_code == 200
    assert "No cooperative has been set up here yet." in page.text


def test_a_page_for_signed_in_people_sends_a_stranger_to_sign_in_and_back(app: Flask) -> None:
    cooperative()
    page = app.test_client().get("/account?tab=1")
    assert page.status_code == 302
    assert page.headers["Location"] == "/sign-in?next=/account?tab%3D1"
    assert app.test_client().get(page.headers["Location"]).status_code == 200


def test_a_signed_in_person_sees_the_account_and_can_sign_out(app: Flask) -> None:
    farmer = person("Li Mei", RoleKind.FARMER, at_cooperative=cooperative(), number="1001")
    client = signed_in(app.test_client(), farmer.id)
    assert "Li Mei" in client.get("/account").text
    assert client.post("/sign-out").status_code == 303
    assert client.get("/account").status_code == 302


@pytest.mark.parametrize("address", ["/", "/sign-in", "/help/offline", "/healthz", "/nothing"])
def test_every_open_page_carries_a_strict_policy(app: Flask, address: str) -> None:
    cooperative()
    page = app.test_client().get(address)
    assert page.status_code == (404 if address == "/nothing" else 200)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]


def test_the_messages_page_is_shown(app: Flask) -> None:
    farmer = person("Li Mei", RoleKind.FARMER, at_cooperative=cooperative(), number="1001")
    assert "No messages yet" in signed_in(app.test_client(), farmer.id).get("/messages").text
