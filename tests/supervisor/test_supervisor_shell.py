"""The supervisor with real processes: order, backoff, ends that leave nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from stackyard.errors import StateError
from stackyard.targets.native.program import Program, ProgramProbe, SecretPiece
from stackyard.targets.native.supervisor.client import alive_leases, connect

PORT = 21210
SERVE = """
import http.server, sys
status = int(sys.argv[2]) if len(sys.argv) > 2 else 200
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(status); self.send_header("X-Host", self.headers["Host"]); self.end_headers()
    def log_message(self, *a): print("asked", self.path, self.headers["Host"])
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


def server(yard: Any, status: int = 200, **more: Any) -> Program:
    probe = ProgramProbe("http", f"127.0.0.1:{PORT}", path="/health", host="inventr.localhost", interval=0.1)
    program: Program = yard.python("api", SERVE, ports=(PORT,), probe=probe)
    values = {"argv": (*program.argv, str(PORT), str(status))} | more
    return Program(**{**program.__dict__, **values})


def test_programs_start_become_ready_and_stop_leaving_nothing(yard: Any) -> None:
    client = yard.launch()
    client.start([server(yard), yard.sh("worker", "exec sleep 1000")])
    pids = yard.ready(client, "api", "worker")
    assert {lease.id: lease.pid for lease in alive_leases(yard.folder)} == pids
    client.stop([["worker"], ["api"]])
    assert not any(map(yard.is_alive, pids.values()))
    assert client.status().programs == ()
    lines = yard.log("supervisor")
    assert lines.index("worker is stopped") < lines.index("stopping api")
    client.shutdown(stop_programs=True)
    assert connect(yard.folder) is None
    assert [path.name for path in yard.places.run.rglob("*") if path.is_file()] == ["lock"]


def test_a_probe_asks_with_the_host_of_the_program(yard: Any) -> None:
    client = yard.launch()
    client.start([server(yard)])
    yard.ready(client, "api")
    # What a program prints is on its way for up to a hundredth of a second.
    yard.until(lambda: "asked /health inventr.localhost" in yard.log("api"))


def test_wait_returns_the_moment_a_program_is_ready(yard: Any) -> None:
    client = yard.launch()
    probe = ProgramProbe("file", path=f"{yard.folder}/here", starting_interval=0.01)
    script = f"cd {yard.folder}; sleep 0.3; date +%s%N > when; touch here; exec sleep 100"
    client.start([yard.sh("worker", script, probe=probe)])
    yard.ready(client, "worker")
    late = time.time() - int((yard.folder / "when").read_text()) / 1e9
    assert late < 0.2


def test_a_crashing_program_is_tried_eight_times_and_then_left_alone(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh("api", "echo trying; exit 3")])
    (patient,) = client.wait(["api"], timeout=10, patience=3)
    assert (patient.phase, patient.failures) == ("backoff", 3)
    assert re.fullmatch(
        r"api exited with code 3 after 0\.\d s; starting it again in 0\.[345] s \(failure 3 of 8\)", patient.sentence
    )
    (given_up,) = client.wait(["api"], timeout=20)
    assert given_up.phase == "failed"
    assert given_up.sentence.endswith("giving up after 8 failures in a row")
    assert yard.log("api").count('"line":"trying"') == 8


def test_a_program_that_does_not_become_healthy_says_what_it_answered(yard: Any) -> None:
    client = yard.launch()
    probe = ProgramProbe("http", f"127.0.0.1:{PORT}", path="/health", start_timeout=1.0)
    client.start([server(yard, 503, probe=probe)])
    (found,) = client.wait(["api"], timeout=10, patience=1)
    assert "did not become healthy within 1 s: GET /health answered 503; starting it again in" in found.sentence
    assert found.last_exit == "was ended by SIGKILL"


def test_a_stubborn_program_is_killed_after_its_grace(yard: Any) -> None:
    client = yard.launch()
    code = "import signal,time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf')\ntime.sleep(1000)"
    client.start([yard.python("api", code, stop_grace=0.3)])
    pid = yard.ready(client, "api")["api"]
    yard.until(lambda: "deaf" in yard.log("api"))
    client.stop([["api"]])
    assert not yard.is_alive(pid)
    assert "api did not end within 0.3 s of SIGTERM; killing it" in yard.log("api")


