"""Ask a geocoder of one's own for a name; it may be silent, slow or wrong at no cost.

The address is configured, and no other host is ever contacted: no redirect is followed
and no proxy of the environment is used. What farmers look up stays in the house, also
in the logs, which name the trouble and not the query.
"""

from __future__ import annotations

import json
import logging
import ssl
from dataclasses import dataclass
from http.client import HTTPException
from typing import Literal, Protocol
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from geopy.adapters import AdapterHTTPError, BaseSyncAdapter
from geopy.exc import (
    GeocoderParseError,
    GeocoderServiceError,
    GeocoderTimedOut,
    GeocoderUnavailable,
    GeopyError,
)
from geopy.geocoders import Nominatim, Photon

from app.kernel.geo import Position
from app.models import PlacePrecision
from app.places.place import Place, is_null_island

MOST_ANSWERS = 5
MOST_ANSWER_BYTES = 1_000_000
_log = logging.getLogger(__name__)
# Words of Nominatim (addresstype) and Photon (type, osm_value) for a town or smaller.
_TOWNS = {"village", "town", "hamlet", "suburb", "neighbourhood", "locality", "isolated_dwelling"}


class Geocoder(Protocol):
    """Knows where names are; no answer is an empty tuple, never an error."""

    def locate(self, name: str, *, language: str = "en") -> tuple[Place, ...]:
        """Return the places that a name may mean, the likeliest first."""
        ...


class NoGeocoder:
    """The geocoder of an installation that has none."""

    def locate(self, name: str, *, language: str = "en") -> tuple[Place, ...]:
        """Return no place."""
        return ()


@dataclass(frozen=True)
class GeocoderSettings:
    """Where the cooperative's own geocoder stands.

    :param address: scheme, host and port, ``http://geo.example:8080``; a path may follow.
    :param user_agent: names the installation; Nominatim refuses to start without.
    :param country: ISO 3166-1 alpha-2, to leave out namesakes abroad (Nominatim only).
    """

    kind: Literal["nominatim", "photon"]
    address: str
    user_agent: str
    timeout_s: float = 3.0
    country: str | None = None

    def __post_init__(self) -> None:
        if urlsplit(self.address).scheme not in ("http", "https"):
            raise ValueError("the geocoder's address needs http:// or https://")
        if not self.user_agent.strip():
            raise ValueError("the geocoder needs a user agent")


class OwnGeocoder:
    """A Nominatim or Photon server of the cooperative, through geopy."""

    def __init__(self, settings: GeocoderSettings) -> None:
        self._settings = settings
        address = urlsplit(settings.address)
        server = Nominatim if settings.kind == "nominatim" else Photon
        self._server = server(
            domain=address.netloc + address.path.rstrip("/"),
            scheme=address.scheme,
            user_agent=settings.user_agent,
            timeout=settings.timeout_s,
            proxies={},
            adapter_factory=lambda *, proxies, ssl_context: _OneHost(
                address.netloc, proxies=proxies, ssl_context=ssl_context
            ),
        )

    def locate(self, name: str, *, language: str = "en") -> tuple[Place, ...]:
        """Return the places that a name may mean; none when the server does not answer."""
        if not name.strip():
            return ()
        options: dict[str, object] = {"language": language}
        if self._settings.kind == "nominatim" and self._settings.country:
            options["country_codes"] = self._settings.country
        try:
            found = self._server.geocode(name, exactly_one=False, limit=MOST_ANSWERS, **options)
            return tuple(place for one in found or () if (place := self._place(name, one)))
        except GeopyError as trouble:
            _log.warning("The geocoder did not answer: %s", type(trouble).__name__)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            # geopy takes an answer apart without checking it first.
            _log.warning("The geocoder gave an answer of an unknown shape")
        return ()

    def _place(self, name: str, found: object) -> Place | None:
        lat, lon = float(found.latitude), float(found.longitude)  # type: ignore[attr-defined]
        raw: dict[str, object] = found.raw  # type: ignore[attr-defined]
        try:
            position = Position(lat, lon)
        except ValueError:
            return None
        if is_null_island(position):
            return None
        return Place(
            name=name[:120],
            admin=str(found)[:200],
            position=position,
            source=self._settings.kind,
            precision=_precision(raw),
        )


class _OneHost(BaseSyncAdapter):  # type: ignore[misc]
    """geopy's way to the network, narrowed to one host and to short answers."""

    def __init__(
        self, host: str, *, proxies: dict[str, str], ssl_context: ssl.SSLContext | None
    ) -> None:
        super().__init__(proxies=proxies, ssl_context=ssl_context)
        self._host = host
        self._opener = build_opener(
            ProxyHandler({}), HTTPSHandler(context=ssl_context), _NoRedirect()
        )

    def get_json(self, url: str, *, timeout: float, headers: dict[str, str]) -> object:
        text = self.get_text(url, timeout=timeout, headers=headers)
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise GeocoderParseError("not JSON") from None

    def get_text(self, url: str, *, timeout: float, headers: dict[str, str]) -> str:
        if urlsplit(url).netloc != self._host:
            raise GeocoderServiceError("another host than the configured one")
        try:
            with self._opener.open(Request(url, headers=headers), timeout=timeout) as page:
                body: bytes = page.read(MOST_ANSWER_BYTES + 1)
        except HTTPError as error:
            raise AdapterHTTPError(
                "refused", status_code=error.code, headers={}, text=None
            ) from None
        except TimeoutError:
            raise GeocoderTimedOut("no answer in time") from None
        except (OSError, HTTPException):
            raise GeocoderUnavailable("no connection") from None
        if len(body) > MOST_ANSWER_BYTES:
            raise GeocoderParseError("the answer is too long")
        return body.decode("utf-8", errors="replace")


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        """Follow nothing: a redirect could name any host."""


def _precision(raw: dict[str, object]) -> PlacePrecision:
    properties = raw.get("properties")
    said = properties if isinstance(properties, dict) else raw
    words = {str(said.get(key)) for key in ("addresstype", "type", "osm_value")}
    return PlacePrecision.TOWN if words & _TOWNS else PlacePrecision.DISTRICT
