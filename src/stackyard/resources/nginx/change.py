"""What a running nginx needs when its configuration has changed."""

from __future__ import annotations

import re
from typing import Literal

_START = re.compile(r"^\s*(?:listen|pid|daemon|user)\s.*$", re.MULTILINE)
"""Directives that a reload cannot be trusted with: a new listener may need a capability that the process lacks, and
the pid file is where the next signal would look. A reload that fails leaves the old configuration without a word."""


def reload_or_restart(old: str, new: str) -> Literal["reload", "restart", "none"]:
    """What turns an nginx that runs `old` into one that runs `new`; both are all rendered files, joined."""
    if old == new:
        return "none"
    return "reload" if _START.findall(old) == _START.findall(new) else "restart"