def test_a_daemon_that_slips_away_ends_with_its_program(yard: Any) -> None:
    client = yard.launch()
    code = f"""
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        null = os.open("/dev/null", os.O_RDWR)
        for number in (0, 1, 2): os.dup2(null, number)
        open("{yard.folder}/daemon", "w").write(str(os.getpid()))
        time.sleep(1000)
    os._exit(0)
time.sleep(1000)
"""
    client.start([yard.python("api", code, stop_grace=0.3)])
    yard.ready(client, "api")
    daemon = int(yard.until(lambda: (file := yard.folder / "daemon").exists() and file.read_text()))
    assert os.getsid(daemon) != client.status().program("api").pid
    client.stop([["api"]])
    assert not yard.is_alive(daemon)


def test_what_a_crashed_leader_leaves_is_ended_before_the_next_start(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh("api", "sleep 1000 & echo child $!; wait")])
    pid = yard.ready(client, "api")["api"]
    child = int(yard.until(lambda: re.search(r"child (\d+)", yard.log("api")))[1])
    os.kill(pid, signal.SIGKILL)
    yard.until(lambda: yard.one(client, "api").pid not in (pid, None))
    assert not yard.is_alive(child)
    assert "api was ended by SIGKILL after" in yard.log("api")


def test_a_taken_port_is_named_with_its_owner_and_not_tried_for_ever(yard: Any) -> None:
    with socket.create_server(("127.0.0.1", PORT)):
        client = yard.launch()
        client.start([server(yard)])
        (found,) = client.wait(["api"], timeout=5)
    assert found.phase == "failed"
    name = Path(f"/proc/{os.getpid()}/comm").read_text().strip()
    assert found.sentence == f"api cannot start: port {PORT} is held by {name} (pid {os.getpid()}, {Path.cwd()})"


@pytest.mark.parametrize(
    ("argv", "cwd", "cause"),
    [
        (("/no/such/binary",), "/tmp", "there is no program /no/such/binary"),
        (("no-such-binary",), "/tmp", "there is no program no-such-binary"),
        (("true",), "/no/such/folder", "/no/such/folder: No such file or directory"),
        (("true", "a\0b"), "/tmp", "its command or environment is not valid: embedded null byte"),
    ],
)
def test_what_cannot_start_says_why(yard: Any, argv: tuple[str, ...], cwd: str, cause: str) -> None:
    client = yard.launch()
    client.start([Program("api", "api", argv, cwd)])
    (found,) = client.wait(["api"], timeout=5)
    assert (found.phase, found.sentence) == ("failed", f"api cannot start: {cause}")


def test_the_environment_is_exactly_the_one_of_the_program(yard: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INHERITED", "no")
    client = yard.launch()
    client.start([Program("api", "api", ("env",), "/tmp", env={"MINE": ("a", "b")}, restart="never")])
    (found,) = client.wait(["api"], timeout=5)
    assert found.phase == "done"
    variables = set(re.findall(r'"line":"(\w+=[^"]*)"', yard.log("api")))
    assert variables == {
        "MINE=ab",
        "HOME=/tmp",
        "LANG=C.UTF-8",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        f"STACKYARD_PROGRAM={yard.places.mark}/api",
    }


def test_secrets_reach_the_process_and_no_file_or_command_line(yard: Any) -> None:
    """SEC-01: never in a rendered file, log or process list."""
    secret = yard.folder / "secret"
    secret.write_text("s3cr/t word\n")
    url = ("redis://:", SecretPiece(str(secret), quoted=True), "@localhost")
    env = {"PASSWORD": (SecretPiece(str(secret)),), "URL": url}
    code = "import os,time\nprint(len(os.environ['PASSWORD']), os.environ['URL'].count('%'))\ntime.sleep(1000)"
    client = yard.launch()
    client.start([yard.python("api", code, env=env)])
    pid = yard.ready(client, "api")["api"]
    yard.until(lambda: '"line":"11 2"' in yard.log("api"))  # as in the file, without its end of line; %2F and %20
    assert b"URL=redis://:s3cr%2Ft%20word@localhost\0" in Path(f"/proc/{pid}/environ").read_bytes()
    for path in (path for path in yard.folder.rglob("*") if path.is_file() and path != secret):
        assert b"s3cr" not in path.read_bytes(), path
    assert b"s3cr" not in Path(f"/proc/{pid}/cmdline").read_bytes()


def test_a_missing_secret_is_a_sentence(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh("api", "exit", env={"X": (SecretPiece("/no/secret"),)})])
    (found,) = client.wait(["api"], timeout=5)
    assert found.sentence == "api cannot start: the secret /no/secret cannot be read: No such file or directory"


