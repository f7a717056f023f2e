"""The last look of `up`: all is ready, and the edge answers. A module of its own, for what it imports takes a while."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from http.client import HTTPConnection, HTTPException

from stackyard.errors import PartError
from stackyard.model.system import Tls
from stackyard.plan.element import Kind
from stackyard.targets.native.layout import WATCHER
from stackyard.targets.native.processes import await_all
from stackyard.targets.native.target import NativeTarget

_UNREACHED = (502, 503, 504)
_PATIENCE = 5.0
"""Seconds that all services together are given to be reached: the edge leaves alone for a moment what refused it."""
_PAUSE = 0.05
"""Seconds between two questions."""


def confirm(target: NativeTarget) -> None:
    """See that everything is ready, whether this plan has started it or not, and that the edge answers.

    Raises PartError.
    """
    programs = target.blueprint.programs.values()
    if target.client is not None:
        await_all(target.client, (one for one in programs if one.part != WATCHER), target.layout.log)
    _ask_edge(target)
    if target.client is not None:
        await_all(target.client, programs, target.layout.log)


def _ask_edge(target: NativeTarget) -> None:
    """Ask each service through the edge, as a browser would: only an answer counts."""
    edge = target.system.edge
    if edge is None or target.blueprint.programs.get(f"{Kind.PROCESS}:edge") is None:
        return
    port = target.machine.ports["edge.http" if edge.tls is Tls.OFF else "edge.https"]
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
