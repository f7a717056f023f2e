"""The backups of a system on Compose: made and looked at in the container that has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from stackyard.backup import drill_report, sets
from stackyard.backup.marks import Mark
from stackyard.backup.sets import BackupSet
from stackyard.operate.compose.running import Running
from stackyard.operate.compose.worker import Worker
from stackyard.targets.compose.layout import Layout

if TYPE_CHECKING:
    from stackyard.backup.drill_report import DrillReport
    from stackyard.backup.events import Tell
    from stackyard.model.system import System


def compose_backups(system: System) -> ComposeBackups:
    """The backups of a system, as its last `up` set them up. Raises StateError."""
    from stackyard.operate.backups import require

    require(system)
    made = ComposeBackups(system, Worker(Running(Layout(system.root, system.environment))))
    made.worker.require()
    return made


@dataclass(frozen=True)
class ComposeBackups:
    """See `Backups` of the verbs for what each member means."""

    system: System
    worker: Worker

    def create(self, tell: Tell) -> BackupSet:
        return _set(self.worker.run(("create",), tell))

    def sets(self) -> tuple[BackupSet, ...]:
        return tuple(_set(one) for one in self.worker.run(("list",)))

    def find(self, name: str) -> BackupSet:
        return _set(self.worker.run(("show", name)))

    def verify(self, name: str, tell: Tell, *, deep: bool) -> BackupSet:
        return _set(self.worker.run(("verify", name, *(("--deep",) if deep else ())), tell))

    def prune(self, tell: Tell, *, dry: bool) -> tuple[str, ...]:
        return tuple(self.worker.run(("prune", *(("--dry-run",) if dry else ())), tell))

    def drill(self, name: str, tell: Tell) -> DrillReport:
        from stackyard.operate.compose.drilling import over_copies

        services = partial(over_copies, self.system, self.worker.running, tell)
        told = self.worker.look({"do": "drill", "set": name}, tell, services)
        return drill_report.from_json(json.dumps({**told, "kept": None, "headline": "", "findings": ()}))

    def mark(self, name: str) -> Mark:
        return Mark(**self.worker.run(("mark", name)))


def _set(told: Mapping[str, Any]) -> BackupSet:
    return sets.from_text(json.dumps(told))
