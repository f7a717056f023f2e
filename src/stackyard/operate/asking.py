"""Ask each service through the edge, as a browser would: only an answer counts."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException

from stackyard.errors import PartError
from stackyard.model.system import System, Tls

_UNREACHED = (502, 503, 504)
_PATIENCE = 5.0
"""Seconds that all services together are given to be reached: the edge leaves alone for a moment what refused it."""
_PAUSE = 0.05
"""Seconds between two questions."""


def ask_edge(system: System, ports: Mapping[str, int]) -> None:
    """See that every service behind the edge is reached through it. `ports` are those of this machine, by slot.

    Raises PartError.
    """
    edge = system.edge
    if edge is None:
        return
    port = ports["edge.http" if edge.tls is Tls.OFF else "edge.https"]
    authority = f"{edge.host.replace('*.', '')}:{port}"
    paths = {route.service: route.path for route in edge.routes} or {"": "/"}
    deadline = time.monotonic() + _PATIENCE
    for service, path in paths.items():
        while (status := _status(edge.tls is not Tls.OFF, port, authority, path)) in _UNREACHED:
            if time.monotonic() > deadline:
                whom = service or "the service behind it"
                raise PartError("edge", f"the edge answers {status} at {authority}{path}: it does not reach {whom}")
            time.sleep(_PAUSE)


def _status(secure: bool, port: int, authority: str, path: str) -> int:
    """What the edge answers. Raises PartError when it does not."""
    try:
        with contextlib.closing(_connection(secure, port, authority.partition(":")[0])) as connection:
            connection.request("GET", path, headers={"Host": authority})
            return connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise PartError("edge", f"the edge does not answer at {authority}: {error}") from error


def _connection(secure: bool, port: int, host: str) -> HTTPConnection:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    if not secure:
        return connection
    # It is our own port on loopback: who answers is known, the authority may not be trusted here, and reading all the
    # authorities of the machine would take longer than the question.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # The host by name: outside of development the edge speaks TLS with nobody who asks for another.
    plain = socket.create_connection(("127.0.0.1", port), 10)
    try:
        connection.sock = context.wrap_socket(plain, server_hostname=host)
    except OSError:
        plain.close()
        raise
    return connection
