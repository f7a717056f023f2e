"""Cursors: where a page ended, as an opaque text. A page starts after it, so that new rows shift nothing."""

from __future__ import annotations

import base64
import binascii
import json

from stackyard_kit.problems import ProblemError


def cursor_after(*position: str | int) -> str:
    """The cursor that continues after `position`."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def position_of(cursor: str, *shape: type) -> list[str | int]:
    """The position in `cursor`, whose values are of the types `shape`. Raises ProblemError 422 for anything else."""
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        position = None
    if not isinstance(position, list) or [type(value) for value in position] != list(shape):
        errors = [{"pointer": "/query/cursor", "detail": "not a cursor of this list"}]
        raise ProblemError(422, "Some values cannot be used.", kind="validation", errors=errors)
    return position
