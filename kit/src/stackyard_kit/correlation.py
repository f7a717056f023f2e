"""The correlation id: one name for a request in the edge's log, the service's log and the database's statements."""

from __future__ import annotations

import re
import uuid
from contextvars import ContextVar

# The id is written into log lines and SQL comments, so nothing but these characters may ever be in it.
_SAFE = re.compile(r"[A-Za-z0-9._-]{8,64}")
_current: ContextVar[str] = ContextVar("correlation_id", default="")


def current() -> str:
    """The correlation id of the request being served, or "" outside of one."""
    return _current.get()


def accept(given: str) -> str:
    """Make `given` the current id when it is safe to repeat, else a new one; returns what was taken."""
    chosen = given if _SAFE.fullmatch(given) else new()
    _current.set(chosen)
    return chosen


def new() -> str:
    """An id that nothing has yet."""
    return uuid.uuid4().hex


def comment(statement: str) -> str:
    """`statement` with the current id in a comment before it, where a truncated view still shows it."""
    chosen = current()
    return f"/* correlation_id='{chosen}' */ {statement}" if chosen else statement
