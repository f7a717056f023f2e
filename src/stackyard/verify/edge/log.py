"""What the access log of the edge says of requests that a check has made."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from stackyard.observe.view import View
from stackyard.verify.check import CannotSeeError

_PATIENCE = 5.0
"""Seconds until a line is in the log: the edge writes several at once."""


def lines_of(view: View, marks: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
    """The lines of the requests with these ids, by id. Raises CannotSeeError when they do not come."""
    wanted = re.compile("|".join(map(re.escape, marks)))
    deadline = time.monotonic() + _PATIENCE
    begun = datetime.now(UTC) - timedelta(seconds=60)
    while True:
        found = {}
        for entry in view.logs(("edge",), n=len(marks), since=begun, grep=wanted):
            row = _row(entry.line)
            found[str(row.get("request_id"))] = row
        if set(marks) <= found.keys():
            return found
        if time.monotonic() > deadline:
            shown = f"{len(found)} of {len(marks)}"
            raise CannotSeeError(f"the access log of the edge shows {shown} requests that were made")
        time.sleep(0.05)


def upstreams(row: Mapping[str, Any]) -> list[str]:
    """The addresses that a request was sent on to, in the order in which they were tried."""
    return [one for one in re.split(r"[,:]? +", str(row.get("upstream", ""))) if one]


def _row(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}
