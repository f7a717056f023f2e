"""What reaches a service, and by which replica."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import InvalidStatus

from .yard import HOST, Echo, Yard, free_port, route, system, until, with_edge

pytestmark = pytest.mark.real

YardStart = Callable[..., Yard]
EchoStart = Callable[..., Echo]
APP = "https://app.example:8443"


def received(answer: Any) -> dict[str, str]:
    return dict(answer.json["headers"])


def test_a_service_is_told_who_asked_and_cannot_be_told_otherwise(yard: YardStart, echo: EchoStart) -> None:
    """EDGE-06: headers about the client are set anew."""
    edge = yard(upstreams={"api": (echo().address,)})
    forged = {
        "X-Forwarded-For": "10.1.2.3",
        "X-Forwarded-Proto": "gopher",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "1",
        "X-Real-IP": "10.1.2.3",
        "Forwarded": "for=10.1.2.3",
        "X-Original-URL": "/admin",
        "Proxy": "http://evil.example",
        "X_Forwarded_For": "10.1.2.3",
        "Authorization": "Bearer kept",
    }
    headers = received(edge.ask("/api/x", host=f"{HOST}:{edge.https}", headers=forged))
    authority = f"{HOST}:{edge.https}"
    request_id = headers.pop("x-request-id")
    assert len(request_id) == 32
    assert headers == {
        "host": authority,
        "x-real-ip": "127.0.0.1",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "https",
        "x-forwarded-host": authority,
        "x-forwarded-port": str(edge.https),
        "authorization": "Bearer kept",
    }


@pytest.mark.parametrize("sane", ["abcdefgh", "Order-42.a_b", "x" * 64])
def test_a_sane_request_id_is_passed_on_and_returned(yard: YardStart, echo: EchoStart, sane: str) -> None:
    """EDGE-06, APP-03: one id, there and back, once."""
    answer = yard(upstreams={"api": (echo().address,)}).ask("/api/x", headers={"X-Request-ID": sane})
    assert received(answer)["x-request-id"] == sane
    assert answer.all("X-Request-ID") == [sane]


@pytest.mark.parametrize("odd", ["short", "x" * 65, "a b c d e f g", '"};alert(1)//', "ünïcödeid"])
def test_an_odd_request_id_is_replaced(yard: YardStart, echo: EchoStart, odd: str) -> None:
    answer = yard(upstreams={"api": (echo().address,)}).ask("/api/x", headers={"X-Request-ID": odd})
    assert received(answer)["x-request-id"] != odd
    assert answer.all("X-Request-ID") == [received(answer)["x-request-id"]]


def test_a_redirect_of_a_service_keeps_the_scheme_of_the_client(yard: YardStart, echo: EchoStart) -> None:
    edge = yard(upstreams={"api": (echo().address,)})
    assert edge.ask("/api/moved").get("Location") == f"https://{HOST}:{edge.https}/api/there"


def test_a_path_reaches_the_service_as_the_client_wrote_it(yard: YardStart, echo: EchoStart) -> None:
    edge = yard(upstreams={"api": (echo().address,)})
    for path in ("/api", "/api/", "/api/a%2Fb%20c?x=%2F&y=a+b", "/api/caf%C3%A9"):
        assert edge.ask(path).json["path"] == path


def test_a_websocket_passes_through(yard: YardStart, front: Path) -> None:
    """EDGE-06: text and bytes, both ways, over TLS."""
    port = free_port()
    edge = yard(upstreams={"live": (f"127.0.0.1:{port}",)}, front=front)

    async def repeat(socket: ServerConnection) -> None:
        async for message in socket:
            await socket.send(message)

    async def talk() -> None:
        async with serve(repeat, "127.0.0.1", port):
            async with websocket(edge, "/live/ws") as socket:
                for message in ("stock 7", b"\x00\xff" * 5000):
                    await socket.send(message)
                    assert await asyncio.wait_for(socket.recv(), 5) == message
            with pytest.raises(InvalidStatus, match="200"):
                await websocket(edge, "/orders")

    asyncio.run(talk())


def websocket(edge: Yard, path: str) -> connect:
    plain = edge.connect(tls=False, port=edge.https)
    plain.setblocking(False)
    return connect(f"wss://{HOST}{path}", sock=plain, ssl=edge.context(), proxy=None)


def test_only_websockets_may_leave_http(yard: YardStart, echo: EchoStart) -> None:
    """An upgrade to h2c would open a tunnel past every rule of the edge."""
    edge = yard(upstreams={"api": (echo().address,)})
    upgrade = {"Connection": "Upgrade, HTTP2-Settings, close", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABk"}
    headers = received(edge.ask("/api/x", headers=upgrade))
    assert headers.keys().isdisjoint({"upgrade", "connection"})


@pytest.mark.parametrize(
    "smuggled",
    [
        b"POST /api/x HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        b"POST /api/x HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        b"POST /api/x HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length : 4\r\n\r\nabcd",
        b"POST /api/x HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: +4\r\n\r\nabcd",
        b"POST /api/x HTTP/1.1\r\nHost: shop.localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST /api/x HTTP/1.1\r\nHost: shop.localhost\r\nTransfer-Encoding: chunked\r\n\r\nG\r\n\r\n",
        b"GET /api/x HTTP/1.1\r\nHost: shop.localhost\r\nX-A: b\x00c\r\n\r\n",
        b"GET /api/x HTTP/1.1\r\nHost: shop.localhost/evil\r\n\r\n",
        b"GET /api/x\x01 HTTP/1.1\r\nHost: shop.localhost\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: shop.localhost\r\n\r\n",
    ],
)
def test_a_request_that_could_be_read_in_two_ways_goes_nowhere(
    yard: YardStart, echo: EchoStart, smuggled: bytes
) -> None:
    api = echo()
    edge = yard(upstreams={"api": (api.address,)})
    answer = edge.send(smuggled)
    assert answer.status in (400, 405, 501)
    assert b"nginx" not in answer.body
    assert api.seen == []


def test_a_chunked_body_arrives_with_one_length(yard: YardStart, echo: EchoStart) -> None:
    edge = yard(upstreams={"api": (echo().address,)})
    head = f"POST /api/x HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    answer = edge.send(head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert answer.json["received"] == 5
    assert (received(answer)["content-length"], "transfer-encoding" in received(answer)) == ("5", False)


def test_requests_are_spread_over_replicas_and_none_fails_when_one_dies(yard: YardStart, echo: EchoStart) -> None:
    """EDGE-07: load balancing with health-based failover."""
    first, second = echo("first"), echo("second")
    edge = yard(upstreams={"api": (first.address, second.address)})
    assert {edge.ask("/api/x").json["name"] for _ in range(10)} == {"first", "second"}
    first.stop()
    answers = [edge.ask("/api/x") for _ in range(20)]
    assert [answer.status for answer in answers] == [200] * 20
    assert {answer.json["name"] for answer in answers} == {"second"}


def test_when_all_replicas_were_away_they_are_asked_again_two_seconds_after_they_are_back(
    yard: YardStart, echo: EchoStart, folder: Path
) -> None:
    """EDGE-07: nginx leaves alone what refused it, and a restart of all replicas must not cost more than itself."""
    places = (folder / "a.sock", folder / "b.sock")
    replicas = [echo(place.stem, unix=place) for place in places]
    edge = yard(upstreams={"api": tuple(f"unix:{place}" for place in places)})
    for replica in replicas:
        replica.stop()
    assert {edge.ask("/api/x").status for _ in range(4)} == {503}
    for place in places:
        place.unlink(missing_ok=True)
        echo(place.stem, unix=place)
    back = time.monotonic()
    while edge.ask("/api/x").status != 200:
        assert time.monotonic() - back < 2.5
        time.sleep(0.05)


def test_a_request_that_may_have_changed_something_is_never_sent_twice(yard: YardStart, echo: EchoStart) -> None:
    """EDGE-07: a GET goes to the next replica, a POST does not."""
    first, second = echo("first"), echo("second")
    edge = yard(upstreams={"api": (first.address, second.address)})
    assert edge.ask("/api/break", method="POST", body=b"x").status == 503
    assert len(first.seen) + len(second.seen) == 1


def test_a_client_stays_with_its_replica(yard: YardStart, echo: EchoStart) -> None:
    """EDGE-07: optional session affinity, by a cookie of the edge."""
    replicas = {one.name: one for one in (echo("a"), echo("b"), echo("c"))}
    edge = yard(
        of=system(routes=(route("/api", "api", affinity=True),)),
        upstreams={"api": tuple(one.address for one in replicas.values())},
    )
    seen = set()
    for _ in range(12):
        first = edge.ask("/api/x")
        cookie = first.get("Set-Cookie") or ""
        assert "HttpOnly; Secure; SameSite=Lax" in cookie
        again = [edge.ask("/api/x", headers={"Cookie": cookie.split(";")[0]}) for _ in range(3)]
        assert {answer.json["name"] for answer in again} == {first.json["name"]}
        assert [answer.get("Set-Cookie") for answer in again] == [None] * 3
        assert again[0].all("X-Frame-Options") == ["SAMEORIGIN"]
        seen.add(first.json["name"])
    assert len(seen) > 1
    replicas[first.json["name"]].stop()
    assert edge.ask("/api/x", headers={"Cookie": cookie.split(";")[0]}).status == 200


@pytest.mark.parametrize("origin", [APP, "https://plain.example"])
def test_an_origin_of_the_list_may_read_with_credentials(yard: YardStart, echo: EchoStart, origin: str) -> None:
    """EDGE-09: CORS from an allow list, whatever the service would say."""
    of = system(cors=(APP, "https://Plain.example:443/"))
    answer = yard(of=of, upstreams={"api": (echo().address,)}).ask("/api/x", headers={"Origin": origin})
    assert answer.all("Access-Control-Allow-Origin") == [origin]
    assert answer.all("Access-Control-Allow-Credentials") == ["true"]
    assert "X-Request-ID" in (answer.get("Access-Control-Expose-Headers") or "")
    assert "Origin" in answer.all("Vary")


@pytest.mark.parametrize(
    "origin",
    ["https://app.example", "http://app.example:8443", "https://app.example:8443.evil.example", "https://xapp.example:8443",
     "https://appxexample:8443", "null", "", "HTTPS://APP.EXAMPLE:8443", "*"],
)  # fmt: skip
def test_any_other_origin_gets_nothing(yard: YardStart, echo: EchoStart, origin: str) -> None:
    """EDGE-09: scheme, host and port must all be the same."""
    edge = yard(of=system(cors=(APP,)), upstreams={"api": (echo().address,)})
    preflight = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    for answer in (
        edge.ask("/api/x", headers={"Origin": origin}),
        edge.ask("/api/x", method="OPTIONS", headers=preflight),
    ):
        assert [name for name, _ in answer.headers if name.lower().startswith("access-control")] == []
        assert "Origin" in answer.all("Vary")


def test_a_preflight_is_answered_by_the_edge(yard: YardStart, echo: EchoStart) -> None:
    """EDGE-09: without asking the service."""
    api = echo()
    edge = yard(of=system(cors=(APP,)), upstreams={"api": (api.address,)})
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization, x-shop"}
    answer = edge.ask("/api/x", method="OPTIONS", headers={"Origin": APP} | asked)
    assert (answer.status, answer.body, api.seen) == (204, b"", [])
    assert answer.get("Access-Control-Allow-Origin") == APP
    assert "PUT" in (answer.get("Access-Control-Allow-Methods") or "")
    assert answer.get("Access-Control-Allow-Headers") == "authorization, x-shop"
    assert answer.get("Access-Control-Max-Age") == "600"
    assert edge.ask("/api/x", method="OPTIONS").json["method"] == "OPTIONS"


def test_without_a_list_the_service_speaks_for_itself(yard: YardStart, echo: EchoStart) -> None:
    answer = yard(upstreams={"api": (echo().address,)}).ask("/api/x", headers={"Origin": APP})
    assert answer.all("Access-Control-Allow-Origin") == ["*"]


def test_new_settings_are_read_without_a_restart(yard: YardStart, echo: EchoStart) -> None:
    edge = yard(upstreams={"api": (echo().address,)})
    edge.reload(with_edge(edge.system, hidden=("/api/x",)))
    until(lambda: edge.ask("/api/x").status == 404, "the new configuration holds")
    assert edge.process.poll() is None
