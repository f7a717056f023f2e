"""Looking for secrets where none may be: in their plain form, and in those that programs make of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from urllib.parse import quote

SHORTEST = 8
"""Characters below which a value is a word that may stand anywhere, not a secret to be recognised."""


def forms(secrets: Mapping[str, str]) -> Mapping[bytes, str]:
    """The texts that give a secret away, with its name: plain, percent-encoded, escaped in JSON, in base64."""
    made: dict[bytes, str] = {}
    for name, value in secrets.items():
        if len(value) < SHORTEST:
            continue
        raw = value.encode()
        made[raw] = made[quote(value, safe="").encode()] = made[json.dumps(value)[1:-1].encode()] = name
        # Inside other text a secret begins at any of three places of a group of base64; its ends depend on neighbours.
        for shift in range(3):
            whole = base64.b64encode(b"\0" * shift + raw)
            core = whole[4 if shift else 0 :][: (len(raw) + shift) // 3 * 4 - (4 if shift else 0)]
            if len(core) >= SHORTEST:
                made[core] = made[core.replace(b"+", b"-").replace(b"/", b"_")] = name
    return made


def found_in(data: bytes, known: Mapping[bytes, str]) -> tuple[str, ...]:
    """The names of the secrets that stand in `data`."""
    return tuple(sorted({name for text, name in known.items() if text in data}))


def variable(environment: bytes, name: str) -> str:
    """The value of a variable in the text of /proc/<pid>/environ, "" when it is not set."""
    prefix = f"{name}=".encode()
    pieces = (piece for piece in environment.split(b"\0") if piece.startswith(prefix))
    return next(pieces, prefix)[len(prefix) :].decode(errors="replace")
