"""What must be true of every answer, whatever was asked, and how the ordinary client that asks meanwhile fares."""

from __future__ import annotations

import http.client
import re
import statistics
import threading
import time
from contextlib import closing

from faults.client.target import HOST, SECRET, Target, context

_INTERNAL = re.compile(
    rb"nginx/|openssl|1\.\d\d\.\d|uvicorn|Traceback|File \"|/var/|/srv/|/etc/|/home/|\.stackyard|upstream|psycopg|"
    rb"judge-1",
    re.IGNORECASE,
)
_SLOWEST = 1.0
"""Seconds that an ordinary request may take while the edge is attacked, at the 95th percentile, on a quiet machine."""


def shows_internals(answer: bytes) -> str:
    """What an answer gives away; an empty text when it gives away nothing."""
    if SECRET.encode() in answer:
        return "it gives away a file"
    found = _INTERNAL.search(answer)
    return f"it shows {found[0].decode('latin-1')!r}" if found else ""


def framing_fault(connections: list[str], most: int) -> str:
    """What is wrong with what reached the judge; an empty text when it is at most so many requests, well framed."""
    requests = [request for raw in connections for request in _requests(raw)]
    if any("could not be read" in raw for raw in connections):
        return f"the judge could not read {connections!r:.200}"
    for head in requests:
        if "smuggled" in head.split("\r\n", 1)[0]:
            return f"a smuggled request reached the judge: {head!r:.200}"
        if fault := _head_fault(head):
            return f"{fault}: {head!r:.300}"
    return "" if len(requests) <= most else f"{len(requests)} requests reached the judge, not {most}"


def _requests(raw: str) -> list[str]:
    """The heads of the requests on one connection, each skipping the body that its own headers frame."""
    found = []
    while raw:
        head, end, raw = raw.partition("\r\n\r\n")
        found.append(head)
        if not end:
            break
        length = re.search(r"\r\ncontent-length: *([0-9]+)", head.lower())
        if length:
            raw = raw[int(length[1]) :]
        elif "\r\ntransfer-encoding:" in head.lower():
            raw = raw.partition("0\r\n\r\n")[2]
    return found


def _head_fault(head: str) -> str:
    lines = head.split("\r\n")
    names = [line.partition(":")[0].lower() for line in lines[1:]]
    for name in ("host", "content-length", "transfer-encoding", "connection"):
        if names.count(name) > 1:
            return f"{name} twice"
    if "content-length" in names and "transfer-encoding" in names:
        return "a length and a transfer encoding"
    if any(not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) for name in names):
        return "a header name that is none"
    if re.search(r"(?<!\r)\n|\r(?!\n)|\0", head) or any(line[:1] in (" ", "\t") for line in lines):
        return "line breaks that are none"
    if "host" in names and HOST not in lines[1 + names.index("host")]:
        return "another host"
    return ""


class Ordinary:
    """A client that asks as people do, about ten times a second, while something else goes on. Used with `with`."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask_on, daemon=True)
        self.seconds: list[float] = []
        self.wrong: list[str] = []

    def __enter__(self) -> Ordinary:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)

    @property
    def asked(self) -> int:
        return len(self.seconds) + len(self.wrong)

    def is_served(self, calm: float) -> bool:
        """Whether every request was answered rightly, and soon: `calm` is the median in seconds without an attack."""
        return bool(self.seconds) and not self.wrong and self.slow <= max(_SLOWEST, 20 * calm)

    @property
    def slow(self) -> float:
        """The 95th percentile, in seconds."""
        return statistics.quantiles(self.seconds, n=20)[-1] if len(self.seconds) > 1 else 0.0

    def note(self) -> str:
        """How it fared, in words."""
        if not self.seconds:
            return f"the ordinary client got no answer: {self.wrong[:2]}"
        middle = statistics.median(self.seconds) * 1000
        wrong = f", {len(self.wrong)} wrong: {self.wrong[0]}" if self.wrong else ""
        return (
            f"an ordinary client asked {self.asked} times: median {middle:.0f} ms, p95 {self.slow * 1000:.0f} ms{wrong}"
        )

    def _ask_on(self) -> None:
        while not self._over.wait(0.1):
            begun = time.perf_counter()
            try:
                status = self._ask()
            except (OSError, http.client.HTTPException) as error:
                self.wrong.append(f"{type(error).__name__}: {error}")
                continue
            if status == 200:
                self.seconds.append(time.perf_counter() - begun)
            else:
                self.wrong.append(f"status {status}")

    def _ask(self) -> int:
        connection = http.client.HTTPSConnection("127.0.0.1", self._target.https, timeout=15, context=context())
        with closing(connection):
            connection.request("GET", "/entries", headers={"Host": self._target.host})
            answer = connection.getresponse()
            answer.read()
            return answer.status
