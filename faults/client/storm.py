"""Many connections at once, from few or many addresses, and what the edge did with each."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator

from faults.client.target import Target, stranger

_RESET = struct.pack("ii", 1, 0)


@contextlib.contextmanager
def many(count: int, open_one: Callable[[int], socket.socket]) -> Iterator[list[socket.socket]]:
    """So many connections, all closed at the end; those that the edge refuses are left out."""
    found: list[socket.socket] = []
    try:
        for number in range(count):
            with contextlib.suppress(OSError):
                found.append(open_one(number))
        yield found
    finally:
        for stream in found:
            stream.close()


def seconds_until_closed(streams: list[socket.socket], limit: float) -> tuple[int, float, Counter[bytes]]:
    """How many were closed by the edge within the limit, how long the last of them took, and how each answer began.

    The latter counts also those that are still open.
    """
    begun = time.monotonic()
    closed = 0
    begins = dict.fromkeys(streams, b"")
    last = 0.0
    with selectors.DefaultSelector() as waiting:
        for stream in streams:
            stream.setblocking(False)
            waiting.register(stream, selectors.EVENT_READ)
        while waiting.get_map() and (left := begun + limit - time.monotonic()) > 0:
            for key, _ in waiting.select(left):
                stream = key.fileobj  # type: ignore[assignment]
                chunk = _taken(stream)
                if chunk is None:
                    continue
                if chunk:
                    begins[stream] = (begins[stream] + chunk)[:12]
                    continue
                waiting.unregister(stream)
                closed += 1
                last = time.monotonic() - begun
    return closed, last, Counter(begins.values())


def _taken(stream: socket.socket) -> bytes | None:
    """What has come; nothing at the end, None when there is nothing yet."""
    try:
        return stream.recv(4096)
    except (ssl.SSLWantReadError, BlockingIOError):
        return None
    except OSError:
        return b""


def slam(stream: socket.socket) -> None:
    """Close with a reset, as a client does that is gone."""
    with contextlib.suppress(OSError):
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    stream.close()


def plain(target: Target) -> socket.socket:
    """A TCP connection to the TLS port, before any handshake, from an address of its own."""
    return socket.create_connection(("127.0.0.1", target.https), timeout=10, source_address=(stranger(), 0))


def drip(streams: list[socket.socket], piece: bytes, seconds: float, pause: float) -> None:
    """Send the piece over each again and again for so long, as slow clients do."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for stream in streams:
            with contextlib.suppress(OSError, ssl.SSLError):
                stream.send(piece)
        time.sleep(pause)
