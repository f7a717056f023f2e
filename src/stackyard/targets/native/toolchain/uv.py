"""The uv that came with us: it makes the environments of services and judges, and unpacks wheels."""

from __future__ import annotations

import threading

_ASKING = threading.Lock()


def uv() -> str:
    """Its path. Raises FileNotFoundError when it is not there.

    Found by one thread at a time: the table that it is looked up in is filled at the first question, and would answer
    a second one half-filled.
    """
    from uv import find_uv_bin

    with _ASKING:
        return find_uv_bin()
