"""`https`: the whole application for phones on the same network, over HTTPS."""

from __future__ import annotations

import dataclasses
import os
from ipaddress import ip_address
from pathlib import Path

import click
import segno

from app import create_app
from app.cli import certificates, network, preparing, tls_server
from app.cli.lifeline import Lifeline
from app.cli.root import cli
from app.cli.running import run_tree
from app.kernel.clock import SystemClock
from app.kernel.errors import N_, Refusal
from config import Config

_EVERYWHERE = "0.0.0.0"
_LOOPBACK = "127.0.0.1"


class NoNetwork(Refusal):
    """The machine has no address that a phone could reach."""

    code = "https_no_network"
    message = N_(
        "This machine is on no network that phones could share. Join one, or give --address."
    )


def _checked_address(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> str | None:
    """Refuse an address that the certificate could not speak for."""
    if value is None:
        return None
    try:
        is_usable = certificates.is_private(ip_address(value))
    except ValueError:
        is_usable = False
    if not is_usable:
        raise click.BadParameter("give the address of this machine in a private network")
    return value


def _ports(command: click.decorators.FC) -> click.decorators.FC:
    command = click.option(
        "--port", envvar="FARMGATE_PORT", default=8443, show_default=True, help="For HTTPS."
    )(command)
    return click.option(
        "--door-port", default=8080, show_default=True, help="For the page that tells how to trust."
    )(command)


@cli.command()
@_ports
@click.option(
    "--address",
    callback=_checked_address,
    help="The address that phones are given; found out by default.",
)
@click.pass_obj
def https(config: Config, port: int, door_port: int, address: str | None) -> None:
    """Do what `run` does, for phones on the same network."""
    addresses = network.lan_addresses()
    if address is None and not addresses:
        raise NoNetwork
    shown = address or addresses[0]
    files = certificates.ensure(
        _folder(config),
        addresses=sorted({_LOOPBACK, shown, *addresses}),
        names=network.host_names(),
        at=SystemClock().now(),
    )
    # Demo links are for a browser on this machine, so they carry its own address.
    here = dataclasses.replace(
        config,
        public_url=f"https://{_LOOPBACK}:{port}",
        demo_links=os.environ.get("FARMGATE_DEMO_LINKS", "").lower() not in ("off", "0", "no"),
    )
    lines = preparing.prepare(here)
    url = f"https://{shown}:{port}"
    run_tree(
        config,
        web=["web-https", f"--port={port}", f"--door-port={door_port}"],
        environment={
            "FARMGATE_HOST": os.environ.get("FARMGATE_HOST") or _EVERYWHERE,
            "FARMGATE_PORT": str(port),
            "FARMGATE_PUBLIC_URL": os.environ.get("FARMGATE_PUBLIC_URL") or url,
            "FARMGATE_DEMO_LINKS": "on" if here.demo_links else "off",
        },
        ready=[
            f"Farmgate is ready: {url} (Ctrl-C ends it)",
            *_how(shown, door_port, files),
            *lines,
        ],
    )


@cli.command(name="web-https", hidden=True)
@_ports
@click.pass_obj
def web_https(config: Config, port: int, door_port: int) -> None:
    """Serve the pages over TLS; `https` starts this."""
    lifeline = Lifeline()
    lifeline.hold()
    folder = _folder(config)
    try:
        tls_server.serve(
            create_app(),
            host=config.host,
            port=port,
            door_port=door_port,
            threads=config.web_threads,
            files=certificates.TlsFiles(
                folder / "ca.crt", folder / "server.crt", folder / "server.key"
            ),
            report_ready=lifeline.report_ready,
        )
    except OSError as error:
        raise click.ClickException(
            f"Port {port} or {door_port} on {config.host} cannot be used: {error}. "
            "Give other ones: --port, --door-port."
        ) from error


def _folder(config: Config) -> Path:
    return config.instance_dir / "tls"


def _how(address: str, door_port: int, files: certificates.TlsFiles) -> list[str]:
    """Return what to do on a phone, with a QR code to hold it before."""
    page = f"http://{address}:{door_port}{tls_server.TRUST_PATH}"
    return [
        f"On a phone in the same network, open {page} first and follow it, once:",
        _terminal_code(page),
        f"The certificate that phones come to trust: {files.authority}",
        f"Its SHA-256 fingerprint: {certificates.fingerprint(files.authority)}",
    ]


def _terminal_code(text: str) -> str:
    """Return a QR code in half blocks, as wide as an 80-column terminal allows."""
    code = segno.make(text, micro=False)
    rows = [[False] * (len(code.matrix) + 4)] * 2
    rows += [[False, False, *map(bool, row), False, False] for row in code.matrix]
    rows += rows[:2] if len(rows) % 2 == 0 else rows[:1] * 3
    signs = {(True, True): " ", (True, False): "▄", (False, True): "▀", (False, False): "█"}
    return "\n".join(
        "".join(signs[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    )
