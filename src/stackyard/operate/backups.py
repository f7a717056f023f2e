"""The backups of a system whose job this process can do itself: it has the programs, the sockets and the secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stackyard.backup import job as jobs
from stackyard.errors import StateError
from stackyard.targets.native.layout import KEEPER, Layout

if TYPE_CHECKING:
    from pathlib import Path

    from stackyard.backup.drill_report import DrillReport
    from stackyard.backup.events import Tell
    from stackyard.backup.job import Job
    from stackyard.backup.marks import Mark
    from stackyard.backup.sets import BackupSet
    from stackyard.model.system import System


def native_backups(system: System) -> JobBackups:
    """The backups of a system on this machine, as its last `up` described them. Raises StateError, MachineError.

    Where that description was cleaned away it is made again, which may fetch a tool.
    """
    require(system)
    layout = Layout(system.root, system.environment)
    file = layout.etc(KEEPER) / "job.json"
    if not file.exists() and layout.backups.is_dir():
        from stackyard.operate.restoring.native import job_of

        return JobBackups(job_of(system))
    return JobBackups(_job(file, system))


def require(system: System) -> None:
    """Raises StateError for a system whose stack file asks for no backups."""
    if system.backups is None:
        raise StateError(
            f"{system.file}: the stack file asks for no backups",
            hint="Write `backups: {}`, and `stackyard up`; `stackyard explain backups` says what can be in it.",
        )


def _job(file: Path, system: System) -> Job:
    try:
        return jobs.from_text(file.read_text())
    except FileNotFoundError:
        raise StateError(
            f"{system.name} was never brought up with backups ({system.environment})",
            hint="`stackyard up` has them made from then on.",
        ) from None
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise StateError(f"{file} cannot be read: {error}", hint="`stackyard up` writes it anew.") from None


@dataclass(frozen=True)
class JobBackups:
    """See `Backups` for what each member means."""

    job: Job

    def create(self, tell: Tell) -> BackupSet:
        from stackyard.backup.create import create
        from stackyard.backup.guard import patient
        from stackyard.backup.sets import Kind

        with patient(self.job, "backup", tell):
            return create(self.job, kind=Kind.MANUAL, tell=tell)

    def sets(self) -> tuple[BackupSet, ...]:
        from stackyard.backup import store

        return store.sets(self.job)

    def find(self, name: str) -> BackupSet:
        from stackyard.backup import store

        return store.find(self.job, name)

    def verify(self, name: str, tell: Tell, *, deep: bool) -> BackupSet:
        from stackyard.backup.guard import patient
        from stackyard.backup.verify import verify

        with patient(self.job, "verification", tell):
            return verify(self.job, self.find(name), tell, deep=deep)

    def prune(self, tell: Tell, *, dry: bool) -> tuple[str, ...]:
        from stackyard.backup.guard import patient
        from stackyard.backup.prune import prune

        with patient(self.job, "pruning", tell):
            return tuple(one.id for one in prune(self.job, tell, dry=dry))

    def drill(self, name: str, tell: Tell) -> DrillReport:
        from stackyard.backup.drill import drill
        from stackyard.backup.guard import patient

        with patient(self.job, "drill", tell):
            return drill(self.job, tell, backup=self.find(name))

    def mark(self, name: str) -> Mark:
        from stackyard.backup.marks import mark

        return mark(self.job, name)
