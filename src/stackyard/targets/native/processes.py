"""Starting, restarting, reloading and stopping the processes of a plan, and saying why one would not start."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.errors import PartError
from stackyard.model.system import Postgres, Redis
from stackyard.plan.element import Kind
from stackyard.plan.step import Step, Verb
from stackyard.targets.native import postgres_settings, redis_settings, redis_start, reloading
from stackyard.targets.native.layout import OURS
from stackyard.targets.native.program import Program
from stackyard.targets.native.supervisor.client import Client
from stackyard.targets.native.supervisor.status import ProgramStatus

if TYPE_CHECKING:
    from stackyard.targets.native.target import NativeTarget

GOOD = frozenset({"ready", "done", "waiting"})
PATIENCE = 3
"""Failures in a row after which `up` stops waiting: by then the log has said what is wrong."""


def perform(target: NativeTarget, step: Step) -> None:
    """Start, restart, reload or stop the process of a step. Raises PartError with its last log lines."""
    client = target.client
    assert client is not None
    name = step.element.partition(":")[2]
    if step.verb is Verb.STOP:
        client.stop([[name]])
        return
    program = target.blueprint.programs[step.element]
    if step.verb is Verb.RELOAD:
        reloading.reload(target, client, program)
        return
    folder = target.layout.work(program.part)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.give(folder)
    if program.part in {resource.name for resource in target.system.resources}:
        resource = target.system.resource(program.part)
        if isinstance(resource, Redis) and step.verb is Verb.RESTART:
            redis_settings.complete_log(target, resource)
        if isinstance(resource, Redis):
            redis_start.load_old_data(target, client, resource, program)
        if isinstance(resource, Postgres):
            postgres_settings.forget_overrides(target, resource)
    if step.verb is Verb.START:
        target.begin_anew(step)
        target.started.append(program.id)
    elif _runs_as_defined(client, program):
        # It has read its files before they were put right; the supervisor would see no reason to start it anew.
        client.stop([[program.id]])
    if program.part in OURS:
        # Nobody stands on them: the last look at everything waits for them, too.
        client.start([program])
        return
    run(client, program, target.layout.log)


def _runs_as_defined(client: Client, program: Program) -> bool:
    found = client.status().program(program.id)
    return found is not None and found.pid is not None and found.fingerprint == program.fingerprint()


def start_anew(target: NativeTarget, part: str) -> None:
    """End the process of a part that has one, and start it again. Raises PartError with its last log lines."""
    assert target.client is not None
    target.client.stop([[part]])
    start_again(target, part)


def start_again(target: NativeTarget, part: str) -> None:
    """Start the process of a part that was stopped. Raises PartError with its last log lines."""
    assert target.client is not None
    run(target.client, target.blueprint.programs[f"{Kind.PROCESS}:{part}"], target.layout.log)


def run(client: Client, program: Program, log: Path) -> ProgramStatus:
    """Start a program and wait until it is ready. Raises PartError saying why it is not."""
    client.start([program])
    # The supervisor itself gives up at the start limit of the probe; ours only guards against a silent supervisor.
    (status,) = client.wait([program.id], program.probe.start_timeout + 30, PATIENCE)
    if status.phase not in GOOD:
        raise failure(status, "did not become ready", log)
    return status


def await_all(client: Client, programs: Iterable[Program], log: Path) -> None:
    """Wait until all of them are ready; those that run at times, or once, are left out. Raises PartError."""
    lasting = {one.id: one for one in programs if not one.schedule and one.restart != "never"}
    patience = max((one.probe.start_timeout for one in lasting.values()), default=0.0) + 30
    for status in client.wait(list(lasting), patience, PATIENCE):
        if status.phase not in GOOD:
            raise failure(status, "is not ready", log)


def failure(status: ProgramStatus, what: str, log: Path) -> PartError:
    """Why a program is not as it should be, with its last words; `what` is the verb of the sentence."""
    return PartError(
        status.part,
        f"{status.id} {what}: {status.sentence}",
        hint=f"`stackyard logs {status.part}` shows everything that it said.",
        details=last_words(log, status),
    )


def last_words(log: Path, status: ProgramStatus, count: int = 12) -> tuple[str, ...]:
    """The last lines that a program wrote since it was last started on request."""
    try:
        with (log / f"{status.part}.jsonl").open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - 32_768))
            rows = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ()
    said: list[str] = []
    for row in rows:
        try:
            entry = json.loads(row)
        except ValueError:
            continue  # the first one may be half a line
        if entry.get("id") != status.id:
            continue
        line = str(entry.get("line", ""))
        if entry.get("stream") == "out":
            said.append(line)
        elif line.startswith(f"starting {status.id}"):
            said.clear()
    return tuple(said[-count:])
