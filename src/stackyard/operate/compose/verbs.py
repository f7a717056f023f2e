"""The verbs on Docker Compose. Each imports what it needs when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.operate.compose.running import ComposeLogs, Running
from stackyard.targets.compose.layout import Layout
from stackyard.targets.local.state import operation
from stackyard.targets.names import COMPOSE

if TYPE_CHECKING:
    from stackyard.model.system import System
    from stackyard.observe.status import PartStatus, SystemStatus
    from stackyard.observe.view import View
    from stackyard.operate.compose.inside import ComposeInside
    from stackyard.operate.compose.session import ComposeWork
    from stackyard.operate.verbs import Removal
    from stackyard.targets.native.doctor import Check

_PATIENCE = 30.0
"""Seconds that `down` waits for who is at work."""


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

    def status(self) -> SystemStatus:
        return self._running.status()

    def down(self) -> tuple[str, ...]:
        with operation(self.layout.lock_file, "down", patience=_PATIENCE):
            return self._running.down()

    def restart(self, names: tuple[str, ...]) -> tuple[PartStatus, ...]:
        with operation(self.layout.lock_file, "restart"):
            return self._running.restart(names)

    def logs(self) -> ComposeLogs:
        return self._running.logs()

    def removals(self, *, data: bool) -> tuple[Removal, ...]:
        from stackyard.operate.compose.clean import removals

        return removals(self._running, data=data)

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
