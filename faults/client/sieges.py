"""What a hostile client can do to keep others from being served; each says how many tries went as they must."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from faults.client import http2, storm
from faults.client.target import HOST, Target, read, statuses, stranger
from faults.client.verdict import shows_internals

_HEADER_TIMEOUT = 10.0
"""What the edge allows a client until its request line and headers are there, in seconds."""
_GRACE = 8.0
"""What it may be late by on a busy machine."""


@dataclass
class Outcome:
    """How often it was tried, what went wrong, and figures worth knowing."""

    tried: int = 0
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def expect(self, claim: bool, reason: str) -> None:
        """Count one try."""
        self.tried += 1
        if not claim:
            self.reasons.append(reason)


Siege = Callable[[Target, int], Outcome]


def slow_headers(target: Target, count: int) -> Outcome:
    """A byte a second, so that the headers never end: each connection is closed after its time."""
    outcome = Outcome()
    with storm.many(count, lambda _: target.connect()) as streams:
        begun = time.monotonic()
        for stream in streams:
            stream.sendall(f"GET /entries HTTP/1.1\r\nHost: {target.host}\r\nX-Slow: ".encode())
        storm.drip(streams, b"a", _HEADER_TIMEOUT - 1, 1.0)
        _expect_closed(outcome, streams, begun)
    return outcome


def idle(target: Target, count: int) -> Outcome:
    """Half of them after the TLS handshake, half before it, and not a word: each is closed after its time."""
    outcome = Outcome()
    begun = time.monotonic()

    def opened(number: int) -> socket.socket:
        return target.connect() if number % 2 else storm.plain(target)

    with storm.many(count, opened) as streams:
        outcome.notes.append(f"{len(streams):,} of {count:,} were accepted, within {time.monotonic() - begun:.1f} s")
        outcome.expect(len(streams) == count, f"only {len(streams)} of {count} connections were accepted")
        _expect_closed(outcome, streams, time.monotonic())
    return outcome


def _expect_closed(outcome: Outcome, streams: list[socket.socket], begun: float) -> None:
    closed, _, said = storm.seconds_until_closed(streams, _HEADER_TIMEOUT + _GRACE)
    outcome.tried += len(streams)
    outcome.reasons += [f"{len(streams) - closed} connections were still open"] * (len(streams) - closed)
    outcome.notes.append(f"the last was closed after {time.monotonic() - begun:.1f} s; {_words(said)}")


def _words(said: dict[bytes, int]) -> str:
    return ", ".join(f"{start.decode('latin-1') or 'no word'}: {count}" for start, count in said.items())


def slow_bodies(target: Target, count: int) -> Outcome:
    """A byte a second of a large body, all from one address: 20 may try at a time, the others are told so at once."""
    outcome = Outcome()
    source = stranger()
    head = f"POST /judge/slow HTTP/1.1\r\nHost: {target.host}\r\nContent-Length: 1000000\r\n\r\n".encode()
    target.record()
    with storm.many(count, lambda _: target.connect(source=source)) as streams:
        for stream in streams:
            stream.sendall(head)
        storm.drip(streams, b"a", 5.0, 1.0)
        _, _, said = storm.seconds_until_closed(streams, 1.0)
        held, refused = said[b""], said[b"HTTP/1.1 429"]
        outcome.notes.append(f"of {len(streams)}: {_words(said)}")
        outcome.tried += len(streams)
        if (held, refused) != (20, len(streams) - 20):
            outcome.reasons.append(f"not 20 held and the rest told to wait: {outcome.notes[-1]}")
    outcome.expect(not target.record(), "half a body reached the service")
    return outcome


def one_address(target: Target, count: int) -> Outcome:
    """Slow bodies, and meanwhile somebody at another address."""
    outcome = slow_bodies(target, count)
    answer = target.exchange(f"GET /entries HTTP/1.1\r\nHost: {target.host}\r\nConnection: close\r\n\r\n".encode())
    outcome.expect(statuses(answer) == [200], f"another address was answered {answer[:60]!r}")
    return outcome


def large_headers(target: Target, count: int) -> Outcome:
    """Long ones, and many: refused, or taken where there is room, never an error of the edge or the service."""
    cases = {
        "20,000 letters": ["Cookie: " + "x" * 20_000],
        "a million letters": ["X: " + "x" * 1_000_000],
        "500 headers": [f"X-{number}: y" for number in range(500)],
        "50,000 headers": [f"X-{number}: y" for number in range(50_000)],
        "a header line that never ends": ["X: " + "x" * 200_000],
    }
    outcome = Outcome()
    for name, lines in list(cases.items()) * count:
        head = "\r\n".join(["GET /entries HTTP/1.1", f"Host: {target.host}", "Connection: close", *lines])
        answer = target.exchange(f"{head}\r\n\r\n".encode())
        found = statuses(answer)
        is_right = set(found or [0]) <= ({200, 400, 431} if name == "500 headers" else {0, 400, 431})
        outcome.expect(is_right and not shows_internals(answer), f"{name}: {answer[:100]!r}")
    return outcome


def large_bodies(target: Target, count: int) -> Outcome:
    """Above the limit of 10 MB: told, or only found out on the way, in chunks. None of it reaches the service."""
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    cases = {
        "11 MB, told": (b"Content-Length: 11534336", b""),
        "11 MB, told and sent": (b"Content-Length: 11534336", b"x" * 11_534_336),
        "an exabyte, told": (b"Content-Length: 1000000000000000000", b"x" * 1000),
        "12 MB in chunks": (b"Transfer-Encoding: chunked", chunk * 192),
        "a chunk of a gigabyte": (b"Transfer-Encoding: chunked", b"40000000\r\n" + b"x" * 100_000),
        "12 MB, with an expectation": (b"Expect: 100-continue\r\nContent-Length: 12000000", b""),
    }
    outcome = Outcome()
    for name, (field_line, body) in list(cases.items()) * count:
        target.record()
        head = f"POST /judge/large HTTP/1.1\r\nHost: {target.host}\r\n".encode()
        answer = target.exchange(head + field_line + b"\r\n\r\n" + body, quiet=1.0)
        is_right = set(statuses(answer) or [0]) <= {0, 413} and not target.record()
        outcome.expect(is_right and not shows_internals(answer), f"{name}: {answer[:100]!r}")
    return outcome


def tls_garbage(target: Target, count: int) -> Outcome:
    """What is no TLS, or the beginning of it and then something else: an alert, a hint to use TLS, or the end."""
    chance = random.Random(count)
    hello = bytes.fromhex("160301020001 0001fc0303".replace(" ", ""))
    pieces: list[Callable[[], bytes]] = [
        lambda: chance.randbytes(chance.randrange(1, 3000)),
        lambda: hello + chance.randbytes(507),
        lambda: hello + chance.randbytes(20),
        lambda: b"\x16\x03\x01\xff\xff" + b"\0" * 70_000,
        lambda: b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + chance.randbytes(37),
        lambda: b"\x18\x03\x02\x00\x03\x01\x40\x00",
        lambda: b"\x15\x03\x01\x00\x02\x02\x28",
        lambda: f"GET /.env HTTP/1.1\r\nHost: {target.host}\r\n\r\n".encode(),
        lambda: b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n\r\n",
        lambda: b"SSH-2.0-OpenSSH_9.2\r\n",
    ]
    outcome = Outcome()
    for number in range(count):
        with contextlib.closing(storm.plain(target)) as stream:
            with contextlib.suppress(OSError):
                stream.sendall(pieces[number % len(pieces)]())
                stream.shutdown(socket.SHUT_WR)
            answer = read(stream, 0.3)
        is_right = answer[:1] in (b"", b"\x15") or set(statuses(answer) or [0]) <= {308, 400, 404, 421}
        outcome.expect(is_right and not shows_internals(answer), f"answered {answer[:80]!r}")
    return outcome


def old_tls(target: Target, count: int) -> Outcome:
    """TLS 1.0 and 1.1, weak ciphers, and a new handshake in the middle of a connection: the edge itself says no."""
    cases = {
        "TLS 1.0": (["-tls1", "-cipher", "ALL:@SECLEVEL=0"], "", "alert protocol version"),
        "TLS 1.1": (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "", "alert protocol version"),
        "no forward secrecy": (["-tls1_2", "-cipher", "kRSA"], "", "alert handshake failure"),
        "a new handshake": (["-tls1_2"], "R", "no renegotiation"),
    }
    outcome = Outcome()
    # The client must offer what its own configuration would forbid.
    variables = {**os.environ, "OPENSSL_CONF": os.devnull}
    place = ("openssl", "s_client", "-connect", f"127.0.0.1:{target.https}", "-servername", HOST)
    for name, (words, said, sign) in list(cases.items()) * count:
        done = subprocess.run(
            [*place, *words], input=f"{said}\n", capture_output=True, text=True, timeout=30, check=False, env=variables
        )
        outcome.expect(sign in (done.stdout + done.stderr).lower(), f"{name}: {done.stderr[-200:]!r}")
    return outcome


def slammed(target: Target, count: int) -> Outcome:
    """Connections closed by a reset: at once, amid the handshake, and with a request that nobody waits for."""
    outcome = Outcome()
    raw = f"GET /entries HTTP/1.1\r\nHost: {target.host}\r\n\r\n".encode()
    for number in range(count):
        try:
            stream = storm.plain(target) if number % 4 else target.connect()
            stream.sendall(b"\x16\x03\x01\x02\x00\x01" if number % 4 else raw)
        except OSError as error:
            outcome.expect(False, f"{type(error).__name__}: {error}")
            continue
        storm.slam(stream)
        outcome.expect(True, "")
    return outcome


def websockets(target: Target, count: int) -> Outcome:
    """Upgrades that no service wants, and that are none: answered as requests, and the connection is no tunnel."""
    outcome = Outcome()
    fields = (
        "Connection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Connection: Upgrade\r\nUpgrade: websocket",
        "Connection: Upgrade\r\nUpgrade: websocket, h2c",
        "Connection: Upgrade, Upgrade\r\nUpgrade: WebSocket\r\nUpgrade: websocket",
        "Connection: keep-alive, Upgrade\r\nUpgrade: TLS/1.2",
    )
    for number in range(count):
        head = f"GET /entries HTTP/1.1\r\nHost: {target.host}\r\n{fields[number % len(fields)]}\r\n\r\n"
        behind = f"GET /judge/inside HTTP/1.1\r\nHost: {target.host}\r\nConnection: close\r\n\r\n"
        target.record()
        answer = target.exchange((head + behind).encode(), quiet=0.5)
        is_right = 101 not in statuses(answer) and set(statuses(answer)) <= {200, 400, 403, 404, 426}
        outcome.expect(is_right and not target.record() and not shows_internals(answer), f"answered {answer[:100]!r}")
    return outcome


def ranges(target: Target, count: int) -> Outcome:
    """Thousands of ranges of one file: no answer is much larger than the file."""
    outcome = Outcome()
    size = (target.checkout.folder / "site" / "index.html").stat().st_size
    cases = (
        "bytes=" + ",".join(["0-"] * 1500),
        "bytes=" + ",".join(f"{number}-" for number in range(1500)),
        "bytes=" + ",".join(f"{number}-{number}" for number in range(0, 2000, 2)),
        "bytes=0-18446744073709551615",
        "bytes=-9223372036854775809",
        "bytes=5-2",
        "lines=1-2",
    )
    for number in range(count):
        fields = f"Host: {target.host}\r\nRange: {cases[number % len(cases)]}\r\nConnection: close"
        answer = target.exchange(f"GET /site/index.html HTTP/1.1\r\n{fields}\r\n\r\n".encode())
        is_right = set(statuses(answer)[:1]) <= {200, 206, 416, 431} and statuses(answer)
        outcome.expect(bool(is_right) and len(answer) < 4 * size, f"{len(answer)} bytes: {answer[:60]!r}")
    return outcome


def frames(target: Target, count: int) -> Outcome:
    """Floods of frames over HTTP/2: the connection is closed or goes on, and no other notices."""
    outcome = Outcome()
    for name, flood in list(http2.FLOODS.items()) * count:
        with http2.session(target) as connection:
            with contextlib.suppress(OSError):
                flood(connection, target)
            connection.stream.settimeout(1.0)
            heard = sum(1 for _ in connection.events())
        with http2.session(target) as other:
            status, _ = other.ask(http2.right(target), None)
        outcome.expect(status == 200, f"{name}: the next connection was answered {status}")
        if len(outcome.notes) < len(http2.FLOODS):
            outcome.notes.append(f"{name}: {heard} events came back")
    return outcome


SIEGES: dict[str, tuple[Siege, int, int, str]] = {
    "headers that come a byte a second": (slow_headers, 200, 20, "each connection is closed after 10 s"),
    "bodies that come a byte a second, from one address": (
        one_address, 60, 30, "20 at a time, the others are answered 429; nothing reaches the service",
    ),
    "idle connections": (idle, 2000, 100, "each is taken, and closed after 10 s"),
    "long headers, and many": (large_headers, 3, 1, "400 or 431, never an error"),
    "bodies above the limit": (large_bodies, 3, 1, "413, and nothing reaches the service"),
    "garbage instead of TLS": (tls_garbage, 500, 50, "an alert, a hint to use TLS, or the end"),
    "old TLS, weak ciphers, renegotiation": (old_tls, 3, 1, "refused"),
    "connections closed by a reset": (slammed, 3000, 200, "no other notices"),
    "upgrades that are none": (websockets, 100, 20, "answered as requests; the connection is no tunnel"),
    "thousands of ranges": (ranges, 70, 7, "no answer is larger than a few times the file"),
    "floods of HTTP/2 frames": (frames, 10, 1, "the connection may end, others go on"),
}  # fmt: skip
"""Each siege: what is done, how often, how often in a short run, and what must hold of every try."""
