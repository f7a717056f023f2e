"""A bare nginx as a process: the peer of the edge."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from stackyard.targets.native.program import Program
from stackyard.targets.native.supervisor import spawn

HTTP = """\
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
"""The least that an nginx needs to run in a folder of its own, around the body of its http block."""

SERVER = """\
    access_log NAME.log;
    upstream app {{ server 127.0.0.1:{upstream}; KEEPALIVE }}
    server {{
        listen 127.0.0.1:PORT ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        root {root};
        location /api {{
            proxy_pass http://app;
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            CONNECTION
        }}
    }}"""
"""What deployment guides give as a proxy before an application, and no more."""


@contextlib.contextmanager
def bare_proxy(folder: Path, edge: Program, nginx: Path, port: int, server: str, *, keeps: bool) -> Iterator[int]:
    """The server at a port, which is given back; as the user of `edge`, and with as many workers (one a core).

    `keeps`: whether connections to the upstream are used again. Raises RuntimeError when it does not start.
    """
    name = f"bare-{port}"
    body = server.replace("NAME", name).replace("PORT", str(port))
    body = body.replace("KEEPALIVE", "keepalive 32;" if keeps else "")
    body = body.replace("CONNECTION", 'proxy_http_version 1.1; proxy_set_header Connection "";' if keeps else "")
    config = folder / f"{name}.conf"
    config.write_text(HTTP.format(name=name, workers="auto", body=body))
    argv = (str(nginx), "-e", "stderr", "-p", edge.cwd, "-c", str(config))
    variables = spawn.environment(edge, "bench")
    process = subprocess.Popen(spawn.command_line(edge, argv, variables), cwd=edge.cwd, env=variables)
    try:
        _await(port, process)
        yield port
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
