"""The packages beside a front end that it is built with: what its package.json names by a path, as npm writes it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_KINDS = ("dependencies", "devDependencies", "optionalDependencies")
_LOCAL = re.compile(r"(?:file:(?://(?=/))?|(?=\.{0,2}/))(.+)", re.DOTALL)


def local_packages(folder: Path) -> tuple[Path, ...]:
    """Where the packages lie that the front end in `folder` depends on by path (`"kit": "file:../kit"`).

    They need not exist. () where there is no package.json, or none that can be read: npm says what is wrong with it.
    """
    import json

    try:
        package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return ()
    return tuple(dict.fromkeys(_named(folder, package if isinstance(package, dict) else {})))


def _named(folder: Path, package: Mapping[str, Any]) -> Iterator[Path]:
    for kind in _KINDS:
        wanted = package.get(kind)
        for version in wanted.values() if isinstance(wanted, dict) else ():
            found = _LOCAL.fullmatch(version) if isinstance(version, str) else None
            if found:
                # Not resolved: a link on the way is the project's own affair, as everywhere in the stack file.
                yield Path(os.path.normpath(folder / found[1]))
