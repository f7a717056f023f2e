"""The data folders of a primary and its replica: fenced, and put in each other's place. Every step may be repeated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stackyard.resources.postgres.replication import STANDBY_SIGNAL
from stackyard.targets.local.state import sync


def fence(data: Path, give: Callable[[Path], None]) -> None:
    """Have a server that starts on this data follow, and never lead. On the disk before this returns."""
    signal = data / STANDBY_SIGNAL
    signal.touch(mode=0o600)
    give(signal)
    sync(signal)
    sync(data)


def unfence(data: Path) -> None:
    """Take that back."""
    if is_fenced(data):
        (data / STANDBY_SIGNAL).unlink()
        sync(data)


def is_fenced(data: Path) -> bool:
    """Whether a server on this data only follows: a replica that was promoted no longer does."""
    return (data / STANDBY_SIGNAL).exists()


def change_places(primary: Path, replica: Path) -> None:
    """Put the promoted data under the name of the primary, and the fenced data under that of the replica."""
    between = primary.with_name(f"{primary.name}.switch")
    if not between.exists():
        if is_fenced(replica):
            return
        _move(replica, between)
    if primary.exists():
        _move(primary, replica)
    _move(between, primary)


def put_aside(data: Path, aside: Path) -> None:
    """Move data away that must not come back under its name; nothing when that was done, or there is none."""
    if data.exists() and not aside.exists():
        _move(data, aside)


def put_back(aside: Path, data: Path) -> None:
    """Take that back."""
    if aside.exists() and not data.exists():
        _move(aside, data)


def succeed(primary: Path, replica: Path, aside: Path) -> None:
    """Put the promoted data under the name of the primary, and what was there aside."""
    if replica.exists():
        put_aside(primary, aside)
        _move(replica, primary)


def _move(source: Path, target: Path) -> None:
    source.rename(target)
    sync(target.parent)
