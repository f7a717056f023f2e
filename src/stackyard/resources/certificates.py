"""Certificates for development: an authority of one's own that a browser can be told to trust, and what it signs.

The authority is made once per user and shared by that user's systems. Its certificate carries a critical name
constraint: it can vouch for `localhost`, `test`, `internal` and `home.arpa` with every name below them, and for
loopback addresses, and for nothing else. So a stolen key cannot imitate a site on the internet. A host outside of
these gets an authority of its own, constrained to that host. OpenSSL, Go, NSS (Firefox), Chrome and Apple's verifier
accept such a constraint and enforce it.
"""

from __future__ import annotations

import hashlib
import ipaddress
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.errors import StateError
from stackyard.resources.pem import certificate_pem, key_pem, read_certificate, read_key, write

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

LEAF_LIFE = timedelta(days=90)
RENEW_BEFORE = timedelta(days=30)
_AUTHORITY_LIFE = timedelta(days=3650)
_CLOCK_SKEW = timedelta(hours=1)
_DOMAINS = ("localhost", "test", "internal", "home.arpa")
_NETWORKS = ("127.0.0.0/8", "::1/128")
_OWN_HOSTS = ("localhost", "127.0.0.1", "::1")
_NAME = "Stackyard development authority"
_LONGEST_COMMON_NAME = 64


@dataclass(frozen=True)
class Pair:
    """A certificate (PEM, 0644) and its key (PEM, 0600)."""

    certificate: Path
    key: Path


class Authority(Pair):
    """What signs: browsers are told to trust its certificate, and nobody else may read its key."""


def hosts_of(host: str, *, tenants: bool) -> tuple[str, ...]:
    """The names a development certificate stands for: the host, its tenants, and this machine itself."""
    return tuple(dict.fromkeys((host, *((f"*.{host}",) if tenants else ()), *_OWN_HOSTS)))


def ensure_authority(folder: Path, now: datetime, hosts: Iterable[str] = ()) -> Authority:
    """The authority for `hosts` below `folder`, made when there is none or when it has expired.

    `now` is timezone-aware. Safe against a second process that does the same. Raises StateError when what lies there
    is no authority, OSError when the folder cannot be written.
    """
    outside = _outside(hosts)
    authority = find_authority(folder, outside)
    place = authority.certificate.parent
    if place.exists() and read_certificate(authority.certificate).not_valid_after_utc <= now:
        shutil.rmtree(place)
    if not place.exists():
        _make_authority(place, outside, now)
    _check_pair(authority)
    return authority


def find_authority(folder: Path, hosts: Iterable[str] = ()) -> Authority:
    """Where the authority for `hosts` below `folder` lies, whether there is one or not."""
    outside = _outside(hosts)
    name = "authority" if not outside else f"authority-{hashlib.sha256(' '.join(outside).encode()).hexdigest()[:12]}"
    return Authority(folder / name / "authority.pem", folder / name / "authority.key")


def _outside(hosts: Iterable[str]) -> tuple[str, ...]:
    """The names among them that may be another machine's."""
    return tuple(sorted({host.removeprefix("*.") for host in hosts if not _is_local(host)}))


def ensure_leaf(folder: Path, authority: Authority, hosts: Iterable[str], now: datetime) -> tuple[Pair, str]:
    """A certificate for `hosts` in `folder`, and why it was made: empty when the one there was still good.

    `now` is timezone-aware. The certificate file holds the authority's too. Raises StateError for a broken authority.
    """
    wanted = tuple(hosts)
    leaf = Pair(folder / "edge.pem", folder / "edge.key")
    reason = needs_renewal(leaf.certificate, wanted, now, authority=authority, key=leaf.key)
    if reason:
        folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        _sign_leaf(leaf, authority, wanted, now)
    return leaf, reason


