"""`python -m stackyard.backup.exporting JOB.json PORT`: the keeper's figures over HTTP, for whoever scrapes them.

It reads one file and knows no secret. While there are no figures it answers 503, so that a scrape fails.
"""

from __future__ import annotations

import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from stackyard.backup import job

PATH = "/metrics"


def server(figures: Path, port: int, address: str = "0.0.0.0") -> ThreadingHTTPServer:
    """A server that gives out the file of figures as it is at that moment."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != PATH:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            try:
                content = figures.read_bytes()
            except OSError:
                self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, "there are no figures yet")
                return
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """A scrape every few seconds is no news."""

    return ThreadingHTTPServer((address, port), Answer)


def main() -> None:
    """Serve until told to end."""
    figures = job.from_text(Path(sys.argv[1]).read_text()).places.metrics
    server(figures, int(sys.argv[2])).serve_forever()


if __name__ == "__main__":
    main()
