"""What the tests of the edge stand on: an nginx, upstreams, a stack to render, and a client that hides nothing."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stackyard.model.system import Edge, Limit, PythonSource, Route, Service, StaticSource, System, Tls
from stackyard.model.values import Position, Rate
from stackyard.resources.certificates import Authority, ensure_authority, ensure_leaf, hosts_of
from stackyard.resources.nginx import EdgePlace, StaticRoot, command, render

from .upstream import Echo, free_port

HOST = "shop.localhost"
POLICY = "default-src 'self'; object-src 'none'"
AT = Position("stackyard.yaml", 1)
NOBODY = 65534
_DEADLINE = 5.0


def route(path: str, service: str, **more: Any) -> Route:
    return Route(path, service, AT, **more)


def limit(path: str, count: int, per: Any, burst: int = 0) -> Limit:
    return Limit(path, Rate(count, per), burst)


def system(environment: str = "development", **edge: Any) -> System:
    """A shop: an API, a front end, a live channel; `edge` overrides any field of the edge."""
    routes = (route("/api", "api"), route("/live", "live"), route("/", "web"))
    services = (
        Service("api", PythonSource(Path("/shop/api")), AT, port=8000),
        Service("live", PythonSource(Path("/shop/live")), AT, port=8001),
        Service("web", StaticSource(Path("/shop/web")), AT),
        Service("console", StaticSource(Path("/shop/console")), AT),
    )
    settings: dict[str, Any] = {"host": HOST, "position": AT, "routes": routes, "connections": 0, "csp": POLICY} | edge
    return System("shop", environment, Path("/shop"), Path("/shop/stackyard.yaml"), services, edge=Edge(**settings))


def find_nginx() -> tuple[str, dict[str, str]] | None:
    """An nginx from NGINX, the PATH, or the folders that Stackyard fetches tools into, with its environment."""
    named = os.environ.get("NGINX") or shutil.which("nginx")
    if named:
        return named, dict(os.environ)
    for cache in (Path("/var/cache/stackyard/tools"), Path.home() / ".cache/stackyard/tools"):
        for binary in sorted(cache.glob("nginx-*/usr/sbin/nginx")):
            root = binary.parents[2]
            libraries = [str(path) for path in (*root.glob("lib/*-linux-gnu"), *root.glob("usr/lib/*-linux-gnu"))]
            return str(binary), dict(os.environ) | {"LD_LIBRARY_PATH": ":".join(libraries)}
    return None


def version(nginx: tuple[str, dict[str, str]]) -> tuple[int, ...]:
    said = subprocess.run([nginx[0], "-v"], env=nginx[1], capture_output=True, text=True, check=True).stderr
    return tuple(int(number) for number in said.split("/")[1].split()[0].split("."))


def until(holds: Callable[[], Any], what: str, deadline: float = _DEADLINE) -> Any:
    """Waits until `holds()` is true and returns it; fails with `what` after `deadline` seconds."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        result = holds()
        if result:
            return result
        time.sleep(0.01)
    raise AssertionError(f"not within {deadline} s: {what}")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name: str) -> str | None:
        values = self.all(name)
        return values[0] if values else None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Yard:
    """A running edge for `system`: `upstreams` and `static` by service, `place` overrides the place."""

    def __init__(
        self,
        nginx: tuple[str, dict[str, str]],
        folder: Path,
        *,
        of: System | None = None,
        upstreams: Mapping[str, tuple[str, ...]] | None = None,
        front: Path | None = None,
        **place: Any,
    ) -> None:
        self.nginx, self.folder = nginx, folder
        self.system = of or system()
        self.edge = self.system.edge
        assert self.edge is not None
        self.authority, chain = self._certificate()
        self.http, self.https, self.health = free_port(), free_port(), free_port()
        self.place = EdgePlace(
            work=str(folder / "work"),
            nginx_version=version(nginx),
            http=self.http,
            https=self.https,
            health=f"127.0.0.1:{self.health}",
            upstreams=upstreams or {},
            certificate=str(chain),
            key=str(chain.with_name("edge.key")),
            **({"static": {"web": StaticRoot(str(front))} if front else {}} | place),
        )
        self._write()

    def _certificate(self) -> tuple[Authority, Path]:
        assert self.edge is not None
        now = datetime.now(UTC)
        hosts = hosts_of(self.edge.host, tenants=bool(self.edge.tenants))
        authority = ensure_authority(self.folder / "ca", now, hosts)
        leaf, _ = ensure_leaf(self.folder / "tls", authority, hosts, now)
        return authority, leaf.certificate

    def _write(self) -> None:
        for file in render(self.system, self.place):
            path = self.folder / "conf" / file.path
            path.parent.mkdir(exist_ok=True)
            path.write_text(file.content)
        (self.folder / "work").mkdir(exist_ok=True)
        os.mkfifo(self.folder / "log")
        (self.folder / "log").chmod(0o622)
        if os.geteuid() == 0:
            for name in ("work", "tls/edge.key"):
                os.chown(self.folder / name, NOBODY, NOBODY)

    def start(self) -> None:
        self.log = os.open(self.folder / "log", os.O_RDWR | os.O_NONBLOCK)
        with (self.folder / "errors").open("wb") as errors:
            self.process = self._spawn(stdout=self.log, stderr=errors)
        until(self._is_ready, "nginx answers its probe")

    def test(self) -> subprocess.CompletedProcess[bytes]:
        """What `nginx -t` says."""
        process = self._spawn("-t", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        _, said = process.communicate(timeout=10)
        return subprocess.CompletedProcess(process.args, process.returncode, said)

    def _spawn(self, *more: str, **streams: Any) -> subprocess.Popen[bytes]:
        argv = (*command(self.nginx[0], str(self.folder / "conf"), str(self.folder / "work")), *more)
        unprivileged: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        return subprocess.Popen(
            argv, env=self.nginx[1], start_new_session=True, **streams, **(unprivileged if os.geteuid() == 0 else {})
        )

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, (self.folder / "errors").read_text()
        try:
            return self.ask("/nginx-health", port=self.health, tls=False).status == 200
        except OSError:
            return False

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)
        os.close(self.log)

    def reload(self, of: System) -> None:
        """Renders `of` at the same place and lets the running nginx read it."""
        for file in render(of, self.place):
            (self.folder / "conf" / file.path).write_text(file.content)
        self.process.send_signal(signal.SIGHUP)

    def lines(self, count: int) -> list[dict[str, Any]]:
        """The access log once it has `count` lines: nginx writes a line after the answer has left."""
        text = b""

        def read() -> bool:
            nonlocal text
            with contextlib.suppress(BlockingIOError):
                text += os.read(self.log, 1 << 20)
            return text.count(b"\n") >= count

        until(read, f"{count} lines in the access log")
        return [json.loads(line) for line in text.splitlines()]

    def errors(self) -> str:
        return (self.folder / "errors").read_text()

    def context(self) -> ssl.SSLContext:
        """What a browser that trusts the authority asks of a server."""
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    def connect(self, *, tls: bool = True, port: int = 0, sni: str = HOST, context: Any = None) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", port or (self.https if tls else self.http)), timeout=10)
        if not tls:
            return plain
        try:
            secured: socket.socket = (context or self.context()).wrap_socket(plain, server_hostname=sni)
        except BaseException:
            plain.close()
            raise
        return secured

    def send(self, raw: bytes, **connection: Any) -> Answer:
        """One answer to exactly these bytes."""
        method = raw.split(b" ", 1)[0].decode("ascii", "replace")
        with self.connect(**connection) as stream:
            stream.sendall(raw)
            response = http.client.HTTPResponse(stream, method=method)
            try:
                response.begin()
                return Answer(response.status, tuple(response.getheaders()), response.read())
            finally:
                response.close()

    def ask(
        self,
        target: str,
        *,
        method: str = "GET",
        host: str = HOST,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        **connection: Any,
    ) -> Answer:
        """One request over a connection of its own."""
        fields = {"Host": host, "Connection": "close"} | ({"Content-Length": str(len(body))} if body else {})
        head = "".join(f"{key}: {value}\r\n" for key, value in (fields | dict(headers or {})).items())
        return self.send(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body, **connection)


def with_edge(of: System, **edge: Any) -> System:
    assert of.edge is not None
    return replace(of, edge=replace(of.edge, **edge))


__all__ = [
    "AT",
    "HOST",
    "POLICY",
    "Answer",
    "Echo",
    "Tls",
    "Yard",
    "free_port",
    "limit",
    "route",
    "system",
    "until",
    "with_edge",
]
