"""A client of the edge for checks: from an address of its own, so that no limit counts it together with a user."""

from __future__ import annotations

import secrets
import ssl
import sys
from typing import TYPE_CHECKING, Any

from stackyard.observe.seen import EdgeView
from stackyard.observe.view import View
from stackyard.verify.check import DoesNotApplyError

if TYPE_CHECKING:
    import httpx

TIMEOUT = 10.0
"""Seconds to wait for an answer."""


def edge_of(view: View) -> EdgeView:
    """The edge. Raises DoesNotApplyError for a system without one."""
    if view.edge is None:
        raise DoesNotApplyError("the system has no edge")
    return view.edge


def own_address(edge: EdgeView) -> str | None:
    """A loopback address that nobody else uses, where the edge is on loopback and the system has all of 127/8."""
    if not edge.address.startswith("127.") or not sys.platform.startswith("linux"):
        return None
    return f"127.{64 + secrets.randbelow(64)}.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"


def trust(edge: EdgeView) -> ssl.SSLContext:
    """What a client of this system trusts."""
    return ssl.create_default_context(cafile=str(edge.authority) if edge.authority else None)


def _transport(view: View, scheme: str, source: str | None, *, http2: bool) -> httpx.HTTPTransport:
    import httpx

    edge = edge_of(view)
    if edge.keeps_sources:
        return httpx.HTTPTransport(verify=trust(edge), http1=not http2, http2=http2, local_address=source)
    way = view.way(f"edge.{scheme}", source)

    class Passing(httpx.HTTPTransport):
        """Through a socket of this machine, which goes with it."""

        def __exit__(self, *error: Any) -> None:
            super().__exit__(*error)
            way.__exit__(*error)

    return Passing(verify=trust(edge), http1=not http2, http2=http2, uds=str(way.__enter__()))


def client(view: View, *, plain: bool = False, http2: bool = False, source: str | None = None) -> httpx.Client:
    """An HTTP client of the edge as the host of the stack file, certificates checked, redirects not followed.

    With `plain` it speaks to the port without TLS. `source` is the address that it comes from, one of its own if None.
    """
    import httpx

    edge = edge_of(view)
    scheme, port = ("http", edge.http) if plain else (edge.scheme, edge.port)
    is_usual = port == {"http": 80, "https": 443}[scheme]

    def name_the_host(request: httpx.Request) -> None:
        request.extensions["sni_hostname"] = edge.host

    transport = _transport(view, scheme, source or own_address(edge), http2=http2)
    return httpx.Client(
        base_url=f"{scheme}://{edge.address}:{port}",
        headers={"Host": edge.host if is_usual else f"{edge.host}:{port}", "User-Agent": "stackyard-verify"},
        transport=transport,
        event_hooks={"request": [name_the_host]},
        timeout=TIMEOUT,
        # Proxies of the environment are for the world outside.
        trust_env=False,
    )
