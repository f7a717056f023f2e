"""Throughput of a request through the edge against bare nginx proxies, all before the very same upstream process."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from bench.checkout import Checkout, free_ports, running
from bench.load import Load
from bench.measure import Measurement, Series, interleaved
from bench.peer import programs
from stackyard.targets.native.program import Program
from stackyard.targets.native.supervisor import spawn

HOST = "proxied.localhost"
_GROUP = "edge"
_STACK = """\
system: proxied
services:
  app:
    build: ./app
    command: python serve.py
    port: 8000
    health: /
    environment: {NGINX: %s}
edge:
  host: proxied.localhost
  routes: {/: app}
  limits: {/: {rate: 1000000/s, burst: 100000}, /api: {rate: 1000000/s, burst: 100000}, connections: 10000}
"""
_HTTP = """\
daemon off;
worker_processes {workers};
pid {name}.pid;
events {{}}
http {{
    client_body_temp_path {name}-body;
    proxy_temp_path {name}-proxy;
    fastcgi_temp_path {name}-fastcgi;
    uwsgi_temp_path {name}-uwsgi;
    scgi_temp_path {name}-scgi;
{body}
}}
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
_BARE = """\
    access_log {name}.log;
    upstream app {{ server 127.0.0.1:{upstream}; {keepalive} }}
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        location / {{ proxy_pass http://app; proxy_set_header Host $host; {kept} }}
    }}"""


def measure(place: Path, nginx: Path, rounds: int, seconds: float) -> list[Measurement]:
    """The edge of a system of its own, and two bare proxies, one of which keeps its connections to the upstream."""
    checkout = _system(place, nginx)
    with running(checkout), contextlib.ExitStack() as stack:
        own = next(program for program in programs(checkout) if program.id == "edge")
        ports = free_ports()
        loads = [Load(checkout.ports()["edge.https"], HOST, seconds)]
        for keeps in (False, True):
            port = next(ports)
            stack.enter_context(_bare(checkout, own, nginx, port, keeps=keeps))
            loads.append(Load(port, HOST, seconds))
        edge, bare, kept = interleaved(rounds, *(load.rate for load in loads))
    ours = Series("the edge", edge)
    what = "requests through the edge / through a bare nginx proxy"
    return [
        Measurement(_GROUP, what, "/s", ours, Series("bare nginx", bare), 0.9, "higher", f"load: {loads[0].tool}"),
        Measurement(
            _GROUP,
            "the same / a bare proxy that keeps its connections to the upstream",
            "/s",
            ours,
            Series("bare nginx, kept connections", kept),
            note="the edge keeps none by design: a kept connection that its service closes costs a POST",
        ),
    ]


def _system(place: Path, nginx: Path) -> Checkout:
    app = place / "app"
    app.mkdir(parents=True)
    (place / "stackyard.yaml").write_text(_STACK % nginx)
    (app / "pyproject.toml").write_text('[project]\nname = "app"\nversion = "1"\n')
    (app / "serve.py").write_text(_SERVE)
    (app / "upstream.conf").write_text(_HTTP.format(name="upstream", workers=1, body=_UPSTREAM))
    checkout = Checkout(place)
    checkout.choose_ports("edge.http", "edge.https", "edge.probe", "app-1")
    return checkout


@contextlib.contextmanager
def _bare(checkout: Checkout, edge: Program, nginx: Path, port: int, *, keeps: bool) -> Iterator[None]:
    """A proxy with the least that one needs: as the same user, with the same certificate and as many workers."""
    name = f"bare-{port}"
    body = _BARE.format(
        name=name,
        port=port,
        upstream=checkout.ports()["app-1"],
        certificate=checkout.state / "tls" / "edge" / "edge.pem",
        key=checkout.state / "tls" / "edge" / "edge.key",
        keepalive="keepalive 64;" if keeps else "",
        kept='proxy_http_version 1.1; proxy_set_header Connection "";' if keeps else "",
    )
    config = checkout.folder / f"{name}.conf"
    config.write_text(_HTTP.format(name=name, workers="auto", body=body))
    argv = (str(nginx), "-e", "stderr", "-p", edge.cwd, "-c", str(config))
    variables = spawn.environment(edge, "bench")
    process = subprocess.Popen(spawn.command_line(edge, argv, variables), cwd=edge.cwd, env=variables)
    try:
        _await(port, process)
        yield
    finally:
        process.terminate()
        process.wait(10)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the bare proxy at port {port} did not start")
        time.sleep(0.01)
