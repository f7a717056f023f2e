"""Connections between the edge and a service: kept where nothing can be lost by it, and nowhere else."""

from __future__ import annotations

import http.client
import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, StreamEnded

from .yard import HOST, Echo, Yard, until

pytestmark = pytest.mark.real

YardStart = Callable[..., Yard]
EchoStart = Callable[..., Echo]


def several(edge: Yard, method: str, count: int) -> list[int]:
    """The statuses of so many requests over one connection of a client."""
    with closing(http.client.HTTPSConnection("127.0.0.1", edge.https, context=edge.context())) as client:
        found = []
        for _ in range(count):
            client.request(method, "/api/x", headers={"Host": HOST})
            response = client.getresponse()
            response.read()
            found.append(response.status)
        return found


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reads_share_a_connection(yard: YardStart, echo: EchoStart, method: str) -> None:
    """EDGE-06: a reverse proxy with keep-alive."""
    api = echo()
    edge = yard(upstreams={"api": (api.address,)})
    assert several(edge, method, 40) == [200] * 40
    assert len(api.connections) <= 10


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_what_may_not_be_sent_twice_has_a_connection_of_its_own(yard: YardStart, echo: EchoStart, method: str) -> None:
    """EDGE-06: also right after a read has left one that could be used."""
    api = echo()
    edge = yard(upstreams={"api": (api.address,)})
    assert several(edge, "GET", 1) == [200]
    assert several(edge, method, 5) == [200] * 5
    assert len(api.connections) == 6
    assert dict(edge.ask("/api/x", method=method).json["headers"])["connection"] == "close"


@pytest.mark.parametrize(
    "body", [b"Content-Length: 3\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"]
)
def test_a_read_with_a_body_leaves_no_connection_to_the_next(yard: YardStart, echo: EchoStart, body: bytes) -> None:
    """A service that overlooks the body of a GET would take it for the request of somebody else."""
    edge = yard(upstreams={"api": (echo().address,)})
    head = f"GET /api/x HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n".encode()
    answer = edge.send(head + body)
    assert answer.json["received"] == 3
    assert dict(answer.json["headers"])["connection"] == "close"


@pytest.mark.parametrize("size", [3, 200_000])
def test_nor_does_one_whose_body_has_no_length(yard: YardStart, echo: EchoStart, size: int) -> None:
    """HTTP/2 needs none, and a large body waits in a file."""
    edge = yard(upstreams={"api": (echo().address,)})
    text = over_http_2(edge, b"x" * size)
    assert f'"received": {size}' in text
    assert '["connection", "close"]' in text


def over_http_2(edge: Yard, body: bytes) -> str:
    """What a GET with this body is answered."""
    context = edge.context()
    context.set_alpn_protocols(["h2"])
    state = H2Connection(H2Configuration(header_encoding="utf-8"))
    state.initiate_connection()
    fields = {":method": "GET", ":path": "/api/x", ":scheme": "https", ":authority": HOST}
    state.send_headers(1, list(fields.items()))
    answer, left = b"", body
    with edge.connect(context=context) as stream:
        while True:
            while left and (room := min(state.local_flow_control_window(1), state.max_outbound_frame_size, len(left))):
                state.send_data(1, left[:room], end_stream=room == len(left))
                left = left[room:]
            stream.sendall(state.data_to_send())
            for event in state.receive_data(stream.recv(65536)):
                if isinstance(event, DataReceived):
                    answer += event.data or b""
                if isinstance(event, StreamEnded):
                    return answer.decode()


@contextmanager
def closing_at_the_second_request() -> Iterator[tuple[str, list[int]]]:
    """A service that answers once on each connection, and closes it when the next request has come.

    Gives its address, and for each connection how many requests it has seen.
    """
    seen: list[int] = []

    def serve(connection: socket.socket, number: int) -> None:
        with connection:
            for count in itertools.count(1):
                if b"\r\n\r\n" not in connection.recv(65536):
                    return
                seen[number] = count
                if count == 2:
                    return
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def listen() -> None:
        for number in itertools.count():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            seen.append(0)
            threading.Thread(target=serve, args=(connection, number), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", seen
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_a_connection_that_closes_under_a_request_costs_nobody_anything(yard: YardStart) -> None:
    """EDGE-06, TGT-04: the race of every release, made certain. A read is sent again, a write never meets it."""
    with closing_at_the_second_request() as (address, seen):
        edge = yard(upstreams={"api": (address,)})
        assert several(edge, "GET", 5) == [200] * 5
        assert max(seen) == 2
        assert several(edge, "POST", 5) == [200] * 5


def test_a_release_behind_a_swapped_socket_gets_the_next_request(
    yard: YardStart, echo: EchoStart, folder: Path
) -> None:
    """TGT-04: without a reload. A write finds the new one at once, a read within about a second."""
    old, new = echo("old", unix=folder / "1.sock"), echo("new", unix=folder / "2.sock")
    assert old.address
    assert new.address
    (folder / "api.sock").symlink_to(folder / "1.sock")
    edge = yard(upstreams={"api": (f"unix:{folder}/api.sock",)})
    assert edge.ask("/api/x").json["name"] == "old"
    (folder / "next").symlink_to(folder / "2.sock")
    (folder / "next").rename(folder / "api.sock")
    assert [edge.ask("/api/x", method="POST", body=b"x").json["name"] for _ in range(3)] == ["new"] * 3
    until(lambda: edge.ask("/api/x").json["name"] == "new", "reads find the new release")
    assert {edge.ask("/api/x").json["name"] for _ in range(10)} == {"new"}


def test_nobody_notices_that_the_old_release_stops_at_once(yard: YardStart, echo: EchoStart, folder: Path) -> None:
    """TGT-04: connections to it that were kept are gone, and no request with them."""
    old, new = echo("old", unix=folder / "1.sock"), echo("new", unix=folder / "2.sock")
    assert new.address
    (folder / "api.sock").symlink_to(folder / "1.sock")
    edge = yard(upstreams={"api": (f"unix:{folder}/api.sock",)})
    assert several(edge, "GET", 3) == [200] * 3
    (folder / "next").symlink_to(folder / "2.sock")
    (folder / "next").rename(folder / "api.sock")
    old.stop()
    assert several(edge, "GET", 3) == [200] * 3
    assert several(edge, "POST", 3) == [200] * 3
