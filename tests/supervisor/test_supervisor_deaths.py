"""The supervisor is killed: nothing is left in the foreground, everything goes on behind `up -d`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from stackyard.targets.native.supervisor import leases, processes
from stackyard.targets.native.supervisor.client import alive_leases, connect


def guardian_of(pid: int) -> int | None:
    children = [process.pid for process in processes.everybody() if process.parent == pid and process.is_alive]
    return next((one for one in children if b".guardian" in words_of(one)), None)


def words_of(pid: int) -> bytes:
    """The command line of a process, empty when it has just ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_killed_in_the_foreground_it_leaves_no_orphan(yard: Any) -> None:
    client = yard.launch("foreground")
    deaf = "import signal,time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(1000)"
    client.start([yard.sh("a", "sleep 1000 & exec sleep 1000"), yard.python("deaf", deaf, stop_grace=60)])
    yard.ready(client, "a", "deaf")
    mine = [process.pid for found in processes.marked(yard.places.mark).values() for process in found]
    assert len(mine) == 3
    pid = client.status().pid
    yard.until(lambda: guardian_of(pid))
    killed = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    yard.until(lambda: not any(map(yard.is_alive, mine)), 5.0)
    assert time.monotonic() - killed < 5
    yard.until(lambda: "the supervisor was killed; ended 3 processes" in yard.log("supervisor"))
    assert connect(yard.folder) is None


def test_a_new_start_waits_until_the_guardian_of_a_killed_one_has_cleaned_up(yard: Any) -> None:
    client = yard.launch("foreground")
    deaf = "import signal,time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf')\ntime.sleep(1000)"
    client.start([yard.python("deaf", deaf)])
    pid = yard.ready(client, "deaf")["deaf"]
    yard.until(lambda: '"line":"deaf"' in yard.log("deaf"))
    os.kill(client.status().pid, signal.SIGKILL)
    assert yard.launch("foreground").status().programs == ()
    assert not yard.is_alive(pid)


