"""The web application's composition root: settings, database, pages, protections."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Literal

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.jobs import doorbell
from app.kernel.clock import Clock, SystemClock
from app.kernel.database import Database, bind
from app.market_days import planning
from app.messages.pushing import PushSettings
from app.pages import (
    account,
    enrolment,
    health,
    help,
    home,
    language,
    manager,
    message_switches,
    messages,
    people,
    sign_in,
    trusting,
)
from app.pages import setup as setup_pages
from app.pages.buyers import offers, points, requests
from app.pages.buyers import orders as buyer_orders
from app.pages.shops import hand_overs, own_shop, tills
from app.pages.shops import orders as shop_orders
from app.places.geocoding import Geocoder, GeocoderSettings, NoGeocoder, OwnGeocoder
from app.tasks.doorbell import open_doorbell
from app.web import (
    assets,
    compression,
    formatting,
    idempotency,
    locale,
    logs,
    navigation,
    refusals,
    security,
    session,
    told,
    words,
)
from config import ROOT, Config
from farmers.pages import harvests, listing, my_day, offline, photos, queue, statements
from logistics import pages as logistics_pages

# One line per feature; a module has a ``blueprint`` and may list its NAVIGATION.
PAGES: tuple[ModuleType, ...] = (
    account,
    buyer_orders,
    manager,
    enrolment,
    hand_overs,
    health,
    help,
    home,
    language,
    message_switches,
    messages,
    offers,
    own_shop,
    points,
    requests,
    shop_orders,
    people,
    sign_in,
    tills,
    trusting,
    *logistics_pages.PAGES,
    *setup_pages.PAGES,
    harvests,
    listing,
    my_day,
    offline,
    photos,
    queue,
    statements,
)

LARGEST_UPLOAD = 16 * 1024 * 1024


def create_app(config: Config | None = None, *, clock: Clock | None = None) -> Flask:
    """Build the application.

    :param config: by default read from the environment.
    :param clock: by default the machine's.
    """
    settings = config or Config.from_environment()
    bind(Database(settings.database_url))
    doorbell.bind(open_doorbell(settings.broker_url, prefix=settings.queue_prefix))
    app = Flask("app", static_folder=ROOT / "static", template_folder="web/templates")
    app.extensions["clock"] = clock or SystemClock()
    app.extensions["geocoder"] = _geocoder(settings)
    app.extensions["push"] = PushSettings(
        settings.push_key, settings.push_contact, settings.push_hosts
    )
    _configure(app, settings)
    security.protect(app, tile_address=settings.tile_url)
    for part in (session, locale, refusals, formatting, words, told, assets, compression, logs):
        part.install(app)
    app.jinja_env.globals["new_key"] = idempotency.new_key
    _register(app, PAGES)
    # The routes' page lies below the market day, so its transition is handed down.
    app.extensions["publish_day"] = planning.publish
    return app


def _configure(app: Flask, settings: Config) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="farmgate_form",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https:"),
        # A form may be filled in on a hill and sent from the valley hours later.
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "app" / "translations"),
        MEDIA_DIR=settings.media_dir,
        OFFLINE=settings.offline,
        DEMO_LINKS=settings.demo_links,
        TILE_ADDRESS=settings.tile_url,
        TILE_CREDIT=settings.tile_credit,
        INSTANCE_DIR=settings.instance_dir,
        PUBLIC_URL=settings.public_url,
        SMS=settings.sms,
    )
    if settings.proxies:
        # Believed only as far as proxies are known to stand there; guesses are counted by address.
        hops = settings.proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _geocoder(settings: Config) -> Geocoder:
    if not settings.geocoder:
        return NoGeocoder()
    kind: Literal["nominatim", "photon"] = "photon"
    if settings.geocoder == "nominatim":
        kind = "nominatim"
    return OwnGeocoder(GeocoderSettings(kind, settings.geocoder_url, user_agent="farmgate"))


def _register(app: Flask, pages: Iterable[ModuleType]) -> None:
    entries: list[navigation.Entry] = []
    for page in pages:
        app.register_blueprint(page.blueprint)
        entries.extend(getattr(page, "NAVIGATION", ()))
    navigation.install(app, entries)
