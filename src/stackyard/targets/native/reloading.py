"""Having nginx take in new files without a restart, and knowing that it has.

nginx reads its files when it starts and on HUP, and then forks new workers. It keeps the old files without a word when
it does not like the new ones, and nobody can ask it which it has read. But a worker that is older than the last change
of the files cannot have been made from them.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.errors import PartError
from stackyard.model.system import System
from stackyard.targets.names import EDGE
from stackyard.targets.native.layout import Layout
from stackyard.targets.native.program import Program
from stackyard.targets.native.supervisor import processes, spawn
from stackyard.targets.native.supervisor.client import Client

if TYPE_CHECKING:
    from stackyard.targets.native.target import NativeTarget

_PATIENCE = 10.0
"""Seconds until the new workers serve; the old ones are told a tenth of a second later."""
_LEAVING = b"shutting down"
_TICK = 1 / os.sysconf("SC_CLK_TCK")
_COARSE = 2 * _TICK
"""Seconds by which the kernel's stamps of files and processes may differ."""


def reload(target: NativeTarget, client: Client, program: Program) -> None:
    """Test the files, have nginx take them in, and wait until it has. Raises PartError."""
    code, words = test(program)
    if code != 0:
        raise PartError(
            program.part, "nginx refuses the new configuration; the old one stays in use", details=words[-6:]
        )
    client.signal(program.id, "HUP")
    running = client.status().program(program.id)
    if running is None:
        return
    if running.pid is not None:
        _await_workers(target, program, running.pid)
    # The supervisor knows the definition that it started. That a newer one was taken in over it, we note; a process
    # that it starts again reads the newer files anyway.
    target.record.note(f"reload:{program.id}", {"over": running.watch, **json.loads(program.watch)})


def test(program: Program) -> tuple[int, tuple[str, ...]]:
    """nginx's own test of the files that the program would read: its exit code, and what it says.

    Raises PartError when it says nothing within half a minute.
    """
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
        raise PartError(program.part, "nginx did not judge its configuration within 30 s") from None
    return found.returncode, tuple(found.stderr.splitlines())


def is_taken_in(system: System, layout: Layout, pid: int) -> bool:
    """Whether every worker of the nginx with that pid was made after its files, certificate and key were changed.

    Workers that only finish what they have do not count. Where there is no worker to be seen, nothing speaks against.
    """
    changed = _last_change(system, layout)
    return all(_started(worker) + _COARSE >= changed for worker in workers(pid))


def workers(pid: int) -> tuple[int, ...]:
    """The workers of an nginx that take requests."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return ()
    return tuple(int(child) for child in children if _LEAVING not in _words(int(child)))


def _await_workers(target: NativeTarget, program: Program, pid: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not is_taken_in(target.system, target.layout, pid):
        if time.monotonic() > deadline:
            raise PartError(
                program.part,
                f"nginx has not taken in its new configuration within {_PATIENCE:.0f} s",
                hint="`stackyard restart edge` starts it anew.",
            )
        time.sleep(0.01)


def _last_change(system: System, layout: Layout) -> float:
    """When a file was last changed, in seconds since 1970.

    Of the configuration any change counts, for the time of writing can be set back; of certificates only writing does:
    which one is served can be seen.
    """
    own = system.edge
    rendered = [path.stat().st_ctime for path in layout.etc(EDGE).glob("[!.]*") if path.is_file()]
    pair = ((own and own.certificate) or layout.certificate(EDGE), (own and own.key) or layout.key(EDGE))
    return max([0.0, *rendered, *_written(pair)])


def _written(files: Iterable[Path]) -> list[float]:
    return [path.stat().st_mtime for path in files if path.is_file()]


def _started(pid: int) -> float:
    """When a process was started, in seconds since 1970; now for one that has ended meanwhile."""
    found = processes.read(pid)
    now = time.time()
    return now if found is None else now - (time.clock_gettime(time.CLOCK_BOOTTIME) - found.started * _TICK)


def _words(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return _LEAVING
