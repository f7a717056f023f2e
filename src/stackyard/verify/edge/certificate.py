"""EDGE-04: the certificate that the edge shows."""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from stackyard.errors import StateError
from stackyard.observe.seen import EdgeView
from stackyard.observe.view import View
from stackyard.verify.check import CannotSeeError, Check, Look, Seen, saw
from stackyard.verify.client import TIMEOUT, edge_of, own_address, trust
from stackyard.verify.edge.paths import edge_in
from stackyard.verify.edge.tls import unless_secure

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_FEWEST_DAYS = 14
"""Days before its end by which a certificate has been renewed, and a person could still help where that failed."""
_RENEW = "`stackyard up` makes a new one; a certificate of your own has to be replaced by hand."


def _hosts(view: View) -> Iterator[Seen]:
    edge, own = edge_of(view), edge_in(view.system)
    for host in (own.host, *((f"stackyard-verify.{own.host}",) if own.tenants else ())):
        sent = f"TLS handshake for {host}, verified with {edge.authority or 'the authorities of this machine'}"
        try:
            served = _served(edge, host, trust(edge))
        except ssl.SSLCertVerificationError as error:
            yield saw(sent, error.verify_message, fault=f"a client does not trust {host}: {error.verify_message}")
        else:
            yield saw(sent, _shown(served))


def _expiry(view: View) -> Iterator[Seen]:
    edge = edge_of(view)
    served = _served(edge, edge.host, _unverified())
    left = served.not_valid_after_utc - datetime.now(UTC)
    fault = f"the certificate ends in {left.days} days, and fewer than {_FEWEST_DAYS} are left"
    yield saw(f"TLS handshake for {edge.host}", _shown(served), fault=fault, unless=left.days >= _FEWEST_DAYS)


def _in_use(view: View) -> Iterator[Seen]:
    from stackyard.resources.pem import read_certificate

    edge = edge_of(view)
    if edge.certificate is None:
        raise CannotSeeError("the certificate does not lie on this machine")
    served = _served(edge, edge.host, _unverified())
    try:
        there = read_certificate(edge.certificate)
    except StateError as error:
        yield saw(f"read {edge.certificate}", error.what, fault=f"{edge.certificate} cannot be read")
        return
    came = f"served {_print(served)}, in the file {_print(there)}"
    fault = "the edge serves another certificate than the one in its file"
    yield saw(f"{edge.certificate} and a TLS handshake", came, fault=fault, unless=_print(served) == _print(there))


def _served(edge: EdgeView, host: str, context: ssl.SSLContext) -> Certificate:
    from cryptography import x509

    own = own_address(edge)
    try:
        with (
            socket.create_connection((edge.address, edge.port), TIMEOUT, (own, 0) if own else None) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            certificate = secured.getpeercert(binary_form=True)
    except ssl.SSLCertVerificationError:
        raise
    except OSError as error:
        raise CannotSeeError(f"no TLS handshake for {host}: {error}") from None
    assert certificate is not None
    return x509.load_der_x509_certificate(certificate)


def _unverified() -> ssl.SSLContext:
    """Takes any certificate: what is wrong with it is what is looked for."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _shown(certificate: Certificate) -> str:
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = ", ".join(str(one.value) for one in names)
    except x509.ExtensionNotFound:
        hosts = "no names"
    ends = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    return f"{hosts}; until {ends}; issued by {certificate.issuer.rfc4514_string()}; sha256 {_print(certificate)}"


def _print(certificate: Certificate) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()[:16]


CHECKS = (
    Check(
        "edge.certificate",
        ("EDGE-04",),
        "the certificate stands for its hosts and its chain leads to an authority that clients trust",
        Look.OUTSIDE,
        _hosts,
        unless_secure,
        next_step=_RENEW,
    ),
    Check(
        "edge.certificate-expiry",
        ("EDGE-04",),
        f"the certificate is good for at least {_FEWEST_DAYS} days more",
        Look.OUTSIDE,
        _expiry,
        unless_secure,
        next_step=_RENEW,
    ),
    Check(
        "edge.certificate-in-use",
        ("EDGE-04",),
        "the certificate that is served is the one in the file",
        Look.OUTSIDE,
        _in_use,
        unless_secure,
    ),
)
