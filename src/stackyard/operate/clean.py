"""Remove what can be made again; data only when it is named, and never in passing."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from stackyard.errors import StateError
from stackyard.targets.native.layout import Layout
from stackyard.targets.native.state import operation
from stackyard.targets.native.target import attach

_REMAKEABLE = ("envs", "sites", "etc", "tls", "work", "run", "summary.json")
_LASTING = ("data", "secrets", "log", "state.json", "ports.json")


@dataclass(frozen=True)
class Removal:
    """Something that would be removed. `size` in bytes, `is_lasting` when it cannot be made again."""

    path: Path
    size: int
    is_lasting: bool


def removals(layout: Layout, *, data: bool) -> tuple[Removal, ...]:
    """What `clean` would remove; with `data`, everything of this environment."""
    names = (*_REMAKEABLE, *(_LASTING if data else ()))
    paths = [layout.folder / name for name in names]
    return tuple(Removal(path, _size(path), path.name in _LASTING) for path in paths if path.exists())


def clean(layout: Layout, wanted: tuple[Removal, ...]) -> int:
    """Remove these; the bytes that were freed. Raises StateError while the system runs: it would lose its ground."""
    with operation(layout.lock_file, "clean"):
        if attach(layout) is not None:
            raise StateError("the system runs", hint="`stackyard down` stops it; then clean.")
        shutil.rmtree(layout.sockets, ignore_errors=True)
        freed = 0
        for removal in wanted:
            if removal.path.is_dir():
                shutil.rmtree(removal.path)
            else:
                removal.path.unlink(missing_ok=True)
            freed += removal.size
        if not any(removal.is_lasting for removal in wanted):
            _forget_products(layout)
        return freed


def _forget_products(layout: Layout) -> None:
    """The record outlives a clean without data, for it says which migrations the data has seen; not so the products."""
    from stackyard.targets.native.state import Record

    Record(layout.state_file).forget("environment:", "site:", "files:", "certificate:", "judged:", "reload:")


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum((Path(here) / name).lstat().st_size for here, _, names in os.walk(path) for name in names)
