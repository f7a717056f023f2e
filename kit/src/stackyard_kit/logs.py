"""Structured logs: one JSON object a line on standard output, with the correlation id of the request."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from stackyard_kit import correlation, spans

_TELLTALES = ("botocore", "aiobotocore", "httpcore", "urllib3", "hpack")
"""Libraries that write whole requests at "debug", with the keys and tokens in their headers."""

# Made once: json.dumps with options makes another for each line.
_ENCODE = json.JSONEncoder(default=str, ensure_ascii=False).encode


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON; what stands in `extra={"fields": {...}}` becomes keys of it."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self.service,
            "logger": record.name,
            "event": record.getMessage(),
        }
        if identifier := correlation.current():
            entry["correlation_id"] = identifier
        entry.update(spans.ids())
        entry.update(getattr(record, "fields", {}))
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return _ENCODE(entry)


def configure(service: str, level: str) -> None:
    """Send all logging of this process to standard output as JSON lines, from `level` ("info" ...) upwards."""
    output = logging.StreamHandler(sys.stdout)
    output.setFormatter(JsonLines(service))
    logging.basicConfig(handlers=[output], level=level.upper(), force=True)
    logging.captureWarnings(True)
    # What no line of ours holds need not be found out for each of them; logging has these switches for that.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    if hasattr(logging, "logAsyncioTasks"):
        logging.logAsyncioTasks = False
    for name in _TELLTALES:
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLogger().level))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # The request layer writes one line a request itself, with the correlation id and the time it took.
    logging.getLogger("uvicorn.access").disabled = True