def test_a_restart_gives_a_new_process_and_a_signal_reaches_the_leader(yard: Any) -> None:
    client = yard.launch()
    code = """
import signal, time
signal.signal(signal.SIGHUP, lambda *a: print("reloaded"))
print("up")
while True: time.sleep(100)
"""
    client.start([yard.python("api", code)])
    first = yard.ready(client, "api")["api"]
    yard.until(lambda: "up" in yard.log("api"))
    client.signal("api", "HUP")
    yard.until(lambda: "reloaded" in yard.log("api"))
    client.restart(["api"])
    second = yard.ready(client, "api")["api"]
    assert first != second
    assert not yard.is_alive(first)
    assert yard.one(client, "api").restarts == 1


def test_an_unhealthy_program_is_restarted(yard: Any) -> None:
    client = yard.launch()
    flag = yard.folder / "well"
    flag.touch()
    probe = ProgramProbe("command", command=("test", "-e", str(flag)), interval=0.05, retries=2)
    client.start([yard.sh("api", "exec sleep 1000", probe=probe)])
    first = yard.ready(client, "api")["api"]
    flag.unlink()
    yard.until(lambda: yard.one(client, "api").pid not in (first, None))
    flag.touch()
    yard.ready(client, "api")
    assert "api failed 2 health checks in a row: the command test exited with code 1; restarting it" in yard.log("api")


def test_a_second_supervisor_is_refused_with_the_pid_of_the_first(yard: Any) -> None:
    pid = yard.launch().status().pid
    with pytest.raises(StateError, match=rf"a supervisor already runs here \(pid {pid}\)"):
        yard.launch()


def test_the_supervisor_is_small_and_idle(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh(f"p{i}", "exec sleep 1000") for i in range(6)])
    yard.ready(client, *[f"p{i}" for i in range(6)])
    pid = client.status().pid
    pss = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    assert pss
    assert int(pss[1]) < 30_000

    def ticks() -> int:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    before = ticks()
    time.sleep(1.0)  # the measurement itself: idle for a second
    assert ticks() - before <= 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change the user")
def test_root_drops_to_the_user_of_the_program_for_good(yard: Any) -> None:
    """TOP-09: every process runs unprivileged, with no new privileges."""
    client = yard.launch()
    script = "cat /proc/self/status; echo reopened > /dev/stdout; exec sleep 1000"
    more = {"uid": 65534, "gid": 65534, "capabilities": ("net_bind_service",)}
    client.start([yard.sh("edge", script, **more)])
    yard.ready(client, "edge")
    log = yard.until(lambda: "reopened" in (text := yard.log("edge")) and text)
    rights = (r"NoNewPrivs:\\t1", r"CapEff:\\t0{13}400", r"CapBnd:\\t0{13}400", r"Groups:\\t \"")
    for words in (r"Uid:(\\t65534){4}", r"Gid:(\\t65534){4}", *rights):
        assert re.search(words, log), words


@pytest.mark.skipif(os.geteuid() == 0, reason="root can change the user")
def test_an_ordinary_user_is_told_that_only_root_can_change_the_user(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh("api", "exit", uid=1)])
    (found,) = client.wait(["api"], timeout=5)
    assert found.sentence == "api cannot start: it should run as user 1, which only root can arrange"


def test_a_scheduled_program_waits_for_its_time_and_can_be_run_now(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh("clean-up", "echo swept", schedule="0 2 * * *")])
    (found,) = client.wait(["clean-up"], timeout=5)
    assert (found.phase, found.sentence) == ("waiting", "clean-up waits for its next time (0 2 * * *)")
    assert found.next_run is not None
    assert time.localtime(found.next_run)[3:5] == (2, 0)
    client.restart(["clean-up"])
    (found,) = client.wait(["clean-up"], timeout=5)
    assert found.phase == "done"
    assert "swept" in yard.log("clean-up")
    with pytest.raises(StateError, match="is not a cron expression"):
        client.start([yard.sh("never", "true", schedule="99 * * * *")])


def test_the_interpreter_of_the_tests_is_the_one_of_the_supervisor(yard: Any) -> None:
    pid = yard.launch().status().pid
    assert Path(f"/proc/{pid}/exe").resolve() == Path(sys.executable).resolve()
    assert b"PYTHONPATH" in Path(f"/proc/{pid}/environ").read_bytes()
