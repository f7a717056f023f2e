"""What stands in the logs: each request once in a form that can be searched, and nothing that must not be there."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Any

from stackyard.model.system import System
from stackyard.observe import processes
from stackyard.observe.view import View
from stackyard.verify import traces
from stackyard.verify.check import Check, Look, Seen, saw
from stackyard.verify.client import client, edge_of

_PATIENCE = 5.0
_ACCESS = ("time", "request_id", "client", "method", "path", "status", "bytes", "duration")
_TAIL = 1000
"""Lines at the end of a log that are looked at."""
_MOST = 8 * 1024**2
"""Bytes of one log that are searched, from its end."""


def entries(view: View, part: str) -> list[Mapping[str, Any]]:
    """What the processes of a part have written themselves as JSON objects, of late, the oldest first."""
    own = (one.line for one in view.logs((part,), n=_TAIL) if one.stream == "out")
    return [found for line in own if (found := as_object(line)) is not None]


def as_object(line: str) -> Mapping[str, Any] | None:
    """The JSON object in a line, None for any other line."""
    try:
        found = json.loads(line) if line.startswith("{") else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def wait_for(view: View, part: str, key: str, value: str, patience: float = _PATIENCE) -> Mapping[str, Any] | None:
    """The entry of a part with that value, as soon as it is there; None when it does not come in so many seconds."""
    deadline = time.monotonic() + patience
    while True:
        found = next((one for one in entries(view, part) if one.get(key) == value), None)
        if found is not None or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def _access(view: View) -> Iterator[Seen]:
    """A request with a word in its query and one in its Authorization header: neither may be found afterwards."""
    edge_of(view)
    name, query, token = f"verify-{secrets.token_hex(8)}", secrets.token_hex(12), secrets.token_hex(12)
    headers = {"X-Request-ID": name, "Authorization": f"Bearer {token}", "Cookie": f"session={token}"}
    with client(view) as visitor:
        status = visitor.get(f"/?word={query}", headers=headers).status_code
    sent = f"GET /?word=… with X-Request-ID {name}, a token and a cookie: answered {status}; the edge's access log"
    found = wait_for(view, "edge", "request_id", name)
    if found is None:
        yield saw(sent, "no line with this id within 5 s", fault="a request is missing in the access log")
        return
    missing = [key for key in _ACCESS if key not in found]
    yield saw(sent, json.dumps(found), fault=f"the access log lacks {', '.join(missing)}", unless=not missing)
    for part in view.log_parts():
        whole = "\n".join(one.line for one in view.logs((part,), n=_TAIL))
        # What a service writes of its own queries is its own affair; the edge serves everybody.
        words = {"its token": token, **({"its query": query} if part == "edge" else {})}
        kept = [what for what, word in words.items() if word in whole]
        yield saw(
            f"{' and '.join(words)} in the log of {part}",
            f"{', '.join(kept)} stands there" if kept else "not to be found",
            fault=f"the log of {part} keeps {', '.join(kept)}",
            unless=not kept,
        )


def _no_secrets(view: View) -> Iterator[Seen]:
    known = traces.forms(view.secrets())
    for place, text in view.log_texts(_MOST):
        names = traces.found_in(text, known)
        yield saw(
            f"{len(view.secrets())} secrets in {place}, as they are, in URLs, in base64",
            f"found: {', '.join(names)}" if names else "none",
            fault=f"{place} holds the secret {', '.join(names)}",
            unless=not names,
        )


def _level(view: View) -> Iterator[Seen]:
    """What the living process was told; what it makes of that is its own affair."""
    wanted = view.system.logs.level
    services = {service.name for service in view.system.services}
    planned = view.planned()
    for one in view.processes():
        if one.part not in services or one.pid is None:
            continue
        told = traces.variable(processes.environment(one.pid), "LOG_LEVEL")
        asked = planned[one.id].environment.get("LOG_LEVEL", wanted) if one.id in planned else wanted
        yield saw(
            f"LOG_LEVEL of {one.id} (pid {one.pid}), {asked} in the file",
            told or "not set",
            fault=f"{one.id} logs at the level {told or 'of its own'} and not {asked}",
            unless=told == asked,
        )


def _has_no_edge(system: System) -> str:
    return "" if system.edge is not None else "the system has no edge"


def _has_no_services(system: System) -> str:
    return "" if any(not one.is_static for one in system.services) else "the system has no service that logs"


CHECKS = (
    Check(
        "logs.access",
        ("APP-03", "LOG-02", "SEC-01"),
        "each request stands in the access log, without its query and without its token",
        Look.LOG,
        _access,
        unless=_has_no_edge,
    ),
    Check(
        "logs.no-secrets",
        ("SEC-01",),
        "no secret stands in a log",
        Look.LOG,
        _no_secrets,
        next_step="Count that secret as known and change it; then take the line out of the log.",
    ),
    Check(
        "logs.level",
        ("APP-03", "TOP-03"),
        "services log at the level that the file sets",
        Look.INSIDE,
        _level,
        unless=_has_no_services,
    ),
)
