"""What runs beside a system and keeps its backups up to date, until it is told to stop.

It begins what is due (`schedule`), each in a process of its own so that nothing that goes wrong there ends the keeper,
has the changes of databases received (`streams`), and says how all that stands (`health`, `metrics`).
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

from stackyard.backup import guard, health, metrics, schedule, store, upkeep
from stackyard.backup.health import Drilled, Health, Last
from stackyard.backup.job import Job
from stackyard.backup.moments import seconds
from stackyard.backup.niceness import set_back, set_behind
from stackyard.backup.problem import BackupError
from stackyard.backup.sets import BackupSet
from stackyard.backup.streams import Pusher, Receiver, is_to_bridge
from stackyard.backup.upkeep.ages import Ages

_TICK = 1.0
_TELL = 15.0
"""Seconds between two looks at everything."""
_GRACE = 10.0
"""Seconds that a run has to end in when the keeper is stopped."""
_RETRY = 900.0
"""Seconds until an upkeep that could not even be recorded is tried again."""
_ARGUMENTS: Mapping[str, tuple[str, ...]] = {"create": ("--kind", "scheduled"), "upkeep": ("--due",)}


def keep(job: Job, job_file: Path) -> None:
    """Keep the backups until SIGTERM or SIGINT comes."""
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    Keeper(job, job_file).run(ending)


class Keeper:
    """One keeper of one system. `job_file` is what its runs are started with."""

    def __init__(self, job: Job, job_file: Path) -> None:
        self._job, self._job_file = job, job_file
        self._started = time.time()
        self._runs = _remembered(job.places.state)
        self._child: subprocess.Popen[str] | None = None
        self._kind = ""
        self._told = 0.0
        self._receivers = [
            Receiver(job, part, lambda: _id(_good(store.sets(job))), say) for part in job.postgres if part.wal
        ]
        self._known = _Known(job)
        self._ages = Ages(job)
        self._pusher = Pusher(job, lambda: self._child is None and not guard.is_held(job), say)

    def run(self, ending: threading.Event) -> None:
        """Until `ending` is set."""
        self._prepare()
        for receiver in self._receivers:
            receiver.start()
        if self._receivers:
            self._pusher.start()
        self._ages.start()
        say(f"keeping the backups of {self._job.system} ({self._job.environment})")
        try:
            while not ending.wait(_TICK):
                self._tick(time.time())
        finally:
            self._stop()

    def _prepare(self) -> None:
        self._job.places.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        Path(self._job.scratch).mkdir(mode=0o711, parents=True, exist_ok=True)
        for part in self._job.postgres:
            if not part.wal:
                # What nobody receives any more must not be kept for us.
                with contextlib.suppress(BackupError):
                    _drop_slot(part)

    def _tick(self, now: float) -> None:
        if self._child is not None and self._child.poll() is not None:
            self._note_end(now)
        if self._child is None and not guard.is_held(self._job):
            what = self._due(now)
            if what:
                self._begin(what, now)
        if now - self._told >= _TELL or now < self._told:
            self._tell(now)

    def _due(self, now: float) -> str:
        sets = self._known.sets()
        situation = self._situation(sets)
        failed = bool(situation.backup and situation.backup.failures)
        if not failed and is_to_bridge(self._receivers, _good(sets)):
            return "create"
        return schedule.due(now, situation) or ("upkeep" if self._is_upkeep_due(now) else "")

    def _is_upkeep_due(self, now: float) -> bool:
        last = self._runs.get("upkeep")
        if last is not None and last.failures and last.ended <= now < last.ended + _RETRY:
            return False
        return bool(upkeep.due_parts(self._job, now))

    def _situation(self, sets: tuple[BackupSet, ...]) -> schedule.Situation:
        good = _good(sets)
        made = seconds(good.begun) if good else 0.0
        backup, drill = self._runs.get("create"), self._runs.get("drill")
        drilled = self._known.drill()
        if drilled and (drill is None or drilled.ended >= drill.ended > 0):
            drill = Last(drilled.begun, drilled.ended)
        if good and (backup is None or made >= backup.begun):
            # Somebody else may have made one since: then this one counts.
            backup = Last(made, seconds(good.ended))
        return schedule.Situation(
            at=self._job.policy.at,
            drill=self._job.policy.drill,
            started=self._started,
            backup=_run(backup),
            drilled=_run(drill),
            good=made,
        )

    def _begin(self, what: str, now: float) -> None:
        argv = [sys.executable, "-m", "stackyard.backup", str(self._job_file), what, *_ARGUMENTS.get(what, ())]
        say(f"begins: {_NAMES[what]}")
        self._child = subprocess.Popen(
            argv, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL, start_new_session=True
        )
        if what == "create" and schedule.may_wait(_run(self._runs.get(what))):
            set_behind(self._child)
        else:
            # A drill measures how long a restore takes.
            set_back(self._child)
        self._kind = what
        assert self._child.stdout is not None
        self._reader = _Reader(self._child.stdout)
        self._reader.start()
        failures = self._runs[what].failures if what in self._runs else 0
        self._runs[what] = Last(now, 0.0, failures)
        self._tell(now)

    def _note_end(self, now: float) -> None:
        assert self._child is not None
        code, kind = self._child.returncode, self._kind
        self._reader.join(_GRACE)
        if self._child.stdout is not None:
            self._child.stdout.close()
        before = self._runs[kind]
        error = "" if code == 0 else self._reader.error or f"exit code {code}"
        self._runs[kind] = replace(before, ended=now, failures=before.failures + 1 if code else 0, error=error)
        say(f"done: {_NAMES[kind]}" if code == 0 else f"failed: {_NAMES[kind]}: {error}")
        self._child = None
        self._tell(now)

    def _tell(self, now: float) -> None:
        self._told = now
        state = self._health(now)
        runs = {kind: asdict(run) for kind, run in self._runs.items()}
        try:
            store.write(self._job.places.state, json.dumps({"runs": runs, "health": health.to_data(state)}, indent=1))
            store.write(self._job.places.metrics, metrics.text(state) + upkeep.figures(self._job, self._ages.known))
        except BackupError as error:
            say(error.what)

    def _health(self, now: float) -> Health:
        sets = self._known.sets()
        situation = self._situation(sets)
        return Health(
            seen=now,
            offsite=self._job.offsite is not None,
            rpo=self._job.policy.rpo,
            wal=bool(self._receivers),
            pushed=self._pusher.pushed,
            push_error=self._pusher.error,
            under_way=self._kind if self._child else "",
            next_backup=schedule.next_backup(now, situation),
            next_drill=schedule.next_drill(now, situation),
            runs=self._runs,
            streams=tuple(one.stream for one in self._receivers),
            drill=self._known.drill(),
            **health.of_sets(sets),
        )

    def _stop(self) -> None:
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()
        threads: list[Receiver | Pusher | Ages] = [*self._receivers, self._pusher, self._ages]
        for thread in threads:
            thread.end()
        for thread in threads:
            if thread.is_alive():
                thread.join(_GRACE)
        if self._child is not None:
            try:
                self._child.wait(_GRACE)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
            self._note_end(time.time())


_NAMES = {"create": "backup", "drill": "drill", "upkeep": "upkeep"}


class _Reader(threading.Thread):
    """Reads what a run says, a line of JSON each, and keeps why it failed."""

    def __init__(self, lines: IO[str]) -> None:
        super().__init__(daemon=True)
        self._lines = lines
        self.error = ""

    def run(self) -> None:
        for line in self._lines:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                self.error = str(json.loads(line)["error"]["what"])


class _Known:
    """The sets and the last drill, read again only when something in their folders was written."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._sets: tuple[int, tuple[BackupSet, ...]] = (-1, ())
        self._drill: tuple[int, Drilled | None] = (-1, None)

    def sets(self) -> tuple[BackupSet, ...]:
        written = _written(self._job.places.sets)
        if written != self._sets[0]:
            self._sets = (written, store.sets(self._job))
        return self._sets[1]

    def drill(self) -> Drilled | None:
        written = _written(self._job.places.drills)
        if written != self._drill[0]:
            self._drill = (written, _last_drill(self._job))
        return self._drill[1]


