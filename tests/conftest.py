"""What every test stands on: real databases, a browser, and a measure of effort.

``FARMGATE_TEST_DATABASE_URL`` adds PostgreSQL to SQLite, ``FARMGATE_TEST_BROKER_URL``
a real broker; ``FARMGATE_REQUIRE_BROWSER=1`` turns a missing Chromium into a failure;
``FARMGATE_TORTURE=1`` (``make torture``) runs properties and kills at full length.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from alembic import command
from alembic.config import Config

from app.kernel import database as kernel_database
from app.kernel.database import Database
from app.models import Base
from tests.postgresql import PostgreSQL

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

ROOT = Path(__file__).parents[1]
OWN_VARIABLES = {
    "FARMGATE_TEST_DATABASE_URL",
    "FARMGATE_TEST_BROKER_URL",
    "FARMGATE_REQUIRE_BROWSER",
    "FARMGATE_TORTURE",
}
TORTURE = os.environ.get("FARMGATE_TORTURE") == "1"
POSTGRESQL_URL = os.environ.get("FARMGATE_TEST_DATABASE_URL")
BROKER_URL = os.environ.get("FARMGATE_TEST_BROKER_URL")

hypothesis.settings.register_profile("sample", max_examples=60, deadline=None)
hypothesis.settings.register_profile(
    "torture",
    max_examples=5_000,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("torture" if TORTURE else "sample")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what opens a browser, so that ``-m "not browser"`` leaves it out."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="session", autouse=True)
def own_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests, and the processes they start, away from a real installation."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("FARMGATE_") and name not in OWN_VARIABLES:
                patch.delenv(name)
        patch.setenv("FARMGATE_INSTANCE_DIR", str(tmp_path_factory.mktemp("instance")))
        yield


@pytest.fixture(autouse=True)
def own_binding() -> Iterator[None]:
    """Bind again after a test what was bound before it: making an application binds."""
    before = kernel_database._bound
    yield
    kernel_database._bound = before


@pytest.fixture(scope="session")
def effort() -> int:
    """How many times as long a test repeats itself: 1, and 50 in ``make torture``."""
    return 50 if TORTURE else 1


# --- databases -----------------------------------------------------------------------


def create_schema(url: str) -> None:
    """Bring an empty database to the newest schema, by the migrations if there are any."""
    if any((ROOT / "migrations" / "versions").glob("*.py")):
        config = Config()
        config.set_main_option("script_location", str(ROOT / "migrations"))
        config.attributes["database_url"] = url
        command.upgrade(config, "head")
        return
    database = Database(url)
    with database.transaction() as session:
        Base.metadata.create_all(session.connection())
    database.dispose()


@pytest.fixture(scope="session")
def new_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Return a function that copies a migrated file and returns the copy's address."""
    template = tmp_path_factory.mktemp("template") / "market.db"
    create_schema(f"sqlite:///{template}")

    def copy() -> str:
        path = tmp_path_factory.mktemp("database") / "market.db"
        shutil.copyfile(template, path)
        return f"sqlite:///{path}"

    return copy


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """Return this process's databases on the test server."""
    assert POSTGRESQL_URL is not None
    server = PostgreSQL(POSTGRESQL_URL, create_schema)
    yield server
    server.close()


@pytest.fixture
def new_postgresql(postgresql: PostgreSQL) -> Iterator[str]:
    """Return the address of an empty migrated PostgreSQL database."""
    with postgresql.database() as url:
        yield url


@pytest.fixture(params=["sqlite", *(["postgresql"] if POSTGRESQL_URL else [])])
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Return an empty migrated database, bound to ``transaction()`` and ``reading()``.

    A test that takes it runs on SQLite, and again on PostgreSQL where one is given.
    Another process reaches the same database through ``database.url``.
    """
    if request.param == "sqlite":
        url = request.getfixturevalue("new_sqlite")()
    else:
        url = request.getfixturevalue("new_postgresql")
    database = Database(url)
    # Bound through monkeypatch, so that no later test meets this one's database.
    monkeypatch.setattr(kernel_database, "_bound", database)
    yield database
    database.dispose()


@pytest.fixture
def broker_url() -> str:
    """Return the address of a real broker; skip where none is given."""
    if BROKER_URL is None:
        pytest.skip("no broker: FARMGATE_TEST_BROKER_URL is not set")
    return BROKER_URL


# --- the browser ---------------------------------------------------------------------

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return an installed Chromium, driven by Playwright; skip where there is none."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        message = "no Chromium was found; apt install chromium"
        if os.environ.get("FARMGATE_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)

    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser context the size of a cheap phone (360 px), with touch."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
        locale="en",
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def desk(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser context the size of a laptop."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en")
    context.set_default_timeout(15_000)
    yield context
    context.close()
