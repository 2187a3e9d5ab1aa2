"""A certificate authority of this installation's own, and the certificate it serves with.

Phones on the same network cannot get a public certificate for a laptop. They trust this
authority instead, once; it may speak for private networks and this machine alone, so
that a stolen key cannot pass for a bank.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# Where the addresses of phones and laptops on one network come from: RFC 1918, 3927, 4193, 6598.
_NETWORKS = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8"),
    "100.64.0.0/10",
    *("fc00::/7", "fe80::/10", "::1/128"),
)
_AUTHORITY_LASTS = timedelta(days=3650)
# Phones refuse certificates that are good for more than 825 days, some for more than 398.
_CERTIFICATE_LASTS = timedelta(days=397)
_RENEWED_BEFORE = timedelta(days=30)
# The clock of a cheap phone may be behind.
_BACKDATED = timedelta(days=1)


@dataclass(frozen=True)
class TlsFiles:
    """Where the authority's certificate, the server's certificate and its key lie."""

    authority: Path
    certificate: Path
    key: Path


def is_private(address: IPv4Address | IPv6Address) -> bool:
    """Return whether the authority may speak for an address."""
    return any(address in ip_network(network) for network in _NETWORKS)


def ensure(
    folder: Path, *, addresses: Sequence[str], names: Sequence[str], at: datetime
) -> TlsFiles:
    """Make what is missing, has nearly expired or names other addresses; keep the rest.

    :param folder: keys in it are readable by their owner alone.
    :param names: host names; what does not end in ``.local`` must be this machine's own.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = TlsFiles(folder / "ca.crt", folder / "server.crt", folder / "server.key")
    authority = _kept(files.authority, at=at, spare=_CERTIFICATE_LASTS)
    if authority is None or not set(names) <= _permitted_names(authority):
        authority = _make_authority(files.authority, names=names, at=at)
    kept = _kept(files.certificate, at=at, spare=_RENEWED_BEFORE)
    if kept is None or not _speaks_for(kept, authority, addresses=addresses, names=names):
        _make_certificate(files, authority, addresses=addresses, names=names, at=at)
    return files


def fingerprint(path: Path) -> str:
    """Return a certificate's SHA-256 fingerprint as phones show it."""
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _kept(path: Path, *, at: datetime, spare: timedelta) -> x509.Certificate | None:
    """Return a certificate that was made before, unless it ends too soon or has no key."""
    if not (path.exists() and path.with_suffix(".key").exists()):
        return None
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return certificate if certificate.not_valid_after_utc - spare > at else None


def _permitted_names(authority: x509.Certificate) -> set[str]:
    limits = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    return {
        limit.value for limit in limits.permitted_subtrees or [] if isinstance(limit, x509.DNSName)
    }


def _speaks_for(
    certificate: x509.Certificate,
    authority: x509.Certificate,
    *,
    addresses: Sequence[str],
    names: Sequence[str],
) -> bool:
    spoken = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        certificate.issuer == authority.subject
        and set(spoken.get_values_for_type(x509.DNSName)) == set(names)
        and {str(address) for address in spoken.get_values_for_type(x509.IPAddress)}
        == set(addresses)
    )


def _make_authority(path: Path, *, names: Sequence[str], at: datetime) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    # The moment tells an authority that was made again from the one a phone still trusts.
    subject = _called(f"Farmgate on {names[0]}, {at:%Y-%m-%d %H:%M:%S}")
    limits: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    limits += [x509.IPAddress(ip_network(network)) for network in _NETWORKS]
    certificate = (
        _builder(subject, subject, key, at=at, lasts=_AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(limits, None), critical=True)
        .add_extension(_usage(is_authority=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(path, certificate, key)
    return certificate


def _make_certificate(
    files: TlsFiles,
    authority: x509.Certificate,
    *,
    addresses: Sequence[str],
    names: Sequence[str],
    at: datetime,
) -> None:
    stored = serialization.load_pem_private_key(
        files.authority.with_suffix(".key").read_bytes(), password=None
    )
    assert isinstance(stored, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    spoken: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    spoken += [x509.IPAddress(ip_address(address)) for address in addresses]
    certificate = (
        _builder(_called(names[0]), authority.subject, key, at=at, lasts=_CERTIFICATE_LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(spoken), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_usage(is_authority=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(stored.public_key()), critical=False
        )
        .sign(stored, hashes.SHA256())
    )
    _write(files.certificate, certificate, key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    *,
    at: datetime,
    lasts: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(at - _BACKDATED)
        .not_valid_after(at - _BACKDATED + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    # The key first: a certificate without its key would be taken for whole.
    _replace(path.with_suffix(".key"), secret)
    _replace(path, certificate.public_bytes(serialization.Encoding.PEM))


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    fresh.replace(path)
