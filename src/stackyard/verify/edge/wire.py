"""Requests to the edge byte for byte: nothing is normalised, so that tricks arrive as tricks."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType

from stackyard.observe.seen import EdgeView
from stackyard.observe.view import View
from stackyard.verify.check import CannotSeeError
from stackyard.verify.client import TIMEOUT, edge_of, own_address, trust

HEALTH = "edge.probe"
"""The slot of the port on loopback where the edge tells about itself."""


@dataclass(frozen=True)
class Answer:
    """What came back. `sent` says from where and for what; the body is cut after a megabyte."""

    sent: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of that header, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name: str) -> str:
        """The value of that header, the values joined where there are several; "" without one."""
        return ", ".join(self.all(name))

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    def line(self, *names: str) -> str:
        """The status, and these headers where they are there, as evidence."""
        shown = [f"{name}: {value}" for name in names for value in self.all(name)]
        return "; ".join((f"{self.status} {reason(self.status)}".strip(), *shown))


class Wire:
    """A client with an address of its own, so that no limit counts it together with a user.

    It speaks to the port that users are served at, as a browser that asks for the host of the stack file. With `plain`
    it speaks to the port without TLS, with `inside` to the one where the edge tells about itself, in plain HTTP. One
    connection at a time, made when it is needed; close it, or use it as a context.
    """

    def __init__(self, view: View, *, plain: bool = False, inside: bool = False, source: str | None = None) -> None:
        self.edge: EdgeView = edge_of(view)
        self.source = source or own_address(self.edge)
        self.is_secure = not plain and not inside and self.edge.https is not None
        self.slot = HEALTH if inside else "edge.https" if self.is_secure else "edge.http"
        self.port = view.port(HEALTH) if inside else self.edge.http if plain else self.edge.port
        self._view = view
        self._connection: http.client.HTTPConnection | None = None
        self._is_used = False

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def authority(self) -> str:
        """The host as a browser names it, with the port where it is not the usual one."""
        return self.edge.host if self.port == (443 if self.is_secure else 80) else f"{self.edge.host}:{self.port}"

    def ask(
        self, target: str, method: str = "GET", *, host: str = "", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request without a body. Raises CannotSeeError when no answer comes."""
        fields = {"Host": host or self.authority, "User-Agent": "stackyard-verify", **(headers or {})}
        sent = f"{method} {self._url(target, host)}{_shown(headers or {})} from {self.source or 'this machine'}"
        with _told(sent):
            try:
                return _answer(sent, self._exchange(method, target, fields))
            except (ConnectionError, http.client.NotConnected):
                if self._connection is None or not self._is_used:
                    raise
                # A server may end a connection between two requests, as nginx does when it reloads.
                self.close()
                return _answer(sent, self._exchange(method, target, fields))

    def send(self, raw: bytes, sent: str) -> Answer:
        """The answer to exactly these bytes over a connection of their own. Raises CannotSeeError when none comes."""
        with _told(sent), self.stream() as stream:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):
                # A server that has read enough to refuse answers, and closes before it has read the rest.
                stream.sendall(raw)
            return answer_on(stream, sent, raw.split(b" ", 1)[0].decode("ascii", "replace"))

    def stream(self) -> socket.socket:
        """A connection of its own, ready to be written to. Raises OSError."""
        plain = self._view.connect(self.slot, self.source, TIMEOUT)
        if not self.is_secure:
            return plain
        try:
            return trust(self.edge).wrap_socket(plain, server_hostname=self.edge.host)
        except BaseException:
            plain.close()
            raise

    def _exchange(self, method: str, target: str, fields: Mapping[str, str]) -> http.client.HTTPResponse:
        connection = self._open()
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in fields.items():
            connection.putheader(name, value.encode())
        connection.endheaders()
        response = connection.getresponse()
        self._is_used = True
        return response

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self.edge.address, self.port)
            # What it must know of TLS and of addresses, `stream` knows already.
            self._connection.auto_open = 0
        if self._connection.sock is None:
            self._connection.sock = self.stream()
            self._is_used = False
        return self._connection

    def _url(self, target: str, host: str) -> str:
        return f"{'https' if self.is_secure else 'http'}://{host or self.authority}{target}"


def answer_on(stream: socket.socket, sent: str, method: str = "GET") -> Answer:
    """The answer that comes next on the stream, which serves for nothing else afterwards."""
    response = http.client.HTTPResponse(stream, method=method)
    try:
        response.begin()
        return _answer(sent, response)
    finally:
        response.close()


def reason(status: int) -> str:
    """What the status is called; "" for an unknown one."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _answer(sent: str, response: http.client.HTTPResponse) -> Answer:
    body = response.read(1 << 20)
    if not response.isclosed():
        response.close()
    return Answer(sent, response.status, tuple(response.getheaders()), body)


@contextlib.contextmanager
def _told(sent: str) -> Iterator[None]:
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        raise CannotSeeError(f"no answer to {sent}: {type(error).__name__}: {error}") from None


def _shown(headers: Mapping[str, str]) -> str:
    return "".join(f", {name}: {value[:80]}" for name, value in headers.items())
