"""Requests over HTTP/1 that two readers may frame differently, or that are none.

Each says which statuses are right: nothing stands for a connection that closes without a word. `most` is how many
requests may reach the service behind the edge, whatever the bytes look like.
"""

from __future__ import annotations

from dataclasses import dataclass

_SMUGGLED = "GET /judge/smuggled HTTP/1.1\r\nHost: {host}\r\n\r\n"
_HIDDEN = "GET /judge/inside HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
_NONE = (0, 400)
_REFUSED = (400,)


@dataclass(frozen=True)
class Shape:
    """`raw` holds {host} where the right host belongs."""

    name: str
    raw: str
    right: tuple[int, ...]
    most: int = 0

    def content(self, host: str) -> bytes:
        """The bytes to send."""
        return self.raw.replace("{host}", host).encode("latin-1")


def _post(name: str, fields: str, body: str, right: tuple[int, ...] = _REFUSED, most: int = 0) -> Shape:
    return Shape(name, f"POST /judge/x HTTP/1.1\r\nHost: {{host}}\r\n{fields}\r\n\r\n{body}", right, most)


def _get(name: str, line: str, fields: str, right: tuple[int, ...] = _REFUSED, most: int = 0) -> Shape:
    return Shape(name, f"{line}\r\n{fields}\r\n\r\n", right, most)


_HOST = "Host: {host}"
_TE = "Transfer-Encoding: chunked"

