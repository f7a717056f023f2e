"""The system on this machine, as an upgrade stops, moves and starts it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.errors import MachineError
from stackyard.model.system import System
from stackyard.operate.restoring.native_places import NativePlaces
from stackyard.operate.upgrading import safety
from stackyard.operate.upgrading.versions import as_in_place, of_version
from stackyard.targets.native.layout import Layout

if TYPE_CHECKING:
    from stackyard.backup.events import Tell


class NativeGround(NativePlaces):
    """See `Ground` for what each member means. The caller holds the lock of operations."""

    def __init__(self, system: System) -> None:
        super().__init__(Layout(system.root, system.environment))
        self.system = system

    def live(self, part: str) -> str:
        return str(self.layout.data(part))

    def seat(self, part: str, version: int) -> str:  # noqa: ARG002 - a folder takes any version
        return self.live(part)

    def beside(self, part: str, kind: str, id: str) -> str:
        return f"{self.live(part)}.{kind}-{id}"

    @contextmanager
    def scratch(self, place: str) -> Iterator[Path]:
        folder = Path(place)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def start(self) -> None:
        from stackyard.operate.apply import Progress
        from stackyard.operate.session import Session
        from stackyard.operate.up import up

        def silent(_: Progress) -> None:
            """The steps of `up` are part of ours."""

        # A fresh look at the machine, under the lock that is held already.
        up(Session(_as_in_place(self.system, self.layout), "upgrade"), detached=True, tell=silent)

    def make_safe(self, tell: Tell) -> tuple[str, tuple[str, ...]]:
        return safety.make_safe(self.system, partial(self._make_set, tell), tell, is_running=self.is_running())

    def make_new(self, tell: Tell) -> tuple[str, tuple[str, ...]]:
        return safety.make_new(self.system, partial(self._make_set, tell), tell)

    def _make_set(self, tell: Tell, kind: str) -> str:
        from stackyard.operate.restoring.engine import JobBackups
        from stackyard.operate.restoring.native import job_of

        return JobBackups(job_of(_as_in_place(self.system, self.layout))).make(kind, tell).id


def _as_in_place(system: System, layout: Layout) -> System:
    return as_in_place(system, lambda one: of_version(one, version_of(layout.data(one.name))))


def version_of(data: Path) -> int:
    """The major version that the data is of, 0 where there is none. Raises MachineError where we may not look."""
    try:
        return int((data / "PG_VERSION").read_text())
    except (FileNotFoundError, ValueError):
        return 0
    except PermissionError:
        raise MachineError(
            f"the data in {data} belongs to another user", hint="Run stackyard as the user who made it."
        ) from None
