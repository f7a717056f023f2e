"""What a service said: log entries as the log would hold them, and figures as Prometheus would read them."""

from __future__ import annotations

import json
import logging
import re
from types import TracebackType
from typing import Any, Self

from stackyard_kit.logs import JsonLines


class CapturedLogs(logging.Handler):
    """Entries logged while the block runs, from every logger and level."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.setFormatter(JsonLines(service))
        self.entries: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record as the line that it would become."""
        self.entries.append(json.loads(self.format(record)))

    def find(self, event: str) -> list[dict[str, Any]]:
        """The entries whose event is this text."""
        return [entry for entry in self.entries if entry["event"] == event]

    def __enter__(self) -> Self:
        root = logging.getLogger()
        self._level = root.level
        root.setLevel(logging.DEBUG)
        root.addHandler(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        root = logging.getLogger()
        root.removeHandler(self)
        root.setLevel(self._level)


def metric(text: str | bytes, name: str, **labels: str) -> float:
    """The value of one series in Prometheus' text format; 0.0 when it is not there, as before its first count."""
    body = text.decode() if isinstance(text, bytes) else text
    for line in body.splitlines():
        found = re.fullmatch(rf"{re.escape(name)}(?:\{{(.*)\}})? (\S+)", line)
        if found and dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found[1] or "")) == labels:
            return float(found[2])
    return 0.0
