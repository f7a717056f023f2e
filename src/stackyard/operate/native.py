"""The verbs on the native target. Each imports what it needs when it is asked for, so that `status` is quick."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.targets.names import NATIVE
from stackyard.targets.native.layout import Layout

if TYPE_CHECKING:
    import re
    from datetime import datetime

    from stackyard.backup.events import Tell as Tidings
    from stackyard.backup.upkeep import Report
    from stackyard.model.system import System
    from stackyard.observe.database import DatabaseStats
    from stackyard.observe.logs import LogLine
    from stackyard.observe.status import PartStatus, SystemStatus
    from stackyard.observe.view import View
    from stackyard.operate.backups import JobBackups
    from stackyard.operate.restoring.effects import Effects
    from stackyard.operate.session import Session
    from stackyard.operate.switching.outcome import Switched, Tell, Wanted
    from stackyard.operate.verbs import Removal, Upgrade
    from stackyard.targets.local.databases import Database
    from stackyard.targets.native.doctor import Check


class NativeVerbs:
    """See `Verbs` for what each member means."""

    name = NATIVE

    def __init__(self, root: Path, environment: str) -> None:
        self.layout = Layout(root, environment)

    def is_running(self) -> bool:
        from stackyard.targets.native.supervisor.client import alive_leases, connect

        return connect(self.layout.folder) is not None or bool(alive_leases(self.layout.folder))

    def end_interrupted(self, command: str) -> str:
        from stackyard.targets.local.folders import restore_file

        if not restore_file(self.layout.folder).exists():
            return ""
        from stackyard.operate.restoring.interrupted import end_interrupted
        from stackyard.operate.restoring.native_places import NativePlaces

        return end_interrupted(self.layout, command, lambda: NativePlaces(self.layout))

    def restoring(self, system: System, *, locked: bool) -> AbstractContextManager[Effects]:
        from stackyard.operate.restoring.native import restoring

        return restoring(system, locked=locked)

    def upgrading(self, system: System, name: str | None) -> AbstractContextManager[Upgrade]:
        from stackyard.operate.upgrading.native import opened

        return opened(system, name)

    def status(self) -> SystemStatus:
        from stackyard.observe.status import read

        return read(self.layout)

    def down(self) -> tuple[str, ...]:
        from stackyard.operate.down import down

        return down(self.layout)

    def restart(self, names: tuple[str, ...]) -> tuple[PartStatus, ...]:
        from stackyard.observe.status import of_program
        from stackyard.operate.restart import restart

        return tuple(of_program(one) for one in restart(self.layout, names))

    def switch_over(self, system: System, wanted: Wanted, tell: Tell) -> Switched:
        from stackyard.operate.switching.forced import force
        from stackyard.operate.switching.native import NativeServers
        from stackyard.operate.switching.planned import switch_over
        from stackyard.targets.local.state import PATIENCE

        with self.begin(system, "switchover", patience=PATIENCE) as session:
            servers = NativeServers(session.target)
            if wanted.forced:
                return force(servers, system, wanted, tell)
            return switch_over(servers, session, wanted, tell)

    def logs(self) -> NativeLogs:
        return NativeLogs(self.layout)

    def removals(self, *, data: bool, backups: bool = False) -> tuple[Removal, ...]:
        from stackyard.operate.clean import removals

        return removals(self.layout, data=data, backups=backups)

    def has_backups(self) -> bool:
        from stackyard.operate.clean import kept_backups

        return kept_backups(self.layout)

    def clean(self, wanted: tuple[Removal, ...]) -> int:
        from stackyard.operate.clean import clean

        return clean(self.layout, wanted)

    def begin(self, system: System, command: str, *, new_ports: bool = False, patience: float = 0.0) -> Session:
        from stackyard.operate.session import Session

        return Session(system, command, new_ports=new_ports, patience=patience)

    def backups(self, system: System) -> JobBackups:
        from stackyard.operate.backups import native_backups

        return native_backups(system)

    def run(self, system: System, service: str, argv: tuple[str, ...], *, owner: bool) -> int:
        from stackyard.operate.run import run

        return run(system, service, argv, owner=owner)

    def database(self, system: System, name: str | None) -> NativeInside:
        from stackyard.operate.databases import database_of

        return NativeInside(database_of(system, name), self.layout)

    def view(self, system: System) -> View:
        from stackyard.observe.native_view import NativeView

        return NativeView(system)

    def examine(self, system: System | None) -> Sequence[Check]:
        from stackyard.targets.native.doctor import examine
        from stackyard.targets.native.inspect import running_ports
        from stackyard.targets.native.supervisor.client import connect

        ours = running_ports(self.layout, connect(self.layout.folder))
        return examine(system, self.layout.root, ours=frozenset(ours))


@dataclass(frozen=True)
class NativeLogs:
    """See `Logs`."""

    layout: Layout

    def parts(self) -> frozenset[str]:
        return frozenset(path.name.split(".")[0] for path in self.layout.log.glob("*.jsonl"))

    def read(
        self, parts: Sequence[str], *, n: int | None, since: datetime | None, grep: re.Pattern[str] | None
    ) -> list[LogLine]:
        from stackyard.observe.logs import read

        return read(self.layout.folder, parts, n=n, since=since, grep=grep)

    def follow(self, parts: Sequence[str], *, grep: re.Pattern[str] | None) -> Iterator[LogLine]:
        from stackyard.observe.logs import follow
        from stackyard.targets.native.supervisor.client import connect

        return follow(self.layout.folder, connect(self.layout.folder), parts, grep=grep)


@dataclass(frozen=True)
class NativeInside:
    """See `Inside`."""

    database: Database
    layout: Layout

    def stats(self) -> DatabaseStats:
        from stackyard.operate.databases import stats

        return stats(self.database)

    def keep_up(self, tell: Tidings, *, dry: bool) -> Report:
        from stackyard.operate.upkeep import keep_up

        data = self.layout.data(self.database.resource.name)
        return keep_up(self.database, self.layout.backups, tell, dry=dry, data=str(data))

    def kept_up(self) -> Report | None:
        from stackyard.observe.upkeep import recorded

        return recorded(self.layout.backups, self.database.resource.name)

    def shell(self, *, writing: bool, arguments: tuple[str, ...]) -> int:
        from stackyard.operate.databases import shell

        return shell(self.database, writing=writing, arguments=arguments)
