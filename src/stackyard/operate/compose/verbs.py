"""The verbs on Docker Compose. Each imports what it needs when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.operate.compose.running import ComposeLogs, Running
from stackyard.targets.compose.layout import Layout
from stackyard.targets.local.state import PATIENCE, operation
from stackyard.targets.names import COMPOSE

if TYPE_CHECKING:
    from stackyard.model.system import System
    from stackyard.observe.status import PartStatus, SystemStatus
    from stackyard.observe.view import View
    from stackyard.operate.compose.inside import ComposeInside
    from stackyard.operate.compose.session import ComposeWork
    from stackyard.operate.restoring.effects import Effects
    from stackyard.operate.switching.outcome import Switched, Tell, Wanted
    from stackyard.operate.verbs import Backups, Removal, Upgrade
    from stackyard.targets.native.doctor import Check


class ComposeVerbs:
    """See `Verbs` for what each member means."""

    name = COMPOSE

    def __init__(self, root: Path, environment: str) -> None:
        self.layout = Layout(root, environment)

    @property
    def _running(self) -> Running:
        return Running(self.layout)

    def is_running(self) -> bool:
        return any(one.status not in ("exited", "created", "dead") for one in self._running.containers())

    def end_interrupted(self, command: str) -> str:
        from stackyard.targets.local.folders import restore_file

        if not restore_file(self.layout.folder, COMPOSE).exists():
            return ""
        from stackyard.operate.compose.restoring_places import ComposePlaces
        from stackyard.operate.restoring.interrupted import end_interrupted

        return end_interrupted(self.layout, command, lambda: ComposePlaces(self.layout))

    def restoring(self, system: System, *, locked: bool) -> AbstractContextManager[Effects]:
        from stackyard.operate.compose.restoring import restoring

        return restoring(system, locked=locked)

    def backups(self, system: System) -> Backups:
        from stackyard.operate.compose.backups import compose_backups

        return compose_backups(system)

    def upgrading(self, system: System, name: str | None) -> AbstractContextManager[Upgrade]:
        from stackyard.operate.compose.upgrading import opened

        return opened(system, name)

    def status(self) -> SystemStatus:
        return self._running.status()

    def down(self) -> tuple[str, ...]:
        with operation(self.layout.lock_file, "down", patience=PATIENCE):
            return self._running.down()

    def restart(self, names: tuple[str, ...]) -> tuple[PartStatus, ...]:
        with operation(self.layout.lock_file, "restart"):
            return self._running.restart(names)

    def switch_over(self, system: System, wanted: Wanted, tell: Tell) -> Switched:
        from stackyard.operate.compose.switching import switch_over

        with self.begin(system, "switchover", patience=PATIENCE) as work:
            return switch_over(work, wanted, tell)

    def logs(self) -> ComposeLogs:
        return self._running.logs()

    def removals(self, *, data: bool, backups: bool = False) -> tuple[Removal, ...]:
        from stackyard.operate.compose.clean import removals

        return removals(self._running, data=data, backups=backups)

    def has_backups(self) -> bool:
        from stackyard.operate.compose.clean import kept

        return kept(self._running)

    def clean(self, wanted: tuple[Removal, ...]) -> int:
        from stackyard.operate.compose.clean import clean

        return clean(self._running, wanted)

    def begin(self, system: System, command: str, *, new_ports: bool = False, patience: float = 0.0) -> ComposeWork:
        from stackyard.operate.compose.session import ComposeWork

        return ComposeWork(system, command, new_ports=new_ports, patience=patience)

    def run(self, system: System, service: str, argv: tuple[str, ...], *, owner: bool) -> int:
        from stackyard.operate.compose.inside import run

        return run(system, service, argv, owner=owner)

    def database(self, system: System, name: str | None) -> ComposeInside:
        from stackyard.operate.compose.inside import database_of

        return database_of(system, name)

    def view(self, system: System) -> View:
        from stackyard.observe.compose_view import ComposeView

        return ComposeView(system)

    def examine(self, system: System | None) -> Sequence[Check]:
        from stackyard.operate.compose.doctor import examine

        return examine(system, self.layout)
