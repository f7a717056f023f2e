"""Requests over HTTP/2 that HTTP/1 cannot hold, or that would be two there; and floods of its frames."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, Event, ResponseReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError

from faults.client.target import HOST, Target
from faults.client.verdict import framing_fault, shows_internals
from faults.result import Result
from faults.tally import Tally

_MUST = "a refusal or one well-framed request behind the edge; never a second one, nor a word about internals"
Header = tuple[str, str]


@dataclass(frozen=True)
class Shape:
    """A request: the pseudo-headers that differ from a right one (None leaves one out), more headers, and a body."""

    name: str
    pseudo: dict[str, str | None]
    headers: tuple[Header, ...] = ()
    body: bytes | None = None
    right: tuple[int, ...] = (0, 400)
    most: int = 0


_PAYLOAD = "GET /judge/smuggled HTTP/1.1"
SHAPES = (
    Shape("a header Connection", {}, (("connection", "close"),), right=(0, 200, 400), most=1),
    Shape("a header Transfer-Encoding", {}, (("transfer-encoding", "chunked"),), b"0\r\n\r\nGET /", (0, 200, 400), 1),
    Shape("a header Upgrade", {}, (("upgrade", "websocket"),), right=(0, 200, 400), most=1),
    Shape("a header TE", {}, (("te", "gzip, trailers"),), right=(0, 200, 400), most=1),
    Shape("a header Keep-Alive", {}, (("keep-alive", "timeout=9"),), right=(0, 200, 400), most=1),
    Shape("capitals in a name", {}, (("X-Upper", "1"),)),
    Shape("a line break in a value", {}, (("x", f"1\r\n\r\n{_PAYLOAD}"),)),
    Shape("a line break in a name", {}, ((f"x: 1\r\n\r\n{_PAYLOAD}", "1"),)),
    Shape("a NUL in a value", {}, (("x", "a\0b"),)),
    Shape("a colon in a name", {}, (("host: evil", "1"),), right=(0, 200, 400), most=1),
    Shape("a space in a name", {}, (("x y", "1"),), right=(0, 200, 400), most=1),
    Shape("an empty name", {}, (("", "1"),), right=(0, 200, 400), most=1),
    Shape("a request in the path", {":path": f"/judge/x HTTP/1.1\r\nHost: {HOST}\r\n\r\n{_PAYLOAD}"}),
    Shape("spaces in the path", {":path": "/judge/x HTTP/1.1 x"}, right=(0, 200, 400), most=1),
    Shape("a path without a slash", {":path": "judge/x"}),
    Shape("an empty path", {":path": ""}),
    Shape("no path", {":path": None}),
    Shape("no method", {":method": None}),
    Shape("no scheme", {":scheme": None}),
    Shape("a request in the method", {":method": f"{_PAYLOAD}\r\nHost: {HOST}\r\n\r\nGET"}),
    Shape("a small method", {":method": "get"}, right=(0, 400, 405)),
    Shape("CONNECT", {":method": "CONNECT", ":path": None, ":scheme": None}, right=(0, 400, 405)),
    Shape("a request in the scheme", {":scheme": f"https\r\n\r\n{_PAYLOAD}"}, right=(0, 200, 400), most=1),
    Shape("a scheme that is none", {":scheme": "gopher"}, right=(0, 200, 400), most=1),
    Shape("another authority", {":authority": "evil.example"}, right=(421,)),
    Shape("a host that differs from the authority", {}, (("host", "evil.example"),), right=(0, 200, 400, 421), most=1),
    Shape("two hosts", {}, (("host", HOST), ("host", "evil.example")), right=(0, 200, 400, 421), most=1),
    Shape("no authority and no host", {":authority": None}, right=(0, 400, 421)),
    Shape("an unknown pseudo-header", {":evil": "1"}, right=(0, 400)),
    Shape("a length that is too small", {":method": "POST"}, (("content-length", "3"),), b"abcGET /", (0, 200, 400), 1),
    Shape("a length that is too large", {":method": "POST"}, (("content-length", "999"),), b"abc", (0, 400), 1),
    Shape(
        "two lengths", {":method": "POST"}, (("content-length", "3"), ("content-length", "8")), b"abcdefgh", (0, 400), 1
    ),
    Shape("a length that is none", {":method": "POST"}, (("content-length", "+3"),), b"abc", (0, 400), 1),
    Shape("a request as the body of a GET", {}, (), f"{_PAYLOAD}\r\nHost: {HOST}\r\n\r\n".encode(), (200,), 1),
    Shape("60,000 letters in a header", {}, (("x", "a" * 60_000),), right=(0, 400, 431)),
    Shape("a hidden path", {":path": "/judge/metrics"}, right=(404,)),
)


class Session:
    """A connection over HTTP/2 on which anything may be sent."""

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        config = H2Configuration(
            client_side=True,
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
            validate_inbound_headers=False,
            header_encoding="latin-1",
        )
        self.h2 = H2Connection(config)
        self.h2.initiate_connection()
        self.flush()

    def flush(self) -> None:
        """Send what is to be sent."""
        self.stream.sendall(self.h2.data_to_send())

    def events(self) -> Iterator[Event]:
        """What the edge says, until it closes or is quiet for the time of the socket."""
        with contextlib.suppress(OSError, ProtocolError):
            while data := self.stream.recv(1 << 16):
                yield from self.h2.receive_data(data)
                self.flush()

    def ask(self, headers: list[Header], body: bytes | None) -> tuple[int, bytes]:
        """The status and the body of the answer; 0 for a stream that was reset or a connection that was closed."""
        number = self.h2.get_next_available_stream_id()
        self.h2.send_headers(number, headers, end_stream=body is None)
        if body is not None:
            self.h2.send_data(number, body, end_stream=True)
        with contextlib.suppress(OSError):
            self.flush()
        status, content = 0, b""
        for event in self.events():
            if isinstance(event, ResponseReceived):
                found: dict[Any, Any] = dict(event.headers or ())
                status = int(found[":status"])
            content += getattr(event, "data", None) or b""
            if isinstance(event, StreamEnded | StreamReset | ConnectionTerminated):
                break
        return status, content


@contextlib.contextmanager
def session(target: Target, source: str = "") -> Iterator[Session]:
    """A connection to the edge over HTTP/2."""
    with contextlib.closing(target.connect(protocols=("h2",), source=source)) as stream:
        yield Session(stream)


def results(target: Target, group: str, rounds: int) -> Iterator[Result]:
    """A line for the shapes."""
    tally = Tally(group, "requests over HTTP/2 that HTTP/1 cannot hold", _MUST)
    for shape in SHAPES * rounds:
        fault = fault_of(target, shape)
        tally.count([f"{shape.name}: {fault}"] if fault else [])
    yield tally.result(None, f"{len(SHAPES)} shapes, {rounds} times each")


def fault_of(target: Target, shape: Shape) -> str:
    """What is wrong with what came of the shape; an empty text when nothing is."""
    target.record()
    with session(target) as connection:
        status, content = connection.ask(_headers(target, shape), shape.body)
    if status not in shape.right:
        return f"answered {status}, not {shape.right}"
    return shows_internals(content) or framing_fault(target.record(), shape.most)


def _headers(target: Target, shape: Shape) -> list[Header]:
    usual: dict[str, str | None] = {
        ":method": "GET" if shape.body is None else "POST",
        ":scheme": "https",
        ":authority": target.host,
        ":path": "/judge/x",
    }
    pseudo = usual | shape.pseudo
    return [(name, value) for name, value in pseudo.items() if value is not None] + list(shape.headers)


def right(target: Target) -> list[Header]:
    """The headers of a request that is right."""
    return _headers(target, Shape("right", {}))


Flood = Callable[[Session, Target], None]


def rapid_reset(connection: Session, target: Target) -> None:
    """Hundreds of requests, each taken back at once."""
    for _ in range(500):
        number = connection.h2.get_next_available_stream_id()
        connection.h2.send_headers(number, right(target), end_stream=True)
        connection.h2.reset_stream(number)
    connection.flush()


def pings(connection: Session, _target: Target) -> None:
    """Thousands of pings."""
    for _ in range(5000):
        connection.h2.ping(b"12345678")
    connection.flush()


def settings(connection: Session, _target: Target) -> None:
    """Thousands of settings."""
    connection.stream.sendall(connection.h2.data_to_send() + b"\0\0\0\4\0\0\0\0\0" * 5000)


def continuations(connection: Session, _target: Target) -> None:
    """Headers that never end."""
    start = b"\0\0\1\1\0\0\0\0\1\x82"
    connection.stream.sendall(connection.h2.data_to_send() + start + (b"\0\x40\0\x09\0\0\0\0\1" + b"\0" * 0x4000) * 40)


def empty_data(connection: Session, target: Target) -> None:
    """A body of thousands of empty frames."""
    number = connection.h2.get_next_available_stream_id()
    headers = [("content-length", "1"), *right(target)[1:]]
    connection.h2.send_headers(number, [(":method", "POST"), *headers[1:]], end_stream=False)
    connection.flush()
    connection.stream.sendall((b"\0\0\0\0\0" + number.to_bytes(4)) * 5000)


FLOODS: dict[str, Flood] = {
    "requests taken back at once": rapid_reset,
    "pings": pings,
    "settings": settings,
    "headers that never end": continuations,
    "a body of empty frames": empty_data,
}
"""Floods of frames, by name. Each may find the connection closed: OSError."""
