"""Under which addresses and names this machine is found on its own network."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import psutil

from app.cli.certificates import is_private

# From a block kept for documents (RFC 5737). No packet is sent: the system only chooses
# the card that it would use.
_FAR_AWAY = ("192.0.2.1", 9)
# Networks of containers and virtual machines, where no phone is.
_NO_PHONES = ("docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "podman", "cni", "lxc")


def lan_addresses() -> list[str]:
    """Return this machine's private IPv4 addresses, the most likely one for phones first.

    A laptop that is itself the hotspot has an address too, though no way out.
    """
    found = [
        card.address
        for name, cards in psutil.net_if_addrs().items()
        for card in cards
        if card.family == socket.AF_INET and not name.startswith(_NO_PHONES)
    ]
    usable = [
        address
        for address in sorted(set(found), key=ip_address)
        if is_private(ip_address(address)) and not ip_address(address).is_loopback
    ]
    first = _outward()
    return sorted(usable, key=lambda address: address != first)


def host_names() -> list[str]:
    """Return the names under which the machine finds itself, its own first."""
    own = socket.gethostname().split(".")[0].lower()
    # A name with other signs in it cannot stand in a certificate.
    is_plain = own.isascii() and own.replace("-", "").isalnum()
    return [f"{own}.local", own, "localhost"] if is_plain and own != "localhost" else ["localhost"]


def _outward() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_FAR_AWAY)
        except OSError:
            return None
        return str(probe.getsockname()[0])