def needs_renewal(
    certificate: Path,
    hosts: Iterable[str],
    now: datetime,
    *,
    authority: Authority | None = None,
    key: Path | None = None,
) -> str:
    """Why the certificate must be made anew, as a sentence without its full stop, or an empty text.

    With `authority` it must also be signed by that one, with `key` it must fit that key.
    """
    try:
        leaf = read_certificate(certificate)
    except StateError:
        return "there is no certificate yet" if not certificate.exists() else "the certificate cannot be read"
    if leaf.not_valid_after_utc - now < RENEW_BEFORE:
        return f"the certificate ends on {leaf.not_valid_after_utc:%Y-%m-%d}"
    if leaf.not_valid_before_utc > now:
        return "the certificate is not valid yet"
    missing = sorted(set(hosts) ^ _names(leaf))
    if missing:
        return f"the certificate stands for other hosts: {', '.join(missing)}"
    if authority is not None and not _is_signed_by(leaf, authority):
        return "the certificate was signed by another authority"
    if key is not None and not _fits(leaf, key):
        return "the key does not fit the certificate"
    return ""


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        name = host.removeprefix("*.")
        return any(name == domain or name.endswith(f".{domain}") for domain in _DOMAINS)


def _make_authority(place: Path, outside: tuple[str, ...], now: datetime) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    # The number keeps apart the authorities of several machines in one browser.
    name = _subject(f"{_NAME} {x509.random_serial_number() % 16**6:06x}")
    certificate = (
        _builder(name, name, key, now, _AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(_constraints(outside), critical=True)
        .sign(key, hashes.SHA256())
    )
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = Path(tempfile.mkdtemp(prefix=".authority-", dir=place.parent))
    try:
        fresh.chmod(0o755)
        write(fresh / "authority.key", key_pem(key), 0o600)
        write(fresh / "authority.pem", certificate_pem(certificate), 0o644)
        # Both files or none: a folder is renamed in one step, and onto one that has files it cannot be.
        fresh.rename(place)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        if not place.exists():
            raise


def _sign_leaf(leaf: Pair, authority: Authority, hosts: tuple[str, ...], now: datetime) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    issuer, issuer_key = read_certificate(authority.certificate), read_key(authority.key)
    key = ec.generate_private_key(ec.SECP256R1())
    common = next((host for host in hosts if len(host) <= _LONGEST_COMMON_NAME), "localhost")
    certificate = (
        _builder(_subject(common), issuer.subject, key, now, LEAF_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    write(leaf.key, key_pem(key), 0o600)
    write(leaf.certificate, certificate_pem(certificate) + certificate_pem(issuer), 0o644)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    from cryptography import x509

    start = now - _CLOCK_SKEW
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _subject(common_name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _constraints(outside: tuple[str, ...]) -> x509.NameConstraints:
    from cryptography import x509

    names = [x509.DNSName(name) for name in (*_DOMAINS, *outside) if not _is_address(name)]
    networks = (*_NETWORKS, *(name for name in outside if _is_address(name)))
    addresses = [x509.IPAddress(ipaddress.ip_network(network)) for network in networks]
    return x509.NameConstraints(permitted_subtrees=[*names, *addresses], excluded_subtrees=None)


def _general_name(host: str) -> x509.GeneralName:
    from cryptography import x509

    return x509.IPAddress(ipaddress.ip_address(host)) if _is_address(host) else x509.DNSName(host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _names(certificate: x509.Certificate) -> set[str]:
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    addresses = (str(address) for address in names.get_values_for_type(x509.IPAddress))
    return {*names.get_values_for_type(x509.DNSName), *addresses}


def _is_signed_by(leaf: x509.Certificate, authority: Authority) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        leaf.verify_directly_issued_by(read_certificate(authority.certificate))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _fits(certificate: x509.Certificate, key: Path) -> bool:
    try:
        return read_key(key).public_key() == certificate.public_key()
    except StateError:
        return False


def _check_pair(authority: Authority) -> None:
    if not _fits(read_certificate(authority.certificate), authority.key):
        raise StateError(
            f"the key {authority.key} does not fit the certificate beside it",
            hint=f"Remove the folder {authority.key.parent}: a new authority is made, and must be trusted anew.",
        )
