"""EDGE-01: what the edge speaks."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from stackyard.model.system import System, Tls
from stackyard.observe.view import View
from stackyard.verify import judges
from stackyard.verify.check import CannotSeeError, Check, Look, Seen, saw
from stackyard.verify.client import TIMEOUT, client, edge_of, own_address, trust
from stackyard.verify.edge.paths import absent, edge_in
from stackyard.verify.edge.wire import Wire

_FEWEST_SUITES = 100
"""Cipher suites that a scan has at least offered in vain, if it has looked at all."""
_OF_OTHER_CHECKS = frozenset({"certificate_path_validation", "maximum_certificate_lifespan"})


def unless_secure(system: System) -> str:
    """Why TLS is no concern of this system, or ""."""
    if system.edge is None:
        return "the system has no edge"
    return "the file turns TLS off" if system.edge.tls is Tls.OFF else ""


def _profile(view: View) -> Iterator[Seen]:
    edge = edge_of(view)
    assert edge.https is not None
    authorities = str(edge.authority or ssl.get_default_verify_paths().cafile or "")
    said = judges.consult("tls", edge.host, edge.address, str(edge.https), authorities)
    accepted = {name: suites for name, suites in said["accepted"].items() if suites}
    if said["status"] != "COMPLETED" or said["commands"] != said.get("wanted"):
        raise CannotSeeError(f"sslyze could not look at all of the server: {said['status']}")
    if not accepted or said["refused"] < _FEWEST_SUITES:
        raise CannotSeeError(f"sslyze offered {said['refused']} suites in vain and found {len(accepted)} versions")
    sent = f"{judges.JUDGES['tls']}, Mozilla's intermediate profile, on {edge.url}"
    shown = "; ".join(f"{name}: {', '.join(suites)}" for name, suites in accepted.items())
    yield saw(sent, f"{said['commands']} scans, {said['refused']} suites refused; accepted {shown}")
    for name, sentence in said["issues"].items():
        if name not in _OF_OTHER_CHECKS:
            yield saw(sent, sentence, fault=sentence.rstrip("."))


def _redirect(view: View) -> Iterator[Seen]:
    edge = edge_of(view)
    assert edge.https is not None
    port = "" if edge.https == 443 else f":{edge.https}"
    tails = ("?a=1&b=%2F%20x", "/%41/deep.html")
    targets = [*(route.path for route in edge_in(view.system).routes), *(absent("/") + tail for tail in tails)]
    with Wire(view, plain=True) as wire:
        for target in targets:
            answer = wire.ask(target)
            wanted = f"https://{edge.host}{port}{target}"
            is_right = answer.status == 308 and answer.all("Location") == [wanted]
            fault = f"plain HTTP is not sent to {wanted} with 308"
            yield saw(answer.sent, answer.line("location"), fault=fault, unless=is_right)


def _http2(view: View) -> Iterator[Seen]:
    edge = edge_of(view)
    chosen = _agreed(view)
    sent = f"TLS handshake for {edge.host}, with h2 and http/1.1 offered"
    yield saw(sent, chosen or "nothing", fault="the edge does not speak HTTP/2", unless=chosen == "h2")
    if chosen != "h2":
        return
    path = absent("/")
    with client(view, http2=True) as browser:
        answer = browser.get(path)
    came = f"{answer.http_version} {answer.status_code}"
    fault = "the edge offers HTTP/2 and answers in another"
    yield saw(f"GET {edge.url}{path}", came, fault=fault, unless=answer.http_version == "HTTP/2")


def _agreed(view: View) -> str | None:
    """The protocol that the edge chooses when it may."""
    edge = edge_of(view)
    own, context = own_address(edge), trust(edge)
    context.set_alpn_protocols(["h2", "http/1.1"])
    try:
        with (
            socket.create_connection((edge.address, edge.port), TIMEOUT, (own, 0) if own else None) as plain,
            context.wrap_socket(plain, server_hostname=edge.host) as secured,
        ):
            return secured.selected_alpn_protocol()
    except OSError as error:
        raise CannotSeeError(f"no TLS handshake for {edge.host}: {error}") from None


CHECKS = (
    Check(
        "edge.tls",
        ("EDGE-01",),
        "TLS 1.2 and 1.3 only, with the ciphers and curves of Mozilla's intermediate profile",
        Look.OUTSIDE,
        _profile,
        unless_secure,
    ),
    Check(
        "edge.redirect",
        ("EDGE-01",),
        "plain HTTP is sent to the same address with HTTPS",
        Look.OUTSIDE,
        _redirect,
        unless_secure,
    ),
    Check("edge.http2", ("EDGE-01",), "browsers are spoken to in HTTP/2", Look.OUTSIDE, _http2, unless_secure),
)