def test_in_the_foreground_everything_ends_with_the_command_that_started_it(yard: Any) -> None:
    code = f"""
import os, signal
from pathlib import Path
from stackyard.targets.native.program import Program
from stackyard.targets.native.supervisor.client import launch
client = launch(Path({str(yard.folder)!r}), "foreground")
client.start([Program("a", "a", ("sleep", "1000"), "/tmp")])
print(client.wait(["a"], 5)[0].pid, client.status().pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    words = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=20).stdout
    pid, supervisor = map(int, words.split())
    yard.until(lambda: not yard.is_alive(pid) and not yard.is_alive(supervisor))
    assert "the command that started this has ended; stopping everything" in yard.log("supervisor")


def test_killed_behind_up_d_its_successor_adopts_every_process_and_no_line_is_lost(yard: Any) -> None:
    client = yard.launch()
    count = "import time\nfor i in range(100000):\n    print(f'line {i}.'); time.sleep(0.0005)"
    more = [yard.sh(f"p{i}", "exec sleep 1000") for i in range(4)]
    client.start([yard.python("count", count), *more])
    pids = yard.ready(client, "count", "p0", "p1", "p2", "p3")
    old = client.status()
    os.kill(old.pid, signal.SIGKILL)
    client = yard.successor(old.pid)
    assert yard.ready(client, *pids) == pids
    new = client.status()
    assert [one.id for one in new.programs] == [one.id for one in old.programs]
    assert all(abs(a.since - b.since) < 0.1 for a, b in zip(new.programs, old.programs, strict=True))
    before = yard.log("count").count("\n")
    yard.until(lambda: yard.log("count").count("\n") > before + 200)
    client.stop([["count"]])
    lines = [json.loads(line)["line"] for line in yard.log("count").splitlines() if '"stream":"out"' in line]
    numbers = [int(line[5:-1]) for line in lines if line.startswith("line ") and line.endswith(".")]
    assert set(numbers) == set(range(max(numbers) + 1))
    assert len(numbers) - len(set(numbers)) < 50


def test_a_storm_of_kills_ends_with_the_same_processes(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh("a", "exec sleep 1000"), yard.sh("b", "exec sleep 1000")])
    pids = yard.ready(client, "a", "b")
    for _ in range(4):
        pid = client.status().pid
        yard.until(lambda pid=pid: guardian_of(pid))
        os.kill(pid, signal.SIGKILL)
        client = yard.successor(pid)
    assert yard.ready(client, "a", "b") == pids


def test_a_killed_guardian_is_replaced(yard: Any) -> None:
    client = yard.launch("foreground")
    pid = client.status().pid
    first = yard.until(lambda: guardian_of(pid))
    os.kill(first, signal.SIGKILL)
    yard.until(lambda: guardian_of(pid) not in (first, None))
    assert "the guardian ended (code -9); starting another one" in yard.log("supervisor")
    client.release()


def test_with_both_killed_the_next_supervisor_adopts_what_runs_and_starts_nothing_by_itself(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh("a", "exec sleep 1000"), yard.sh("b", "exec sleep 1000")])
    pids = yard.ready(client, "a", "b")
    pid = client.status().pid
    os.kill(yard.until(lambda: guardian_of(pid)), signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    os.kill(pids["b"], signal.SIGKILL)
    yard.until(lambda: not yard.is_alive(pid) and not yard.is_alive(pids["b"]))
    assert [lease.id for lease in alive_leases(yard.folder)] == ["a"]
    client = yard.launch()
    assert [(one.id, one.phase, one.pid) for one in client.status().programs] == [
        ("a", "ready", pids["a"]),
        ("b", "stopped", None),
    ]


def test_what_died_while_nobody_watched_is_started_again_by_the_successor(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh("a", "exec sleep 1000"), yard.sh("job", "true", restart="never")])
    pid = yard.ready(client, "a")["a"]
    assert client.wait(["job"], 5)[0].phase == "done"
    old = client.status().pid
    os.kill(old, signal.SIGSTOP)
    os.kill(pid, signal.SIGKILL)
    os.kill(old, signal.SIGKILL)
    client = yard.successor(old)
    again = yard.until(lambda: yard.one(client, "a").pid)
    assert again != pid
    assert yard.one(client, "a").phase in ("starting", "ready")
    assert yard.one(client, "job").phase == "done"


def test_a_reused_pid_is_never_mistaken_for_a_program(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh("a", "exec sleep 1000")])
    yard.ready(client, "a")
    client.shutdown(stop_programs=False)
    lease = leases.read(yard.folder, "a")
    assert lease is not None
    os.kill(lease.pid, signal.SIGKILL)
    with subprocess.Popen(["sleep", "1000"], start_new_session=True) as stranger:
        leases.write(yard.folder, leases.Lease(**{**lease.__dict__, "pid": stranger.pid}))
        assert alive_leases(yard.folder) == []
        client = yard.launch()
        assert yard.one(client, "a").pid is None
        client.shutdown(stop_programs=True)
        assert stranger.poll() is None
        stranger.kill()


def test_a_supervisor_that_leaves_its_programs_is_followed_by_one_that_takes_them(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh("a", "exec sleep 1000")])
    pids = yard.ready(client, "a")
    client.shutdown(stop_programs=False)
    assert yard.is_alive(pids["a"])
    assert yard.ready(yard.launch(), "a") == pids


def test_an_adopted_process_that_dies_is_started_again(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh("a", "echo here; exec sleep 1000")])
    pid = yard.ready(client, "a")["a"]
    client.shutdown(stop_programs=False)
    client = yard.launch()
    os.kill(pid, signal.SIGKILL)
    yard.until(lambda: yard.one(client, "a").pid not in (pid, None))
    assert yard.ready(client, "a")["a"] != pid
    assert "a ended (its exit code is unknown) after" in yard.log("a")


def test_a_process_without_its_lease_is_found_by_its_mark(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh("a", "exec sleep 1000")])
    pids = yard.ready(client, "a")
    client.shutdown(stop_programs=False)
    leases.remove(yard.folder, "a")
    assert yard.ready(yard.launch(), "a") == pids


def test_sigterm_ends_everything_gracefully(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh("a", "trap 'echo goodbye; exit' TERM; echo up; sleep 1000 & wait")])
    pid = yard.ready(client, "a")["a"]
    yard.until(lambda: "up" in yard.log("a"))
    supervisor = client.status().pid
    guardian = yard.until(lambda: guardian_of(supervisor))
    os.kill(supervisor, signal.SIGTERM)
    yard.until(lambda: not any(map(yard.is_alive, (pid, supervisor, guardian))))
    assert "goodbye" in yard.log("a")
    assert "received SIGTERM; stopping everything" in yard.log("supervisor")


def test_a_daemon_left_by_a_dead_program_is_ended_by_the_successor_and_not_adopted(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh("a", "setsid sleep 1000 & echo up; wait")])
    pid = yard.ready(client, "a")["a"]
    yard.until(lambda: len(processes.marked(yard.places.mark)["a"]) == 2)
    (daemon,) = (one.pid for one in processes.marked(yard.places.mark)["a"] if one.pid != pid)
    client.shutdown(stop_programs=False)
    os.kill(pid, signal.SIGKILL)
    yard.until(lambda: not yard.is_alive(pid))
    client = yard.launch()
    assert yard.one(client, "a").phase == "stopped"
    yard.until(lambda: not yard.is_alive(daemon))
