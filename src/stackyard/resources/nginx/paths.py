"""Regular expressions (PCRE) for paths, matched against nginx's `$uri`: decoded, dots resolved, slashes merged."""

from __future__ import annotations

import re
from collections.abc import Iterable

ALWAYS_SHOWN = r"^/\.well-known/(acme-challenge/[A-Za-z0-9_-]+|security\.txt)$"
"""The only dot files that anyone outside may ask for."""

_DOT_FILES = r"/\."
_BACKUPS = r"(~|\.(bak|backup|old|orig|save|sw[op]|dump|sql|sql\.(gz|xz|zst|bz2|zip)))$"
_DETAILED_HEALTH = r"/health/detailed(/|$)"


def below(prefix: str) -> str:
    """The path `prefix` and everything below it: `/api` has `/api` and `/api/x`, not `/apis`."""
    trimmed = prefix.rstrip("/")
    return f"^{re.escape(trimmed)}(/|$)" if trimmed else "^/"


def hidden(patterns: Iterable[str], routes: Iterable[str]) -> tuple[str, ...]:
    """What the outside must not see: dot files, backups, metrics below each of `routes`, detailed health, `patterns`.

    A pattern that begins with a slash is a path and hides everything below it; any other names a last segment.
    In both, `*` stands for anything within a segment and `**` for anything at all.
    """
    prefixes = sorted({route.rstrip("/") for route in routes} | {"", "/api"})
    metrics = "|".join(re.escape(prefix) for prefix in prefixes)
    return (
        _DOT_FILES,
        _BACKUPS,
        f"^({metrics})/metrics(/|$)",
        _DETAILED_HEALTH,
        *(_glob(text) for text in patterns),
    )


def _glob(text: str) -> str:
    pieces = {"**": ".*", "*": "[^/]*"}
    body = "".join(pieces.get(piece) or re.escape(piece) for piece in re.split(r"(\*\*|\*)", text.rstrip("/")))
    return f"^{body}(/|$)" if text.startswith("/") else f"/{body}$"
