"""An upstream that answers with what it was asked."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_ports = itertools.cycle(range(21400, 21500))


def free_port() -> int:
    for port in itertools.islice(_ports, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free between 21400 and 21499")


class Echo:
    """An upstream over TCP or a unix socket: answers with what it was asked, and with headers that an edge replaces."""

    def __init__(self, name: str, *, unix: Path | None = None, delay: float = 0.0) -> None:
        self.name, self.delay = name, delay
        self.seen: list[str] = []
        self.arrived = threading.Semaphore(0)
        self.let_go = threading.Event()
        self.connections: list[socket.socket] = []
        echo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one segment for head and body: a kept connection would wait 40 ms for the acknowledgement

            def setup(self) -> None:
                super().setup()
                echo.connections.append(self.connection)

            def answer(self) -> None:
                echo._answer(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = answer  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:
                return

            def address_string(self) -> str:
                return "unix"

        if unix is None:
            port = free_port()
            self.server: socketserver.BaseServer = ThreadingHTTPServer(("127.0.0.1", port), Handler)
            self.address = f"127.0.0.1:{port}"
        else:
            self.server = _UnixServer(str(unix), Handler)
            unix.chmod(0o777)
            self.address = f"unix:{unix}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        length = int(request.headers.get("Content-Length") or 0)
        received = request.rfile.read(length)
        self.seen.append(f"{request.command} {request.path}")
        self.arrived.release()
        if request.path.startswith("/api/hold"):
            self.let_go.wait(10)
        if request.path == "/api/break":
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        body = json.dumps(
            {
                "name": self.name,
                "path": request.path,
                "method": request.command,
                "headers": [[key.lower(), value] for key, value in request.headers.items()],
                "received": len(received),
                "padding": "x" * (3000 if "large" in request.path else 0),
            }
        ).encode()
        time.sleep(self.delay)
        request.send_response(503 if request.path == "/api/busy" else 200)
        if request.path == "/api/moved":
            request.send_header("Location", f"http://{request.headers['Host']}/api/there")
        for key, value in (
            ("Content-Type", "application/json"),
            ("X-Powered-By", "PHP/4"),
            ("X-Frame-Options", "ALLOWALL"),
            ("X-Request-ID", "from-the-service"),
            ("Access-Control-Allow-Origin", "*"),
            ("Content-Length", str(len(body))),
        ):
            request.send_header(key, value)
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)

    def stop(self) -> None:
        """Closes the listener and every connection, as a process that dies does."""
        self.let_go.set()
        if self.thread.is_alive():
            self.server.shutdown()
            self.server.server_close()
            self.thread.join()
        for connection in self.connections:
            with contextlib.suppress(OSError):  # the other side has closed it before
                connection.shutdown(socket.SHUT_RDWR)


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
