"""A Redis brought back from a snapshot, so that it is not empty afterwards.

With `appendonly yes` and no append-only file beside it Redis ignores a dump.rdb and starts with nothing, and says so
nowhere. So the snapshot is loaded with `appendonly no` in an empty folder, the append-only file is made from what was
loaded, and only then is the folder fit for the cache's own settings.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stackyard.backup import programs
from stackyard.backup.job import RedisPart
from stackyard.backup.ownership import give_all
from stackyard.backup.problem import BackupError

PATIENCE = 3600.0
"""Seconds for a snapshot to be loaded or an append-only file to be made: a second for each few hundred megabytes."""

_PAUSE = 0.05


@dataclass(frozen=True)
class PrivateCache:
    """A Redis on a folder of ours, reached by a socket."""

    part: RedisPart
    socket: Path

    def tell(self, *words: str) -> str:
        """What it answers. Raises BackupError when it says that something is wrong."""
        answer = programs.run([self.part.cli, "-s", str(self.socket), *words], env=self.part.environment, timeout=60)
        said = answer.output.strip()
        if not answer.is_done or said.startswith(("ERR", "(error)", "LOADING", "MISCONF")):
            raise BackupError(f"the copy of {self.part.name} says: {said or answer.errors.strip()}")
        return said

    def fact(self, section: str, name: str) -> str:
        lines = (line.partition(":") for line in self.tell("INFO", section).splitlines())
        return next((value.strip() for key, _, value in lines if key == name), "")

    def keys(self) -> int:
        """How many keys there are, in all databases."""
        lines = [line for line in self.tell("INFO", "keyspace").splitlines() if line.startswith("db")]
        return sum(int(line.partition("keys=")[2].partition(",")[0]) for line in lines)


@dataclass(frozen=True)
class Keys:
    """How many keys were loaded, in all databases, and of how many the time had passed since."""

    loaded: int
    expired: int


def recover_cache(part: RedisPart, rdb: Path, into: Path) -> int:
    """Make a folder that the cache can be started on, out of a snapshot; returns how many keys it holds.

    Keys whose time has passed since are gone. Raises BackupError when the folder is not empty, the snapshot is damaged,
    or the cache does not come up with what is in it.
    """
    return load(part, rdb, into).loaded


def load(part: RedisPart, rdb: Path, into: Path) -> Keys:
    """The same, with the keys that are gone."""
    if into.exists() and any(into.iterdir()):
        raise BackupError(f"{into} is not empty", hint="A snapshot is only put into a new folder.")
    into.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(rdb, into / "dump.rdb")
    give_all(into, part.account)
    with running(part, into, "no") as copy:
        keys = Keys(copy.keys(), int(copy.fact("persistence", "rdb_last_load_keys_expired") or 0))
        if "aof" in part.persistence:
            copy.tell("CONFIG", "SET", "appendonly", "yes")
            _await(lambda: _is_written(copy), part, "did not write its append-only file")
    if "aof" in part.persistence:
        with running(part, into, "yes") as copy:
            if keys.loaded and not copy.keys():
                raise BackupError(f"{part.name} starts empty, though its snapshot holds {keys.loaded} keys")
    return keys


def _is_written(copy: PrivateCache) -> bool:
    busy = copy.fact("persistence", "aof_rewrite_in_progress"), copy.fact("persistence", "aof_rewrite_scheduled")
    return busy == ("0", "0") and copy.fact("persistence", "aof_last_bgrewrite_status") == "ok"


@contextmanager
def running(part: RedisPart, folder: Path, appendonly: str) -> Iterator[PrivateCache]:
    """A Redis on the folder that has loaded what lies there; gone, cleanly, when the block ends."""
    place = Path(tempfile.mkdtemp(prefix="stackyard-"))
    give_all(place, part.account)
    copy, log = PrivateCache(part, place / "s"), place / "log"
    options = ("--port", "0", "--unixsocket", str(copy.socket), "--unixsocketperm", "700", "--dir", str(folder))
    quiet = ("--appendonly", appendonly, "--save", "", "--dbfilename", "dump.rdb", "--daemonize", "no")
    try:
        with log.open("wb") as sink:
            argv = [part.server, *options, *quiet]
            process = programs.start(argv, part.environment, part.account, folder, stdout=sink, stderr=sink)
        try:
            _await(lambda: process.poll() is not None or _is_loaded(copy), part, "did not come up")
            if process.poll() is not None:
                said = log.read_text(errors="replace").splitlines()[-10:]
                raise BackupError(f"{part.name} does not start on this snapshot", details=said)
            yield copy
        finally:
            programs.end(process)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _is_loaded(copy: PrivateCache) -> bool:
    try:
        return copy.fact("persistence", "loading") == "0"
    except BackupError:  # not yet listening
        return False


def _await(claim: Callable[[], bool], part: RedisPart, otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not claim():
        if time.monotonic() > deadline:
            raise BackupError(f"the copy of {part.name} {otherwise} within {PATIENCE:.0f} seconds")
        time.sleep(_PAUSE)
