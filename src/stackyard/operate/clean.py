"""Remove what can be made again; data only when it is named, and never in passing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from stackyard.errors import StateError
from stackyard.operate.choice import recorded
from stackyard.operate.verbs import Removal
from stackyard.targets.local.layout import Layout as LocalLayout
from stackyard.targets.local.state import operation
from stackyard.targets.names import NATIVE
from stackyard.targets.native.layout import Layout
from stackyard.targets.native.target import attach

_REMAKEABLE = ("envs", "sites", "etc", "tls", "work", "run", "scratch", "summary.json")
SHARED = ("secrets", "ports.json", "scale.json")
"""What all targets of this machine have in common; it goes with the last data."""
_LASTING = ("data", "log", "state.json", "switchover.json", *SHARED)
BACKUPS = "backups"
"""What brings data back goes only when it is named itself, and with it the secrets that open it."""


def removals(layout: Layout, *, data: bool, backups: bool = False) -> tuple[Removal, ...]:
    """What `clean` would remove; with `data`, everything of this environment but backups and what opens them.

    With `backups` these go as well.
    """
    names = (*_REMAKEABLE, *(_LASTING if data else ()), *((BACKUPS,) if backups else ()))
    if kept_backups(layout) and not backups:
        names = tuple(name for name in names if name != "secrets")
    if (layout.folder / "compose.json").exists():
        # The other target has data here, too: what both need outlives ours.
        names = tuple(name for name in names if name not in SHARED)
    if data and recorded(layout.folder) == NATIVE:
        names += ("target",)
    paths = [layout.folder / name for name in names]
    lasting = {*_LASTING, BACKUPS, "target"}
    return tuple(Removal(str(path), size_of(path), path.name in lasting) for path in paths if path.exists())


def kept_backups(layout: LocalLayout) -> bool:
    """Whether there are backups on this machine that `clean` would leave."""
    return any((layout.backups / "sets").glob("*.json"))


def clean(layout: Layout, wanted: tuple[Removal, ...]) -> int:
    """Remove these; the bytes that were freed. Raises StateError while the system runs: it would lose its ground."""
    with operation(layout.lock_file, "clean"):
        if attach(layout) is not None:
            raise StateError("the system runs", hint="`stackyard down` stops it; then clean.")
        shutil.rmtree(layout.sockets, ignore_errors=True)
        freed = 0
        for removal in wanted:
            path = Path(removal.name)
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
            freed += removal.size or 0
        if not any(removal.is_lasting for removal in wanted):
            _forget_products(layout)
        return freed


def _forget_products(layout: Layout) -> None:
    """The record outlives a clean without data, for it says which migrations the data has seen; not so the products."""
    from stackyard.targets.local.state import Record

    Record(layout.state_file).forget("environment:", "site:", "files:", "certificate:", "judged:", "reload:")


def size_of(path: Path) -> int:
    """Bytes of a file, or of all below a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum((Path(here) / name).lstat().st_size for here, _, names in os.walk(path) for name in names)
