"""How the edge speaks: TLS versions, HTTP/2, and the way from plain HTTP."""

from __future__ import annotations

import ssl
import struct
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from .yard import HOST, Tls, Yard, system

pytestmark = pytest.mark.real

YardStart = Callable[..., Yard]


def speaking(yard: Yard, version: ssl.TLSVersion) -> ssl.SSLContext:
    """A client that speaks this version only, and is not choosy about ciphers."""
    context = yard.context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def test_a_browser_that_trusts_the_authority_trusts_the_chain(yard: YardStart, front: Path) -> None:
    """EDGE-01: verified with the strictness of a browser, for every name of the machine and of tenants."""
    edge = yard(of=system(tenants="subdomain"), front=front)
    for name in (HOST, f"acme.{HOST}", "localhost", "127.0.0.1", "::1"):
        with edge.connect(sni=name) as stream:
            assert isinstance(stream, ssl.SSLSocket)
            assert stream.version() == "TLSv1.3"


def test_tls_1_2_and_1_3_are_spoken_and_nothing_older(yard: YardStart, front: Path) -> None:
    """EDGE-01: TLS 1.2 and 1.3 only."""
    edge = yard(front=front)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        assert edge.ask("/", context=speaking(edge, version)).status == 200
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.raises(ssl.SSLError, match="TLSV1_ALERT_PROTOCOL_VERSION"):
            edge.connect(context=speaking(edge, version))


@pytest.mark.parametrize("cipher", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384"])
def test_ciphers_without_forward_secrecy_or_authentication_are_refused(
    yard: YardStart, front: Path, cipher: str
) -> None:
    """EDGE-01: modern forward-secret ciphers."""
    edge = yard(front=front)
    context = speaking(edge, ssl.TLSVersion.TLSv1_2)
    context.set_ciphers(cipher)
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        edge.connect(context=context)


def test_no_session_ticket_is_handed_out(yard: YardStart, front: Path) -> None:
    """EDGE-01: a ticket key that lives as long as the server would undo forward secrecy."""
    edge = yard(front=front)
    with edge.connect(context=speaking(edge, ssl.TLSVersion.TLSv1_2)) as stream:
        assert isinstance(stream, ssl.SSLSocket)
        session = stream.session
        assert session is not None
        assert not session.has_ticket


def test_http_2_is_negotiated_and_spoken(yard: YardStart, front: Path) -> None:
    """EDGE-01: HTTP/2, down to an answer 200 in its first HEADERS frame."""
    edge = yard(front=front)
    context = edge.context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    authority = f"{HOST}:{edge.https}".encode()
    # HPACK: GET, https, /, :authority as a literal; then the end of headers and of the stream.
    block = b"\x82\x87\x84\x41" + bytes([len(authority)]) + authority
    with edge.connect(context=context) as stream:
        assert isinstance(stream, ssl.SSLSocket)
        assert stream.selected_alpn_protocol() == "h2"
        stream.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4) + frame(1, block, flags=5, stream=1))
        read = stream.makefile("rb")
        while True:
            head = read.read(9)
            payload = read.read(int.from_bytes(head[:3], "big"))
            if head[3] == 1:
                break
    assert 0x88 in payload[:4]  # the indexed header ":status 200", perhaps after a table size update


def frame(kind: int, payload: bytes = b"", *, flags: int = 0, stream: int = 0) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def test_plain_http_is_redirected_with_path_query_and_port(yard: YardStart, front: Path) -> None:
    """EDGE-01: HTTP redirected to HTTPS, so that a POST stays a POST."""
    edge = yard(of=system(tenants="subdomain"), front=front)
    for host in (HOST, f"acme.{HOST}"):
        answer = edge.ask("/api/a%20b?x=1&y=2", method="POST", host=host, tls=False)
        assert answer.status == 308
        assert answer.get("Location") == f"https://{host}:{edge.https}/api/a%20b?x=1&y=2"
        assert answer.get("Strict-Transport-Security") is None


def test_plain_http_on_the_tls_port_is_redirected_too(yard: YardStart, front: Path) -> None:
    """EDGE-01: a redirect, not an error, and only for hosts that are here."""
    edge = yard(front=front)
    answer = edge.ask("/orders?x=1", tls=False, port=edge.https)
    assert (answer.status, answer.get("Location")) == (308, f"https://{HOST}:{edge.https}/orders?x=1")
    strange = edge.ask("/", host="evil.example", tls=False, port=edge.https)
    assert strange.status == 421


def test_with_tls_off_the_site_is_plain_http(yard: YardStart, front: Path) -> None:
    edge = yard(of=system(tls=Tls.OFF), front=front)
    answer = edge.ask("/", tls=False)
    assert answer.status == 200
    assert answer.get("Strict-Transport-Security") is None
    with pytest.raises(OSError, match="refused"):
        edge.connect(port=edge.https, tls=False)
