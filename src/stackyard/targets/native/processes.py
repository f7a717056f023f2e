"""Starting, restarting, reloading and stopping the processes of a plan, and saying why one would not start."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.errors import PartError
from stackyard.model.system import Redis
from stackyard.plan.step import Step, Verb
from stackyard.targets.native import redis_start
from stackyard.targets.native.program import Program
from stackyard.targets.native.supervisor import spawn
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
        _reload(target, client, program)
        return
    folder = target.layout.work(program.part)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.give(folder)
    if program.part in {resource.name for resource in target.system.resources}:
        resource = target.system.resource(program.part)
        if isinstance(resource, Redis):
            redis_start.load_old_data(target, client, resource, program)
    if step.verb is Verb.START:
        target.started.append(program.id)
    run(client, program, target.layout.log)


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
        details=last_words(log, status.part),
    )


def last_words(log: Path, part: str, count: int = 12) -> tuple[str, ...]:
    """The last lines that a part wrote."""
    try:
        with (log / f"{part}.jsonl").open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - 32_768))
            rows = file.read().decode(errors="replace").splitlines()[1 - count * 3 :]
    except OSError:
        return ()
    said = []
    for row in rows:
        try:
            entry = json.loads(row)
        except ValueError:
            continue
        if entry.get("stream") == "out":
            said.append(str(entry.get("line", "")))
    return tuple(said[-count:])


def _reload(target: NativeTarget, client: Client, program: Program) -> None:
    """nginx takes in a new configuration on HUP, and keeps the old one without a word when it does not like it."""
    environment = {key: "".join(map(str, value)) for key, value in program.env.items()}
    # The test opens the ports, too, so it needs the very privileges that the edge itself was started with.
    check = spawn.command_line(program, (*program.argv, "-t"), environment)
    try:
        found = subprocess.run(
            check,
            env=environment,
            # nginx opens its log by name, which another user's pipe forbids; the null device lets everybody in.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PartError(program.part, "nginx did not judge its new configuration within 30 s") from None
    if found.returncode != 0:
        raise PartError(
            program.part,
            "nginx refuses the new configuration; the old one stays in use",
            details=found.stderr.splitlines()[-6:],
        )
    client.signal(program.id, "HUP")
    running = client.status().program(program.id)
    # The supervisor knows the definition that it started; that this very process has taken in a newer one, we note.
    target.record.note(f"reload:{program.id}", {"pid": str(running and running.pid), **json.loads(program.watch)})
