"""`python -m app https`: a phone that trusts the authority gets pages over TLS."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import certificates, network
from app.cli.https import https

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 5, 4, 1, 0, tzinfo=UTC)
NAMES = ["hillside.local", "hillside", "localhost"]


@dataclass
class Served:
    """The running product, what it printed, and a phone's trust in it."""

    port: int
    door_port: int
    printed: str
    trust: ssl.SSLContext

    def get(self, path: str) -> http.client.HTTPResponse:
        """Ask over TLS, verifying the certificate for 127.0.0.1."""
        link = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.trust, timeout=20)
        link.request("GET", path, headers={"Connection": "close"})
        return link.getresponse()

    def knock(self, path: str, method: str = "GET") -> http.client.HTTPResponse:
        """Ask the plain door."""
        link = http.client.HTTPConnection("127.0.0.1", self.door_port, timeout=20)
        link.request(method, path, headers={"Connection": "close"})
        return link.getresponse()


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


@pytest.fixture(scope="module")
def served(
    new_sqlite: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("https")
    port, door_port = _free_ports()
    environment = os.environ | {
        "PYTHONUNBUFFERED": "1",
        "FARMGATE_INSTANCE_DIR": str(folder),
        "FARMGATE_DATABASE_URL": new_sqlite(),
        "FARMGATE_HOST": "127.0.0.1",
    }
    log = folder / "log"
    command = [sys.executable, "-m", "app", "https", "--address=127.0.0.1"]
    command += [f"--port={port}", f"--door-port={door_port}"]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            end = time.monotonic() + 90
            while "full sync" not in log.read_text():
                assert process.poll() is None and time.monotonic() < end, log.read_text()
                time.sleep(0.1)
            trust = ssl.create_default_context(cafile=str(folder / "tls" / "ca.crt"))
            yield Served(port, door_port, log.read_text(), trust)
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(60)
    assert code == 0


def test_a_phone_with_the_certificate_gets_pages_over_tls(served: Served) -> None:
    reply = served.get("/sign-in")
    assert reply.status == 200
    cookies = reply.headers.get_all("Set-Cookie") or []
    assert cookies and all("Secure" in cookie for cookie in cookies)


def test_a_phone_without_the_certificate_refuses(served: Served) -> None:
    link = http.client.HTTPSConnection(
        "127.0.0.1", served.port, context=ssl.create_default_context(), timeout=20
    )
    with pytest.raises(ssl.SSLCertVerificationError):
        link.request("GET", "/healthz")
    link.close()


def test_a_phone_that_falls_silent_keeps_nobody_waiting(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port)):
        begun_s = time.monotonic()
        assert served.get("/healthz").status == 200
        assert time.monotonic() - begun_s < 5


def test_the_plain_door_shows_how_to_trust_and_nothing_else(served: Served) -> None:
    page = served.knock("/trust").read().decode()
    assert f"https://127.0.0.1:{served.port}" in page
    (printed,) = re.findall(r"fingerprint: (\S+)", served.printed)
    assert printed in page
    assert b"BEGIN CERTIFICATE" in served.knock("/trust/farmgate-ca.crt").read()
    for path, method in (("/", "GET"), ("/sign-in", "GET"), ("/trust", "POST")):
        answer = served.knock(path, method)
        assert (answer.status, answer.headers["Location"]) == (302, "/trust")


def test_demo_links_work_on_this_machine_and_give_a_secure_cookie(served: Served) -> None:
    (path,) = re.findall(rf"manager +https://127\.0\.0\.1:{served.port}(/demo/\S+)", served.printed)
    reply = served.get(path)
    assert reply.status in (302, 303)
    (device,) = [
        cookie
        for cookie in reply.headers.get_all("Set-Cookie") or []
        if cookie.startswith("farmgate_device")
    ]
    assert "Secure" in device and "HttpOnly" in device
    # The door is plain and never lets anyone in.
    assert served.knock(path).headers["Location"] == "/trust"


def test_certificates_are_kept_until_an_address_changes_or_they_near_their_end(
    tmp_path: Path,
) -> None:
    def made(*addresses: str, at: datetime = AT) -> tuple[bytes, bytes]:
        files = certificates.ensure(tmp_path, addresses=addresses, names=NAMES, at=at)
        return files.authority.read_bytes(), files.certificate.read_bytes()

    first = made("192.168.1.7")
    assert made("192.168.1.7", at=AT + timedelta(days=360)) == first
    moved = made("192.168.1.8")
    assert moved[0] == first[0] and moved[1] != first[1]
    renewed = made("192.168.1.8", at=AT + timedelta(days=380))
    assert renewed[0] == first[0] and renewed[1] != moved[1]


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    certificates.ensure(tmp_path / "tls", addresses=["10.0.0.2"], names=NAMES, at=AT)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "tls").iterdir()}
    assert modes["ca.key"] == modes["server.key"] == 0o600


def test_the_authority_cannot_speak_for_a_public_site(tmp_path: Path) -> None:
    # The leaf is signed for 8.8.8.8 here; whoever trusts the authority still refuses it.
    now = datetime.now(UTC)
    files = certificates.ensure(tmp_path, addresses=["8.8.8.8"], names=NAMES, at=now)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files.certificate, files.key)
    phone = ssl.create_default_context(cafile=str(files.authority))
    to_server, to_phone = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = phone.wrap_bio(to_phone, to_server, server_hostname="8.8.8.8")
    theirs = server.wrap_bio(to_server, to_phone, server_side=True)
    with pytest.raises(ssl.SSLWantReadError):
        ours.do_handshake()
    with pytest.raises(ssl.SSLWantReadError):
        theirs.do_handshake()
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        ours.do_handshake()


# Nothing is sent there; the system only chooses the card that it would use.
@pytest.mark.allow_hosts(["127.0.0.1", "192.0.2.1"])
def test_only_addresses_that_phones_can_reach_are_offered() -> None:
    for address in network.lan_addresses():
        assert not address.startswith("127.")
    assert "localhost" in network.host_names()


@pytest.mark.parametrize("address", ["8.8.8.8", "hillside", "192.168.1"])
def test_an_address_that_no_certificate_could_speak_for_is_refused(address: str) -> None:
    done = CliRunner().invoke(https, [f"--address={address}"])
    assert done.exit_code == 2
    assert "private network" in done.output
