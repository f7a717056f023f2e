"""The last look of `up`: all is ready, and the edge answers. A module of its own, for what it imports takes a while."""

from __future__ import annotations

import contextlib
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from stackyard.errors import PartError
from stackyard.model.system import Tls
from stackyard.plan.element import Kind
from stackyard.targets.native.processes import await_all
from stackyard.targets.native.target import NativeTarget


def confirm(target: NativeTarget) -> None:
    """See that everything is ready, whether this plan has started it or not, and that the edge answers.

    Raises PartError.
    """
    if target.client is not None:
        await_all(target.client, target.blueprint.programs.values(), target.layout.log)
    _ask_edge(target)


def _ask_edge(target: NativeTarget) -> None:
    """Ask through the edge, as a browser would: only an answer counts."""
    edge = target.system.edge
    if edge is None or target.blueprint.programs.get(f"{Kind.PROCESS}:edge") is None:
        return
    port = target.machine.ports["edge.http" if edge.tls is Tls.OFF else "edge.https"]
    host = edge.host.replace("*.", "")
    try:
        connection = _connection(edge.tls is not Tls.OFF, port)
        with contextlib.closing(connection):
            connection.request("GET", edge.routes[-1].path if edge.routes else "/", headers={"Host": f"{host}:{port}"})
            status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise PartError("edge", f"the edge does not answer at {host}:{port}: {error}") from error
    if status in (502, 503, 504):
        raise PartError("edge", f"the edge answers {status} at {host}:{port}: it does not reach the service behind it")


def _connection(secure: bool, port: int) -> HTTPConnection:
    if not secure:
        return HTTPConnection("127.0.0.1", port, timeout=10)
    # It is our own port on loopback: who answers is known, the authority may not be trusted here, and reading all the
    # authorities of the machine would take longer than the question.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