FRAMING = (
    _post("a length and a transfer encoding", f"Content-Length: 6\r\n{_TE}", f"0\r\n\r\n{_SMUGGLED}"),
    _post("a transfer encoding and a length", f"{_TE}\r\nContent-Length: 4", f"5c\r\n{_SMUGGLED}\r\n0\r\n\r\n"),
    _post("two lengths that differ", "Content-Length: 0\r\nContent-Length: 56", _SMUGGLED),
    _post("two lengths that agree", "Content-Length: 3\r\nContent-Length: 3", "abc"),
    _post("a list of lengths", "Content-Length: 3, 3", "abc"),
    _post("a length with a plus", "Content-Length: +3", "abc"),
    _post("a negative length", "Content-Length: -1", ""),
    _post("a length in hex", "Content-Length: 0x3", "abc"),
    _post("an empty length", "Content-Length:", _SMUGGLED),
    _post("a length with a vertical tab", "Content-Length: 3\x0b", "abc"),
    _post("a length beyond 64 bits", "Content-Length: 99999999999999999999999", "abc"),
    _post("a space before the colon of the length", "Content-Length : 56", _SMUGGLED),
    _post("a space before the colon of the encoding", "Transfer-Encoding : chunked", f"0\r\n\r\n{_SMUGGLED}"),
    _post("a folded transfer encoding", "Transfer-Encoding:\r\n chunked", f"0\r\n\r\n{_SMUGGLED}", (400, 501)),
    _post("a folded header", "X-Folded: a\r\n Content-Length: 56", _SMUGGLED),
    _post("an unknown transfer encoding", "Transfer-Encoding: xchunked", f"0\r\n\r\n{_SMUGGLED}", (400, 501)),
    _post("identity and chunked", "Transfer-Encoding: identity, chunked", f"0\r\n\r\n{_SMUGGLED}", (400, 501)),
    _post("chunked and identity", "Transfer-Encoding: chunked, identity", f"0\r\n\r\n{_SMUGGLED}", (400, 501)),
    _post("chunked with a vertical tab", "Transfer-Encoding: \x0bchunked", f"0\r\n\r\n{_SMUGGLED}", (400, 501)),
    _post("chunked in quotes", 'Transfer-Encoding: "chunked"', f"0\r\n\r\n{_SMUGGLED}", (400, 501)),
    _post("two transfer encodings", f"{_TE}\r\nTransfer-Encoding: x", f"0\r\n\r\n{_SMUGGLED}", (400, 501)),
    _post("an encoding behind a bare return", f"X: a\r{_TE}", f"0\r\n\r\n{_SMUGGLED}"),
    _post("an encoding behind a bare line feed", f"X: a\n{_TE}", "0\r\n\r\n", (200, 400), 1),
    _post("an encoding with an underscore", "Transfer_Encoding: chunked\r\nContent-Length: 3", "abc", (200, 400), 1),
    _post("capitals", "TRANSFER-ENCODING: CHUNKED", "3\r\nabc\r\n0\r\n\r\n", (200,), 1),
    _post("a header without a name", ": x", ""),
    _post("a header with a NUL", "X: a\0b", ""),
    _post("a header without a colon", "Nonsense", "", (200, 400, 411), 1),
    _post("a name that is none", "Content Length: 3", "abc"),
)
CHUNKS = (
    _post("a chunk with an extension", _TE, "3;a=b\r\nabc\r\n0\r\n\r\n", (200, 400), 1),
    _post("a chunk with a quoted extension", _TE, '3;a="b\r\n"\r\nabc\r\n0\r\n\r\n', (200, 400), 1),
    # Where it ends the line, what follows is a request to the edge like any other: refused, for nobody may ask for it.
    _post("a line feed in a chunk extension", _TE, f"3;\nxxx\r\n0\r\n\r\n{_HIDDEN}", (200, 400, 404), 1),
    _post("a chunk size in 0x", _TE, "0x3\r\nabc\r\n0\r\n\r\n"),
    _post("a chunk size with a plus", _TE, "+3\r\nabc\r\n0\r\n\r\n"),
    _post("a negative chunk size", _TE, "-1\r\nabc\r\n0\r\n\r\n"),
    _post("a chunk size beyond 64 bits", _TE, "FFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n", (400, 413)),
    _post("an empty chunk size", _TE, "\r\nabc\r\n0\r\n\r\n"),
    _post("a chunk longer than it says", _TE, "2\r\nabcdef\r\n0\r\n\r\n"),
    _post("chunks that end in line feeds", _TE, "3\nabc\n0\n\n", (200, 400), 1),
    _post("a trailer that is a header", _TE, "3\r\nabc\r\n0\r\nContent-Length: 56\r\n\r\n", (200, 400), 1),
    _post("nothing behind the last chunk", _TE, "3\r\nabc\r\n0\r\nX: y", (0, 400, 408)),
)
LINES = (
    Shape("HTTP/0.9", "GET /judge/x\r\n", (*_NONE, 421)),
    _get("HTTP/0.9 with a header", "GET /judge/x", _HOST, (*_NONE, 421)),
    _get("HTTP/1.0 without a host", "GET /judge/x HTTP/1.0", "X: y", (400, 421)),
    _get("an unknown major version", "GET /judge/x HTTP/9.9", _HOST, (400, 505)),
    _get("HTTP/2 without saying so", "GET /judge/x HTTP/2.0", _HOST, (400, 505)),
    _get("a version that is none", "GET /judge/x HTTP/1.1x", _HOST),
    _get("no version word", "GET /judge/x HTTQ/1.1", _HOST),
    _get("two paths", "GET /judge/x /judge/smuggled HTTP/1.1", _HOST, (200, 400), 1),
    _get("a tab in the line", "GET\t/judge/x HTTP/1.1", _HOST),
    _get("a small method", "get /judge/x HTTP/1.1", _HOST),
    _get("a method that is none", "G(T /judge/x HTTP/1.1", _HOST),
    _get("CONNECT", "CONNECT 127.0.0.1:5432 HTTP/1.1", _HOST, (400, 405)),
    _get("TRACE", "TRACE /judge/x HTTP/1.1", _HOST, (405,)),
    _get("a star", "GET * HTTP/1.1", _HOST),
    _get("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM", "", (0, 400, 405, 505)),
    _get("a path without a slash", "GET judge/x HTTP/1.1", _HOST),
    _get("a control character in the path", "GET /judge/\x01 HTTP/1.1", _HOST, (200, 400), 1),
    _get("a path of 70,000 letters", f"GET /judge/{'x' * 70_000} HTTP/1.1", _HOST, (0, 400, 414)),
    Shape("bare line feeds", "GET /judge/x HTTP/1.1\nHost: {host}\n\n", (200, 400), 1),
    Shape("bare returns", "GET /judge/x HTTP/1.1\rHost: {host}\r\r", (0, 400, 408)),
    Shape("empty lines first", "\r\n\r\nGET /judge/x HTTP/1.1\r\nHost: {host}\r\n\r\n", (200, 400), 1),
)
HOSTS = (
    _get("no host", "GET /judge/x HTTP/1.1", "X: y"),
    _get("an empty host", "GET /judge/x HTTP/1.1", "Host:", (400, 421)),
    _get("another host", "GET /judge/x HTTP/1.1", "Host: evil.example", (421,)),
    _get("two hosts", "GET /judge/x HTTP/1.1", f"{_HOST}\r\nHost: evil.example"),
    _get("the same host twice", "GET /judge/x HTTP/1.1", f"{_HOST}\r\n{_HOST}"),
    _get("a host with a path", "GET /judge/x HTTP/1.1", "Host: attacked.localhost/evil", (400, 421)),
    _get("a host with an at sign", "GET /judge/x HTTP/1.1", "Host: attacked.localhost@evil.example", (400, 421)),
    _get("a host with a space", "GET /judge/x HTTP/1.1", "Host: attacked.localhost evil.example", (400, 421)),
    _get("a host below the host", "GET /judge/x HTTP/1.1", "Host: a.attacked.localhost", (421,)),
    _get("a host with a dot behind", "GET /judge/x HTTP/1.1", "Host: attacked.localhost.", (200, 400, 421), 1),
    _get("a host with another port", "GET /judge/x HTTP/1.1", "Host: attacked.localhost:1", (200, 400, 421), 1),
    _get("a host in an absolute address", "GET https://{host}/judge/x HTTP/1.1", _HOST, (200, 400), 1),
    _get("another host in an absolute address", "GET https://evil.example/judge/x HTTP/1.1", _HOST, (400, 421)),
    _get(
        "the right host in the address only",
        "GET https://{host}/judge/x HTTP/1.1",
        "Host: evil.example",
        (200, 400, 421),
        1,
    ),
    _get("a scheme that is none", "GET gopher://{host}/judge/x HTTP/1.1", _HOST, (200, 400), 1),
    _get("an address with a user", "GET https://a:b@{host}/judge/x HTTP/1.1", _HOST, (400, 421)),
    _get(
        "headers about the host",
        "GET /judge/x HTTP/1.1",
        f"{_HOST}\r\nX-Forwarded-Host: evil\r\nForwarded: host=evil",
        (200,),
        1,
    ),
)
UPGRADES = (
    _get("an upgrade to h2c", "GET /judge/x HTTP/1.1", f"{_HOST}\r\nConnection: Upgrade\r\nUpgrade: h2c", (200,), 1),
    _post(
        "a body behind an upgrade",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3",
        "abc",
        (200, 400),
        1,
    ),
    Shape(
        "a WebSocket that the service refuses, and a request behind it",
        "GET /judge/x HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 777\r\nSec-WebSocket-Key: x\r\n\r\n"
        f"{_HIDDEN}",
        (200, 404),
        1,
    ),
    _get(
        "hop-by-hop headers by name",
        "GET /judge/x HTTP/1.1",
        f"{_HOST}\r\nConnection: close, X-Forwarded-For, Host",
        (200,),
        1,
    ),
    _get("an expectation that is none", "GET /judge/x HTTP/1.1", f"{_HOST}\r\nExpect: 200-ok", (200, 417), 1),
    _post("a body in a GET", "X: y", "", (200, 400, 411), 1),
    Shape(
        "a request in the body of a GET",
        f"GET /judge/x HTTP/1.1\r\nHost: {{host}}\r\nContent-Length: 0056\r\n\r\n{'x' * 56}",
        (200, 400),
        1,
    ),
)
SHAPES = {
    "requests framed in two ways": FRAMING,
    "chunks that are none": CHUNKS,
    "request lines that are none": LINES,
    "hosts that are not ours": HOSTS,
    "upgrades and hop-by-hop headers": UPGRADES,
}
"""The shapes, by the line of the table in which they are counted."""