def _written(folder: Path) -> int:
    """When a file in the folder was last put in place or removed, in nanoseconds; 0 without a folder."""
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def say(line: str) -> None:
    """One line for the log."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _good(sets: tuple[BackupSet, ...]) -> BackupSet | None:
    return next((one for one in sets if one.is_good), None)


def _id(backup: BackupSet | None) -> str:
    return backup.id if backup else ""


def _run(last: Last | None) -> schedule.Run | None:
    return schedule.Run(last.begun, last.ended, last.failures) if last else None


def _remembered(state: Path) -> dict[str, Last]:
    """The last runs, as an earlier keeper left them; one that was cut off has failed."""
    try:
        told: Any = json.loads(state.read_text())["runs"]
        runs = {kind: Last(**run) for kind, run in told.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {
        kind: run if run.ended else replace(run, ended=run.begun, failures=run.failures + 1, error="it was cut off")
        for kind, run in runs.items()
    }


def _drop_slot(part: Any) -> None:
    from stackyard.backup.receive import drop_slot

    drop_slot(part)


def _last_drill(job: Job) -> Drilled | None:
    from stackyard.backup.drill import last_drill

    report = last_drill(job)
    if report is None:
        return None
    lost = -1.0 if report.rpo is None else report.rpo
    return Drilled(seconds(report.begun), seconds(report.ended), report.kept, report.rto, lost)
