"""What somebody has done to the supervisor, its guardian or its logs by hand, and how it gets over that."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from stackyard.errors import StateError
from stackyard.targets.native.supervisor import processes
from stackyard.targets.native.supervisor.client import connect, resume
from stackyard.targets.native.supervisor.events import Phase, Restart, State
from stackyard.targets.native.supervisor.logfile import LogFile, encode
from stackyard.targets.native.supervisor.machine import on_event


def state_of(pid: int) -> str:
    found = processes.read(pid)
    return found.state if found else ""


def test_a_stopped_supervisor_is_named_instead_of_waited_for(yard: Any) -> None:
    """TOP-13: no command waits for ever for one that cannot answer, and the next `up` lets it go on."""
    pid = yard.launch().status().pid
    os.kill(pid, signal.SIGSTOP)
    yard.until(lambda: state_of(pid) == "T")
    with pytest.raises(StateError, match=rf"the supervisor is stopped \(pid {pid}\)"):
        connect(yard.folder)
    resume(yard.folder)
    client = connect(yard.folder)
    assert client is not None
    assert client.status().pid == pid


def test_a_stopped_guardian_goes_on_as_well(yard: Any) -> None:
    pid = yard.launch().status().pid
    (guardian,) = [one.pid for one in processes.everybody() if one.parent == pid]
    os.kill(guardian, signal.SIGSTOP)
    yard.until(lambda: state_of(guardian) == "T")
    resume(yard.folder)
    yard.until(lambda: state_of(guardian) == "S")


def test_nothing_is_let_go_on_where_nothing_runs(yard: Any) -> None:
    resume(yard.folder)
    assert connect(yard.folder) is None


def test_a_log_that_was_removed_is_begun_anew(tmp_path: Path) -> None:
    """LOG-01: lines do not go where nobody could ever read them."""
    log = LogFile(tmp_path / "api.jsonl", 10_000, 3)
    log.write(encode("api", "api-1", "out", ["before"], 0.0))
    log.path.unlink()
    log.write(encode("api", "api-1", "out", ["after"], 0.0))
    assert '"line":"after"' in log.path.read_text()
    log.close()


def test_who_restarts_a_crashing_program_is_not_told_of_its_earlier_failures(yard: Any) -> None:
    """TOP-13: `restart` waits for the new start, and gives up only when that fails."""
    crashing = State(program=yard.sh("api", "exit 1"), phase=Phase.READY, pid=7, failures=3)
    after, _, _ = on_event(crashing, Restart(), 0.0)
    assert (after.phase, after.failures) == (Phase.STOPPING, 0)
