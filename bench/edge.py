"""Throughput of a request through the edge against bare nginx proxies, all before the very same upstream process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.bare_proxy import HTTP, SERVER, bare_proxy
from bench.checkout import Checkout, free_ports, running
from bench.load import Load
from bench.measure import Measurement, Series, interleaved
from bench.peer import programs

HOST = "proxied.localhost"
_GROUP = "edge"
_BOUND = 0.9
_STACK = """\
system: proxied
services:
  app:
    build: ./app
    command: python serve.py
    port: 8000
    health: /
    environment: {NGINX: %s}
  web:
    static: ./web
edge:
  host: proxied.localhost
  routes: {/api: app, /: web}
  limits: {/: {rate: 1000000/s, burst: 100000}, /api: {rate: 1000000/s, burst: 100000}, connections: 10000}
"""
_SERVE = '''\
"""The upstream: the quickest that there is, so that the proxy before it is what is measured."""
import os
from pathlib import Path

config = Path(os.environ["HOME"], "upstream.conf")
config.write_text(Path("upstream.conf").read_text().replace("PORT", os.environ["PORT"]))
nginx = os.environ["NGINX"]
os.execv(nginx, [nginx, "-e", "stderr", "-p", os.environ["HOME"], "-c", str(config)])
'''
_UPSTREAM = """\
    access_log off;
    server { listen 127.0.0.1:PORT; location / { default_type text/plain; return 200 "fine\\n"; } }"""
_PAGE = "<!doctype html><title>proxied</title>" + "<p>fine</p>" * 80
"""Just short of the size from which on the edge compresses; the load would not ask for it anyway."""


@dataclass(frozen=True)
class _Duel:
    """One request, sent to the edge and to a bare nginx: `peer` names it, `keeps` its way to the upstream."""

    what: str
    peer: str
    keeps: bool
    method: Literal["GET", "POST"] = "GET"
    path: str = "/api"
    bound: float | None = _BOUND
    note: str = ""


_DUELS = (
    _Duel("GET of a service / bare nginx proxy", "proxy_pass", False, note="the proxy as nginx comes"),
    _Duel(
        "GET of a service / bare nginx proxy that keeps its connections",
        "proxy_pass, keepalive",
        True,
        note="both keep connections to the upstream, which answers 5 bytes from memory: the costliest comparison",
    ),
    _Duel(
        "POST to a service / bare nginx proxy",
        "proxy_pass",
        False,
        "POST",
        note="both open a connection to the upstream for each: a POST that meets a closing one would be lost",
    ),
    _Duel("GET of a file / bare nginx", "root", False, path="/", bound=None, note=f"a page of {len(_PAGE)} bytes"),
)


def measure(place: Path, nginx: Path, rounds: int, seconds: float) -> list[Measurement]:
    """The edge of a system of its own and bare proxies with the same certificate, user and number of workers.

    All speak HTTP/1.1 over TLS, keep the connections of the client, and write an access log.

    Many short rounds rather than a few long ones: how the client's connections fall on the workers is decided when
    they are opened, and moves one round by several per cent, however long it is.
    """
    checkout = _system(place, nginx)
    ports = free_ports()
    with running(checkout):
        edge = next(program for program in programs(checkout) if program.id == "edge")
        server = SERVER.format(
            upstream=checkout.ports()["app-1"],
            certificate=checkout.state / "tls" / "edge" / "edge.pem",
            key=checkout.state / "tls" / "edge" / "edge.key",
            root=checkout.folder / "web",
        )
        with (
            bare_proxy(checkout.folder, edge, nginx, next(ports), server, keeps=False) as plain,
            bare_proxy(checkout.folder, edge, nginx, next(ports), server, keeps=True) as kept,
        ):
            loads = []
            for duel in _DUELS:
                for port in (checkout.ports()["edge.https"], kept if duel.keeps else plain):
                    loads.append(Load(port, HOST, seconds, duel.method, duel.path))
            rates = interleaved(rounds, *(load.rate for load in loads))
    tool = loads[0].tool
    return [_measurement(duel, tool, *rates[2 * number : 2 * number + 2]) for number, duel in enumerate(_DUELS)]


def _measurement(duel: _Duel, tool: str, ours: tuple[float, ...], peers: tuple[float, ...]) -> Measurement:
    note = f"{duel.note}; load: {tool}"
    return Measurement(
        _GROUP, duel.what, "/s", Series("the edge", ours), Series(duel.peer, peers), duel.bound, "higher", note
    )


def _system(place: Path, nginx: Path) -> Checkout:
    app, web = place / "app", place / "web"
    app.mkdir(parents=True)
    web.mkdir()
    (place / "stackyard.yaml").write_text(_STACK % nginx)
    (app / "pyproject.toml").write_text('[project]\nname = "app"\nversion = "1"\n')
    (app / "serve.py").write_text(_SERVE)
    (app / "upstream.conf").write_text(HTTP.format(name="upstream", workers=1, body=_UPSTREAM))
    (web / "index.html").write_text(_PAGE)
    checkout = Checkout(place)
    checkout.choose_ports("edge.http", "edge.https", "edge.probe", "app-1", "web")
    return checkout
