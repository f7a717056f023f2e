"""The first moment of a supervisor: its process, free of our terminal, before anybody has waited for it.

Imports as little as it can: `up` does this first of all, and imports the rest while the supervisor does, too.
"""

from __future__ import annotations

import json
import os
import site
import sys
from pathlib import Path

TYPE_CHECKING = False  # as `typing` has it, whose import takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackyard.targets.native.supervisor.status import Mode

FLAGS = ("-S", "-s", "-P")
"""Interpreter flags that skip the work of site-packages; the import path comes in PYTHONPATH."""
_KEPT = ("PATH", "HOME", "TZ")


class Birth:
    """A supervisor process that was begun. `report` is where it will say "ready", or why it is not.

    `owner`, of a foreground supervisor, is our end of the pipe whose end is its own end. `spoken` is how many bytes
    earlier ones have left in the file of its complaints.
    """

    def __init__(self, pid: int, report: int, owner: int | None, spoken: int) -> None:
        self.pid = pid
        self.report = report
        self.owner = owner
        self.spoken = spoken


def begin(folder: Path, mode: Mode, *, revive: bool = False, lives: int = 0) -> Birth:
    """Begin a supervisor for this folder, which must be absolute. Raises OSError.

    In the foreground it lives as long as this process, or until `owner` is closed.
    """
    log = folder / "log"
    log.mkdir(mode=0o700, parents=True, exist_ok=True)
    theirs, ours = os.pipe2(os.O_CLOEXEC) if mode == "foreground" else (None, None)
    report, told = os.pipe2(os.O_CLOEXEC)
    orders = {"folder": str(folder), "mode": mode, "owner": theirs, "report": told, "revive": revive, "lives": lives}
    try:
        words = _open_errors(log / "supervisor.err")
        spoken = os.fstat(words).st_size
        pid = _spawn(json.dumps(orders), words, [one for one in (theirs, told) if one is not None])
    except BaseException:
        for handle in (report, ours):
            if handle is not None:
                os.close(handle)
        raise
    finally:
        for handle in (told, theirs):
            if handle is not None:
                os.close(handle)
    return Birth(pid, report, ours, spoken)


def _spawn(orders: str, words: int, given: list[int]) -> int:
    """Spawn it, with `words` (closed here) for what it prints, and the descriptors `given`; its pid."""
    try:
        for handle in given:
            os.set_inheritable(handle, True)
        return os.posix_spawn(
            sys.executable,
            [sys.executable, *FLAGS, "-m", __package__ or "", orders],
            _environment(),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, words, 1),
                (os.POSIX_SPAWN_DUP2, words, 2),
            ],
            setsid=True,
        )
    finally:
        os.close(words)


def _open_errors(path: Path) -> int:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if os.fstat(handle).st_size > 1024**2:
        os.ftruncate(handle, 0)
    return handle


def _environment() -> Mapping[str, str]:
    root = Path(__file__).parents[4]
    places = [str(root), *site.getsitepackages(), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(dict.fromkeys(filter(None, places))), "LANG": "C.UTF-8"}


def leave_behind(kept: tuple[int | None, ...]) -> None:
    """Close every descriptor that came from whoever began us, but the standard ones and those in `kept`."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names are enough
        handle = int(name)
        if handle > 2 and handle not in kept:
            try:
                os.close(handle)
            except OSError:
                continue  # the one that listed them
