"""The development authority and what it signs."""

from __future__ import annotations

import ssl
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from stackyard.errors import MachineError, StateError
from stackyard.resources.certificates import Authority, Pair, ensure_authority, ensure_leaf, hosts_of, needs_renewal
from stackyard.resources.trust import TrustCommand, is_trusted_by_system, trust_commands

NOW = datetime.now(UTC).replace(microsecond=0)
HOSTS = hosts_of("shop.localhost", tenants=True)


def handshake(leaf: Pair, trusted: Path, name: str) -> None:
    """A TLS handshake in memory, with the strictness of a browser. Raises ssl.SSLCertVerificationError."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(leaf.certificate, leaf.key)
    client_context = ssl.create_default_context(cafile=str(trusted))
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    step(client.do_handshake)
    step(server.do_handshake)
    client.do_handshake()


def step(shake: Callable[[], None]) -> None:
    with pytest.raises(ssl.SSLWantReadError):
        shake()


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_authority_is_made_once_and_its_key_is_nobody_elses(tmp_path: Path) -> None:
    first = ensure_authority(tmp_path / "ca", NOW)
    content = first.certificate.read_bytes()
    assert ensure_authority(tmp_path / "ca", NOW + timedelta(days=3000)) == first
    assert first.certificate.read_bytes() == content
    assert (mode(first.key), mode(first.certificate)) == (0o600, 0o644)
    assert [path.name for path in (tmp_path / "ca").iterdir()] == ["authority"]


def test_an_expired_authority_is_made_anew(tmp_path: Path) -> None:
    old = ensure_authority(tmp_path, NOW - timedelta(days=4000))
    content = old.certificate.read_bytes()
    assert ensure_authority(tmp_path, NOW).certificate.read_bytes() != content


@pytest.mark.parametrize("name", ["shop.localhost", "acme.shop.localhost", "localhost", "127.0.0.1", "::1"])
def test_the_certificate_holds_for_the_host_its_tenants_and_this_machine(tmp_path: Path, name: str) -> None:
    """EDGE-04: self-signed for development."""
    authority = ensure_authority(tmp_path / "ca", NOW)
    leaf, _ = ensure_leaf(tmp_path / "tls", authority, HOSTS, NOW)
    handshake(leaf, authority.certificate, name)
    assert mode(leaf.key) == 0o600
    life = read(leaf.certificate).not_valid_after_utc - read(leaf.certificate).not_valid_before_utc
    assert life <= timedelta(days=90)


def test_the_authority_cannot_vouch_for_a_site_on_the_internet(tmp_path: Path) -> None:
    """A stolen key of a developer must be worth nothing elsewhere: the name constraint is enforced."""
    authority = ensure_authority(tmp_path / "ca", NOW)
    constraint = read(authority.certificate).extensions.get_extension_for_class(x509.NameConstraints)
    assert constraint.critical
    leaf, _ = ensure_leaf(tmp_path / "tls", authority, ("bank.example", "192.0.2.7"), NOW)
    for name in ("bank.example", "192.0.2.7"):
        with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
            handshake(leaf, authority.certificate, name)


def test_a_host_outside_of_development_gets_an_authority_for_itself_alone(tmp_path: Path) -> None:
    hosts = hosts_of("shop.example", tenants=True)
    authority = ensure_authority(tmp_path / "ca", NOW, hosts)
    assert authority != ensure_authority(tmp_path / "ca", NOW, HOSTS)
    leaf, _ = ensure_leaf(tmp_path / "tls", authority, hosts, NOW)
    for name in ("shop.example", "acme.shop.example", "localhost"):
        handshake(leaf, authority.certificate, name)


def test_a_certificate_is_kept_while_it_is_good_and_renewed_with_a_reason(tmp_path: Path) -> None:
    """EDGE-04: renewed before expiry."""
    authority = ensure_authority(tmp_path / "ca", NOW)
    leaf, reason = ensure_leaf(tmp_path / "tls", authority, HOSTS, NOW)
    assert reason == "there is no certificate yet"
    assert ensure_leaf(tmp_path / "tls", authority, HOSTS, NOW + timedelta(days=59)) == (leaf, "")
    old = leaf.certificate.read_bytes()
    _, reason = ensure_leaf(tmp_path / "tls", authority, HOSTS, NOW + timedelta(days=61))
    assert reason == f"the certificate ends on {NOW - timedelta(hours=1) + timedelta(days=90):%Y-%m-%d}"
    assert leaf.certificate.read_bytes() != old


def test_every_reason_for_another_certificate_is_told(tmp_path: Path) -> None:
    authority = ensure_authority(tmp_path / "ca", NOW)
    leaf, _ = ensure_leaf(tmp_path / "tls", authority, HOSTS, NOW)
    other = ensure_authority(tmp_path / "other", NOW)
    assert needs_renewal(leaf.certificate, HOSTS, NOW) == ""
    assert needs_renewal(leaf.certificate, (*HOSTS, "b.localhost"), NOW) == (
        "the certificate stands for other hosts: b.localhost"
    )
    assert needs_renewal(leaf.certificate, HOSTS, NOW - timedelta(days=1)) == "the certificate is not valid yet"
    assert (
        needs_renewal(leaf.certificate, HOSTS, NOW, authority=other)
        == "the certificate was signed by another authority"
    )
    assert needs_renewal(leaf.certificate, HOSTS, NOW, key=other.key) == "the key does not fit the certificate"
    leaf.certificate.write_text("torn")
    assert needs_renewal(leaf.certificate, HOSTS, NOW) == "the certificate cannot be read"


def test_a_broken_authority_is_named_and_not_replaced_in_silence(tmp_path: Path) -> None:
    """People have told their browsers to trust it: a new one must be their decision."""
    authority = ensure_authority(tmp_path, NOW)
    other = ensure_authority(tmp_path / "other", NOW)
    authority.key.write_bytes(other.key.read_bytes())
    with pytest.raises(StateError, match="does not fit") as raised:
        ensure_authority(tmp_path, NOW)
    assert str(authority.key.parent) in raised.value.hint
    authority.key.write_text("-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n")
    with pytest.raises(StateError) as raised:
        ensure_authority(tmp_path, NOW)
    assert "hush" not in f"{raised.value} {raised.value.hint} {raised.value.details}"


def test_the_commands_that_trust_it_are_exact(tmp_path: Path) -> None:
    authority = Authority(Path("/ca/authority.pem"), Path("/ca/authority.key"))
    (tmp_path / ".mozilla/firefox/ab.default").mkdir(parents=True)
    (tmp_path / ".mozilla/firefox/ab.default/cert9.db").touch()
    nss = ("-A", "-t", "C,,", "-n", "Stackyard development authority", "-i", "/ca/authority.pem")
    database = f"sql:{tmp_path}/.pki/nssdb"
    assert trust_commands(authority, "debian", tmp_path) == (
        TrustCommand(
            "the system",
            ("sudo", "install", "-m", "0644", "/ca/authority.pem", "/usr/local/share/ca-certificates/stackyard.crt"),
        ),
        TrustCommand("the system", ("sudo", "update-ca-certificates")),
        TrustCommand("Chrome and Chromium", ("mkdir", "-p", f"{tmp_path}/.pki/nssdb")),
        TrustCommand("Chrome and Chromium", ("certutil", "-d", database, "-N", "--empty-password")),
        TrustCommand("Chrome and Chromium", ("certutil", "-d", database, *nss)),
        TrustCommand("Firefox (ab.default)", ("certutil", "-d", f"sql:{tmp_path}/.mozilla/firefox/ab.default", *nss)),
    )
    assert trust_commands(authority, "macos", Path("/Users/ada"))[0].argv == (
        *("security", "add-trusted-cert", "-r", "trustRoot", "-k"),
        *("/Users/ada/Library/Keychains/login.keychain-db", "/ca/authority.pem"),
    )
    with pytest.raises(MachineError, match="'plan9'") as raised:
        trust_commands(authority, "plan9", tmp_path)
    assert "/ca/authority.pem" in raised.value.hint


def test_a_bundle_that_holds_the_authority_is_told_from_one_that_does_not(tmp_path: Path) -> None:
    authority = ensure_authority(tmp_path / "ca", NOW)
    bundle = tmp_path / "bundle.crt"
    bundle.write_bytes(ensure_authority(tmp_path / "other", NOW).certificate.read_bytes())
    assert not is_trusted_by_system(authority, (bundle, tmp_path / "none.crt"))
    assert not is_trusted_by_system(authority)
    bundle.write_bytes(bundle.read_bytes() + authority.certificate.read_bytes())
    assert is_trusted_by_system(authority, (bundle,))
