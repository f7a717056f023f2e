"""A system in memory that a restore can be carried out on. Every effect is a step, after which the power may go.

What the steps do is real only in their order; what they do to real databases is shown by the end-to-end tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from stackyard.backup.events import Tell
from stackyard.backup.marks import Mark
from stackyard.backup.recover import Recovered
from stackyard.backup.sets import BackupSet, Finding, Kind, Moment, Piece, State
from stackyard.backup.targets import Target
from stackyard.errors import PartError
from stackyard.operate.restoring.effects import Part, Space
from stackyard.operate.restoring.journal import Journal
from stackyard.operate.restoring.plan import Code
from stackyard.operate.restoring.swap import Swap

DB, CACHE = Part("db", "db", "data/db"), Part("cache", "cache", "data/cache")
PHOTOS = Part("photos", "files", "data/photos")
OLD = {"data/db": "old db", "data/cache": "old cache", "data/photos": "old photos"}
NEW = {"data/db": "new db", "data/cache": "new cache", "data/photos": "new photos"}

_HELD = Moment("db", "7", 1, "0/1", "0/5000000", "stackyard-20260303T020000Z", "2026-03-03T02:00:00Z", "16", 1, True)
SET = BackupSet(
    "20260303T020000Z",
    "shop",
    "development",
    Kind.SCHEDULED,
    "2026-03-03T02:00:00Z",
    "2026-03-03T02:00:00Z",
    "2026-03-03T02:00:05Z",
    tuple(
        Piece(part, kind, "a", "", 10, 10, "", 1.0)
        for part, kind in (("db", "base"), ("photos", "objects"), ("cache", "redis"))
    ),
    (_HELD,),
    state=State.VERIFIED,
)


class PowerCutError(BaseException):
    """The process is gone: nothing that it still wanted to do happens."""


@dataclass
class Town:
    """Places with what lies in them. `steps` more effects happen, then the power goes. `broken` names what fails."""

    home: Path
    steps: int = 1000
    broken: frozenset[str] = frozenset()
    places: dict[str, str] = field(default_factory=lambda: dict(OLD))
    runs: bool = True
    done: list[str] = field(default_factory=list)
    ended: str = ""

    @property
    def journal(self) -> Journal:
        return _Counted(self.home, self)

    @property
    def backups(self) -> Town:
        return self

    @property
    def copies(self) -> Town:
        return self

    @property
    def live(self) -> dict[str, str]:
        return {place: what for place, what in self.places.items() if "." not in place}

    def tick(self, what: str) -> None:
        if self.steps == 0:
            raise PowerCutError
        self.steps -= 1
        self.done.append(what)
        if what in self.broken:
            raise PartError("db", f"{what}: it does not work")

    def restart(self) -> None:
        """The machine is on again, and nothing runs."""
        self.steps, self.runs = 1000, False

    # What there is.
    def parts(self) -> tuple[Part, ...]:
        return (DB, CACHE, PHOTOS)

    def is_running(self) -> bool:
        return self.runs

    def is_filled(self, part: Part) -> bool:
        return part.live in self.places

    def answers(self, part: str) -> bool:
        return self.runs and "answer" not in self.broken

    def code(self, part: str) -> Code:
        return Code()

    def space(self) -> Space:
        return Space(10**12, "here")

    def sets(self) -> tuple[BackupSet, ...]:
        return (SET,)

    def left(self) -> dict[str, float]:
        return {}

    def marks(self) -> tuple[Mark, ...]:
        return ()

    def newest(self, part: str) -> str:
        return "2026-03-03T09:00:00Z"

    def drilled(self) -> float:
        return 0.0

    def has_wal(self, part: str) -> bool:
        return True

    def held(self, tell: Tell) -> AbstractContextManager[None]:
        return nullcontext()

    def beside(self, part: Part, kind: str, id: str) -> str:
        return f"{part.live}.{kind}-{id}"

    def leftovers(self) -> tuple[str, ...]:
        return tuple(place for place in self.places if ".restored-" in place)

    def exists(self, place: str) -> bool:
        return place in self.places

    def size(self, place: str) -> int:
        return 10

    # What is done.
    def make(self, kind: str, tell: Tell) -> BackupSet:
        self.tick(f"make {kind}")
        return SET

    def push(self) -> None:
        self.tick("push")

    def database(self, backup: BackupSet, part: str, target: Target, place: str, tell: Tell) -> Recovered:
        self._fill(place, f"half of {part}", f"new {part}")
        return Recovered(Path(place), "2026-03-03T08:59:59Z", "0/6", 2, 1.0, 1.0)

    def files(self, backup: BackupSet, part: str, place: str, tell: Tell) -> None:
        self._fill(place, f"half of {part}", f"new {part}")

    def cache(self, backup: BackupSet, part: str, place: str, tell: Tell) -> int:
        self._fill(place, f"half of {part}", f"new {part}")
        return 3

    def _fill(self, place: str, half: str, whole: str) -> None:
        assert place not in self.places
        self.tick(f"begin {place.partition('.')[0]}")
        self.places[place] = half
        self.tick(f"fill {place.partition('.')[0]}")
        self.places[place] = whole

    def examine(self, backup: BackupSet, part: str, place: str, *, is_moment: bool) -> tuple[Finding, ...]:
        self.tick("examine")
        return (Finding("db", "a page is damaged"),) if "page" in self.broken else ()

    def tables(self, part: str, place: str) -> tuple[str, ...]:
        return ("public.entries",)

    def side_database(self, part: str, place: str, name: str, tell: Tell) -> None:
        self.tick(f"side {name}")

    def move(self, source: str, goal: str) -> None:
        assert not self.runs, "it was moved while it was in use"
        assert goal not in self.places, f"{goal} would have been lost"
        self.tick("move")
        self.places[goal] = self.places.pop(source)

    def remove(self, place: str) -> None:
        assert "." in place
        self.tick("remove")
        del self.places[place]

    def stop(self, parts: Sequence[str]) -> None:
        self.tick("stop")
        self.runs = False

    def renew(self, parts: Sequence[str]) -> None:
        self.tick("renew")

    def start(self) -> None:
        assert set(self.live) == set(OLD), "it was started without its data"
        self.tick("start new" if self.live == NEW else "start old")
        self.runs = True

    def living_tables(self, part: str) -> tuple[str, ...]:
        self.tick("look")
        return () if "tables" in self.broken else ("public.entries",)

    def look(self, part: Part, place: Path) -> str:
        return f"ls {place}"

    def folder(self, into: str) -> Path:
        return Path(into)


class _Counted(Journal):
    """A journal whose every change is a step."""

    def __init__(self, folder: Path, town: Town) -> None:
        super().__init__(folder)
        object.__setattr__(self, "_town", town)

    def write(self, swap: Swap) -> None:
        self._tick(f"note {swap.phase.value}")
        super().write(swap)

    def _write_kept(self, swaps: tuple[Swap, ...]) -> None:
        self._tick("keep")
        super()._write_kept(swaps)

    def drop(self) -> None:
        self._tick("drop")
        super().drop()

    def _tick(self, what: str) -> None:
        self._town.tick(what)  # type: ignore[attr-defined]
