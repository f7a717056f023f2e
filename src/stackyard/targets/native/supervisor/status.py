"""What the supervisor answers when it is asked how things are. It crosses the socket as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Mode = Literal["foreground", "detached"]


@dataclass(frozen=True)
class ProgramStatus:
    """One program. `phase` is a word of `events.Phase`; times are seconds of the epoch.

    `fingerprint` is that of the running process, or of the definition when nothing runs. `failures` counts those in a
    row, `restarts` all new starts. `detail` is what the last failing probe said, `last_exit` how it ended last.
    """

    id: str
    part: str
    phase: str
    pid: int | None
    since: float
    restarts: int
    failures: int
    fingerprint: str
    watch: str
    sentence: str
    detail: str
    last_exit: str
    next_run: float | None = None


@dataclass(frozen=True)
class Status:
    """The supervisor and everything that it watches, in the order of definition."""

    pid: int
    mode: Mode
    since: float
    programs: tuple[ProgramStatus, ...]

    def program(self, name: str) -> ProgramStatus | None:
        """The program with this id, or None."""
        return next((found for found in self.programs if found.id == name), None)


def status_from_json(data: Mapping[str, Any]) -> Status:
    """The status that the supervisor sent. Raises KeyError or TypeError on anything else."""
    programs = tuple(ProgramStatus(**one) for one in data["programs"])
    return Status(pid=data["pid"], mode=data["mode"], since=data["since"], programs=programs)
