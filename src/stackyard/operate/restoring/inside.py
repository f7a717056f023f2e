"""`python -m stackyard.operate.restoring.inside JOB.json`: a restore's work where the data is, told from elsewhere.

A target whose data this process cannot reach runs it beside the data. A request comes in as a line of JSON, its verb in
"do"; events and the result go out as `stackyard.backup` writes them, whose commands "run" does. After "hold" more
requests may come, and all of them are done under one lock. A "drill" puts a question of its own, whose answer is a line
more. When whoever asks goes away, it ends.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import Any

import stackyard.backup.__main__
from stackyard.backup import drill, elsewhere, guard, health, store, targets
from stackyard.backup import job as jobs
from stackyard.backup import sets as manifests
from stackyard.backup.events import Event
from stackyard.backup.job import Job
from stackyard.backup.targets import Target
from stackyard.errors import StackyardError
from stackyard.operate.restoring.engine import JobBackups, JobCopies, postgres_part
from stackyard.operate.restoring.timeline import part_ways

Request = Mapping[str, Any]
Answer = Callable[[Job, Request], object]

_TARGETS = (targets.RestorePoint, targets.Time, targets.BeforeTransaction, targets.Lsn, targets.Latest)


def written(target: Target) -> dict[str, object]:
    """A target as JSON has it."""
    return {"kind": type(target).__name__, **asdict(target)}


def target_of(data: Mapping[str, Any]) -> Target:
    """What `written` made. Raises ValueError for anything else."""
    for kind in _TARGETS:
        if data.get("kind") == kind.__name__:
            return kind(**{field.name: data[field.name] for field in fields(kind)})
    raise ValueError(f"{data.get('kind')!r} is no target of a recovery")


class _Caller(threading.Thread):
    """Hears what is asked. When nobody is there any more, work that is under way is interrupted."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._is_idle = True

    def run(self) -> None:
        for line in sys.stdin:
            self._lines.put(line)
        is_busy = not self._is_idle
        self._lines.put("")
        if is_busy:
            os.kill(os.getpid(), signal.SIGINT)

    def next(self) -> Request | None:
        """What is asked next, None when nobody asks any more."""
        self._is_idle = True
        line = self._lines.get()
        self._is_idle = False
        return json.loads(line) if line.strip() else None


def main() -> int:
    """Do what the request says; the exit code is 0 when it was done."""
    job = jobs.from_text(Path(sys.argv[1]).read_text())
    caller = _Caller()
    caller.start()
    try:
        request = caller.next()
        if request is None:
            return 1
        if request["do"] == "hold":
            return _hold(job, caller)
        return _answer(job, request, {**_ANSWERS, "drill": partial(_drill, caller)})
    except KeyboardInterrupt:
        return 1


def _answer(job: Job, request: Request, answers: Mapping[str, Answer]) -> int:
    if request["do"] == "run":
        return stackyard.backup.__main__.main([sys.argv[1], *request["words"]])
    try:
        result = answers[request["do"]](job, request)
    except StackyardError as error:
        return _failed(error.what, error.hint, error.details)
    except OSError as error:
        return _failed(f"{error.filename or 'the system'}: {error.strerror or error}")
    _say({"result": result})
    return 0


def _hold(job: Job, caller: _Caller) -> int:
    """Nobody else works on the backups while requests come."""
    try:
        with JobBackups(job).held(_tell):
            _say({"result": None})
            while (request := caller.next()) is not None:
                _answer(job, request, _ANSWERS)
    except StackyardError as error:
        return _failed(error.what, error.hint, error.details)
    return 0


def _failed(what: str, hint: str = "", details: Sequence[str] = ()) -> int:
    _say({"error": {"what": what, "hint": hint, "details": details}})
    return 1


def _tell(event: Event) -> None:
    _say({"event": asdict(event)})


def _say(told: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _drill(caller: _Caller, job: Job, request: Request) -> object:
    """Whoever asks starts the services: nobody can in here."""

    def ask(question: Mapping[str, Any]) -> Request:
        _say({"question": question})
        told = caller.next()
        if told is None:
            raise KeyboardInterrupt
        return told

    with guard.patient(job, "drill", _tell):
        backup = store.find(job, request["set"])
        return asdict(drill.drill(job, _tell, backup=backup, services=elsewhere.services(ask)))


def _backup(request: Request) -> manifests.BackupSet:
    return manifests.from_text(request["backup"])


def _copies(job: Job, request: Request) -> JobCopies:
    return JobCopies(job, request.get("roots", {}))


def _health(job: Job, _request: Request) -> object:
    known = health.read(job.places.state)
    return None if known is None else health.to_data(known)


def _database(job: Job, request: Request) -> object:
    target, part, place = target_of(request["target"]), request["part"], request["place"]
    made = asdict(_copies(job, request).database(_backup(request), part, target, place, _tell))
    return {**made, "folder": str(made["folder"])}


def _files(job: Job, request: Request) -> object:
    _copies(job, request).files(_backup(request), request["part"], request["place"], _tell)
    return None


def _cache(job: Job, request: Request) -> object:
    return _copies(job, request).cache(_backup(request), request["part"], request["place"], _tell)


def _examine(job: Job, request: Request) -> object:
    copies, part = _copies(job, request), request["part"]
    found = copies.examine(_backup(request), part, request["place"], is_moment=request["is_moment"])
    return [asdict(one) for one in found]


def _part_ways(job: Job, request: Request) -> object:
    return [name for name in request["parts"] if part_ways(job, postgres_part(job, name))]


def _space(job: Job, _request: Request) -> object:
    return shutil.disk_usage(job.scratch).free


_ANSWERS: Mapping[str, Answer] = {
    "sets": lambda job, _: [manifests.to_text(one) for one in JobBackups(job).sets()],
    "left": lambda job, _: JobBackups(job).left(),
    "marks": lambda job, _: [asdict(one) for one in JobBackups(job).marks()],
    "newest": lambda job, request: JobBackups(job).newest(request["part"]),
    "drilled": lambda job, _: JobBackups(job).drilled(),
    "make": lambda job, request: manifests.to_text(JobBackups(job).make(request["kind"], _tell)),
    "push": lambda job, _: JobBackups(job).push(),
    "health": _health,
    "space": _space,
    "part_ways": _part_ways,
    "database": _database,
    "files": _files,
    "cache": _cache,
    "examine": _examine,
    "tables": lambda job, request: _copies(job, request).tables(request["part"], request["place"]),
}


if __name__ == "__main__":
    sys.exit(main())
