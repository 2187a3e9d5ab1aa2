"""The settings of one installation, read from the environment once, at a composition root.

Only ``app.factory``, ``app.worker`` and ``app.cli`` import this module; everything
else is handed the values it needs.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_ON, _OFF = frozenset({"1", "on", "yes", "true"}), frozenset({"0", "off", "no", "false"})


class ConfigError(ValueError):
    """A variable of the environment cannot be used; the message names it."""


@dataclass(frozen=True)
class Config:
    """Every setting, checked.

    :param database_url: ``sqlite:////path/farmgate.db`` or ``postgresql+psycopg://...``.
    :param broker_url: ``memory://`` (one machine), ``redis://...`` or ``amqp://...``.
    :param queue_prefix: set apart installations that share one broker.
    :param public_url: how phones reach this installation, without a final slash.
    :param geocoder: nothing, ``nominatim`` or ``photon``, at ``geocoder_url``.
    :param tile_url: map tiles as ``https://.../{z}/{x}/{y}.png``; nothing draws a schematic.
    :param lease_s: seconds without a sign of life after which a job's worker counts as dead.
    :param demo: whether an empty database is given a demo cooperative.
    :param demo_links: whether sign-in links without a PIN work; from loopback only.
    :param offline: off makes phones drop their service worker and all that it kept.
    :param proxies: how many reverse proxies stand before the web process.
    :param sms: how text messages go: not at all, ``local`` (to a page) or ``http``.
    :param sms_url: the gateway's address; ``{to}`` and ``{text}`` may stand in its query.
    :param sms_fields: the fields of the gateway's body, with the same places.
    :param sms_accepted: a regular expression of good answers, and ``sms_refused`` of refusals.
    :param push_key: signs notifications; another one, and devices have to be switched on again.
    :param push_hosts: push services beside the known ones.
    """

    instance_dir: Path
    database_url: str
    broker_url: str
    queue_prefix: str
    media_dir: Path
    host: str
    port: int
    web_threads: int
    quick_workers: int
    solve_workers: int
    lease_s: int
    public_url: str
    proxies: int
    geocoder: str
    geocoder_url: str
    tile_url: str
    tile_credit: str
    demo: bool
    demo_links: bool
    offline: bool
    log_level: str
    sms: str
    sms_url: str = field(repr=False)
    sms_method: str
    sms_body: str
    sms_fields: Mapping[str, str]
    sms_headers: Mapping[str, str] = field(repr=False)
    sms_accepted: str
    sms_refused: str
    push_contact: str
    push_hosts: tuple[str, ...]
    push_key: str = field(repr=False)
    secret_key: str = field(repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Config:
        """Return the settings; the secret key is made and kept on the first call.

        :raises ConfigError: if a variable cannot be used.
        """
        read = _Variables(environ)
        instance_dir = Path(read.text("INSTANCE_DIR", str(ROOT / "instance"))).absolute()
        host = read.text("HOST", "127.0.0.1")
        port = read.number("PORT", 8000, most=65535)
        public_url = read.text("PUBLIC_URL", f"http://{_in_url(host)}:{port}").rstrip("/")
        contact = public_url if public_url.startswith("https:") else "mailto:farmgate@example.org"
        secret_key = read.text("SECRET_KEY", "") or _kept_secret(instance_dir / "secret")
        # On the machine itself people look around; nothing is to leave it by then.
        quiet = "local" if host in LOOPBACK else "off"
        sms_auth = read.text("SMS_AUTHORIZATION", "")
        return cls(
            instance_dir=instance_dir,
            database_url=read.text("DATABASE_URL", f"sqlite:///{instance_dir / 'farmgate.db'}"),
            broker_url=read.text("BROKER_URL", "memory://localhost/"),
            queue_prefix=read.text("QUEUE_PREFIX", "farmgate"),
            media_dir=Path(read.text("MEDIA_DIR", str(instance_dir / "media"))).absolute(),
            host=host,
            port=port,
            web_threads=read.number("WEB_THREADS", 8, least=1),
            quick_workers=read.number("QUICK_WORKERS", 4, least=1),
            solve_workers=read.number("SOLVE_WORKERS", 1, least=1),
            lease_s=read.number("LEASE_S", 60, least=1, most=300),
            public_url=public_url,
            proxies=read.number("PROXIES", 0),
            geocoder=read.choice("GEOCODER", ("", "nominatim", "photon")),
            geocoder_url=read.text("GEOCODER_URL", ""),
            tile_url=read.text("TILE_URL", ""),
            tile_credit=read.text("TILE_CREDIT", ""),
            demo=read.switch("DEMO", True),
            demo_links=read.switch("DEMO_LINKS", host in LOOPBACK),
            offline=read.switch("OFFLINE", True),
            log_level=read.choice("LOG_LEVEL", ("info", "debug", "warning", "error")),
            sms=read.choice("SMS", (quiet, "off", "local", "http")),
            sms_url=read.address("SMS_URL", "http://localhost/"),
            sms_method=read.choice("SMS_METHOD", ("post", "get")).upper(),
            sms_body=read.choice("SMS_BODY", ("form", "json")),
            sms_fields=read.mapping("SMS_FIELDS", '{"to": "{to}", "text": "{text}"}'),
            sms_headers={
                **read.mapping("SMS_HEADERS", "{}"),
                **({"Authorization": sms_auth} if sms_auth else {}),
            },
            sms_accepted=read.pattern("SMS_ACCEPTED"),
            sms_refused=read.pattern("SMS_REFUSED"),
            push_contact=read.text("PUSH_CONTACT", contact),
            push_hosts=tuple(read.text("PUSH_HOSTS", "").lower().replace(",", " ").split()),
            push_key=read.text("PUSH_KEY", "") or _push_key(secret_key),
            secret_key=secret_key,
        )

    @property
    def is_one_machine(self) -> bool:
        """Whether the worker is fed from within and needs no broker."""
        return self.broker_url.startswith("memory:")


class _Variables:
    """Reads FARMGATE_ variables and refuses what they cannot hold."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str, default: str) -> str:
        # An empty variable counts as unset: compose files and units write them so.
        return self._environ.get(f"FARMGATE_{name}", "").strip() or default

    def number(self, name: str, default: int, *, least: int = 0, most: int = 1024) -> int:
        text = self.text(name, str(default))
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise ConfigError(
                f"FARMGATE_{name} must be a whole number from {least} to {most}, not {text!r}"
            )
        return int(text)

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        text = self.text(name, choices[0]).lower()
        if text not in choices:
            words = ", ".join(filter(None, choices))
            raise ConfigError(f"FARMGATE_{name} must be one of {words}, not {text!r}")
        return text

    def address(self, name: str, default: str) -> str:
        text = self.text(name, default)
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname or "{" in parts.netloc:
            raise ConfigError(f"FARMGATE_{name} must start with http:// or https:// and a host")
        return text

    def mapping(self, name: str, default: str) -> dict[str, str]:
        try:
            found = json.loads(self.text(name, default))
        except ValueError:
            found = None
        if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
            raise ConfigError(f"FARMGATE_{name} must be a JSON object of texts")
        return found

    def pattern(self, name: str) -> str:
        text = self.text(name, "")
        try:
            re.compile(text)
        except re.error as error:
            raise ConfigError(f"FARMGATE_{name} must be a regular expression: {error}") from None
        return text

    def switch(self, name: str, default: bool) -> bool:
        text = self.text(name, "on" if default else "off").lower()
        if text not in _ON | _OFF:
            raise ConfigError(f"FARMGATE_{name} must be on or off, not {text!r}")
        return text in _ON


def _in_url(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _push_key(secret: str) -> str:
    """Return the key of notifications, which goes with the secret to every machine.

    Any number below the order of P-256, which starts with 32 ones, is a private key.
    """
    digest = hmac.digest(secret.encode(), b"farmgate notifications", "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _kept_secret(path: Path) -> str:
    """Return the secret in a file that only its owner reads, made if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and linked, so that no process ever reads a half-written secret.
    mine = path.with_name(f"{path.name}.{os.getpid()}")
    mine.touch(mode=0o600)
    mine.write_text(secrets.token_urlsafe(48))
    try:
        os.link(mine, path)
    except FileExistsError:
        pass
    finally:
        mine.unlink()
    return path.read_text().strip()
