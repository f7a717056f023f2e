"""Tells which databases it was given, and nothing secret of them."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

NAMES = ("DATABASE_URL", "DATABASE_READ_URL", "DB_URL", "DB_READ_URL")


class Clerk(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        places = {name: f"{url.hostname}:{url.port}" for name in NAMES if (url := urlsplit(os.environ[name]))}
        body = json.dumps(places).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


ThreadingHTTPServer((os.environ.get("HOST", "127.0.0.1"), int(os.environ["PORT"])), Clerk).serve_forever()
