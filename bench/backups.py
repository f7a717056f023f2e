"""Backups: how fast they are made and brought back, beside the same programs run by hand; how much they add; and
what they cost the system that goes on meanwhile."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench import losses, shop_backup
from bench.backup_by_hand import ByHand, RawCopy
from bench.measure import Measurement, Series, interleaved
from bench.stock import Stock, base, elsewhere, stock
from stackyard.backup import create, fetch, marks, recover
from stackyard.backup.events import silent
from stackyard.backup.sets import Kind

GROUP = "backups"
_THROUGHPUT, _ADDED, _WHOLE = 1 / 0.9, 0.1, 1.2
_CHANGED = 0.01
_REPLAYED = 0.05
"""The part of all rows that is written anew before a whole restore, so that there is something to replay."""


def measure(place: Path, rounds: int, sizes: Sequence[int]) -> Iterator[list[Measurement]]:
    """Everything about backups, at databases of so many bytes each."""
    place.mkdir(exist_ok=True)
    for size in sizes:
        folder = place / str(size)
        with stock(folder, size) as found:
            room = folder / "room"
            room.mkdir(mode=0o755)
            yield engine(found, room, rounds, f"{size / 1e9:.0f} GB")
            if size == min(sizes):
                yield losses.measure(found, room)
        shutil.rmtree(folder)
    yield shop_backup.measure(place / "shop", rounds)


def engine(found: Stock, room: Path, rounds: int, name: str) -> list[Measurement]:
    """What takes time and space, for one size."""
    with found.alone():
        return [*_to_and_fro(found, room, rounds, name), *_added(found, room, name), _whole(found, room, rounds, name)]


def _to_and_fro(found: Stock, room: Path, rounds: int, name: str) -> list[Measurement]:
    """Each backup into an empty repository: a second one into the same would have next to nothing to do."""
    job, part, hand = found.job, found.part, ByHand(found.job, found.part, room / "hand")
    back: tuple[list[float], list[float]] = ([], [])

    def ours() -> float:
        with _cleared(room / "ours") as folder:
            own = elsewhere(job, folder)
            made, taken = base(own, part)
            back[0].append(_seconds(lambda: fetch.base(own, made, part, folder / "back")))
            return taken

    def by_hand() -> float:
        with _cleared(hand.folder):
            hand.init()
            taken = hand.backup()
            back[1].append(hand.restore(hand.folder / "back"))
            return taken

    by_hand()  # Pays for writing out what was changed before, which the first of them all has to.
    back[1].clear()
    there = interleaved(rounds, ours, by_hand)
    peers = ("pg_basebackup | restic backup", "restic dump | tar -x")
    return [
        Measurement(GROUP, f"base backup of {name} / by hand", "s", Series("a set's base", there[0]),
                    Series(peers[0], there[1]), _THROUGHPUT, note="0.9 of the throughput is 1.11 of the time"),
        Measurement(GROUP, f"base of {name} back / by hand", "s", Series("fetch", tuple(back[0])),
                    Series(peers[1], tuple(back[1])), _THROUGHPUT),
    ]  # fmt: skip


def _added(found: Stock, room: Path, name: str) -> list[Measurement]:
    """By how much the folder of the repository grows."""
    count = int(found.rows * _CHANGED)
    with _cleared(room / "growing") as folder:
        job, grown = elsewhere(found.job, folder), []
        changes: tuple[Callable[[int], None], ...] = (lambda _: None, found.change, found.change_anywhere)
        for change in changes:
            change(count)
            before = _size(folder / "repository")
            base(job, found.part)
            grown.append((_size(folder / "repository") - before) / 1e6)
    full = Series("a full one", (grown[0],))
    return [
        Measurement(GROUP, f"added to {name} after 1 % in one place / full", "MB", Series("added", (grown[1],)), full,
                    _ADDED),
        Measurement(GROUP, f"added to {name} after 1 % all over / full", "MB", Series("added", (grown[2],)), full),
    ]  # fmt: skip


def _whole(found: Stock, room: Path, rounds: int, name: str) -> Measurement:
    """Back to a mark, WAL included, beside a copy of plain files and the same replay."""
    job, part, raw = found.job, found.part, RawCopy(found.part, room / "raw")
    backup = create.create(job, kind=Kind.SAFETY, tell=silent)
    raw.take()
    found.change_anywhere(int(found.rows * _REPLAYED))
    point = marks.mark(job, "measured").target(part.name)
    raw.gather(job)

    def ours() -> float:
        with _cleared(room / "whole") as folder:
            return _seconds(lambda: recover.recover(job, backup, part, folder / "copy", point, silent))

    def by_hand() -> float:
        with _cleared(room / "plain") as folder:
            return raw.restore(folder / "copy", point)

    taken = interleaved(rounds, ours, by_hand)
    shutil.rmtree(raw.folder)
    return Measurement(
        GROUP,
        f"{name} back to a moment / raw copy and replay",
        "s",
        Series("recover", taken[0]),
        Series("cp -a, replay", taken[1]),
        _WHOLE,
        note="ours decrypts, decompresses, checks every file, and sees it on the disk",
    )


@contextlib.contextmanager
def _cleared(folder: Path) -> Iterator[Path]:
    """A folder that is not there yet before, and no more afterwards; whoever runs servers may pass through it."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o755)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
