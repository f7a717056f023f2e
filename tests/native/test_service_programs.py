"""What a service becomes on this machine: one program a replica, found on the PATH of its own packages."""

from __future__ import annotations

from pathlib import Path

from stackyard.model.system import Probe, Restart, Service
from stackyard.targets.local.identity import Identity
from stackyard.targets.native.program import Program, ProgramProbe
from stackyard.targets.native.service_programs import programs, virtual_environment

from .literals import ROOT, machine, service, system


def of(one: Service, **more: object) -> tuple[Program, ...]:
    whole = system(one)
    return programs(whole, one, machine(whole, **more))


def test_every_replica_has_a_port_and_is_told_where_to_listen() -> None:
    """SCALE-01: replicas per service."""
    first, second = of(service("api", port=8000, replicas=2), ports={"api-1": 8000, "api-2": 20_001})
    assert (first.id, first.part, first.ports) == ("api-1", "api", (8000,))
    assert (second.id, second.part, second.ports) == ("api-2", "api", (20_001,))
    listening = ("PORT", "HOST", "UVICORN_PORT", "UVICORN_HOST")
    assert [second.env[key] for key in listening] == [("20001",), ("127.0.0.1",), ("20001",), ("127.0.0.1",)]


def test_a_worker_opens_no_port_and_has_as_many_processes_as_replicas() -> None:
    found = of(service("worker", replicas=3))
    assert [program.id for program in found] == ["worker-1", "worker-2", "worker-3"]
    assert all(program.ports == () and "PORT" not in program.env for program in found)
    assert all(program.probe.kind == "none" for program in found)


def test_what_the_file_says_about_running_reaches_the_program() -> None:
    (program,) = of(
        service(
            "nightly",
            schedule="0 2 * * *",
            stop_signal="SIGINT",
            stop_grace=3.0,
            restart=Restart.ON_FAILURE,
            command=("python", "-m", "shop.nightly"),
        )
    )
    assert (program.schedule, program.stop_signal, program.stop_grace) == ("0 2 * * *", "SIGINT", 3.0)
    assert (program.restart, program.argv) == ("on-failure", ("python", "-m", "shop.nightly"))
    assert program.cwd == str(ROOT / "nightly")


def test_a_path_is_asked_over_http_a_command_is_run_and_a_port_alone_is_connected_to() -> None:
    """TOP-01: what others wait for is health, not a process that exists."""
    path = Probe("/healthz", interval=5.0, timeout=1.0, start_timeout=9.0, retries=2)
    (http,) = of(service("api", port=8000, health=path))
    (command,) = of(service("api", port=8000, health=Probe(command=("check", "--quick"))))
    (tcp,) = of(service("api", port=8000))
    assert (http.probe.kind, http.probe.address, http.probe.path) == ("http", "127.0.0.1:8000", "/healthz")
    timing = (http.probe.interval, http.probe.timeout, http.probe.start_timeout, http.probe.retries)
    assert timing == (5.0, 1.0, 9.0, 2)
    assert (command.probe.kind, command.probe.command, command.probe.address) == ("command", ("check", "--quick"), "")
    assert (tcp.probe.kind, tcp.probe.address) == ("tcp", "127.0.0.1:8000")


def test_a_probe_asks_often_while_a_service_starts() -> None:
    (http,) = of(service("api", port=8000, health=Probe("/healthz")))
    assert http.probe.starting_interval <= ProgramProbe().starting_interval < http.probe.interval


def test_as_root_a_service_runs_as_the_user_of_the_parts_and_otherwise_as_we_do() -> None:
    """TOP-09: every process runs unprivileged."""
    one = service("api")
    (dropped,) = of(one, identity=Identity(999, 998, "stackyard", drop=True))
    (same,) = of(one, identity=Identity(1000, 1000, "ada", drop=False))
    assert (dropped.uid, dropped.gid, same.uid, same.gid) == (999, 998, None, None)


def test_programs_are_looked_up_in_the_packages_of_the_service_first(tmp_path: Path) -> None:
    one = system(service("api", command=("env", "x")), root=tmp_path)
    there = machine(one)
    (before,) = programs(one, one.service("api"), there)
    folder = virtual_environment(one.service("api"), there)
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "env").touch(0o755)
    (after,) = programs(one, one.service("api"), there)
    assert before.env["PATH"] == (f"{folder}/bin:/usr/local/bin:/usr/bin:/bin",)
    assert before.env["VIRTUAL_ENV"] == (str(folder),)
    assert before.fingerprint() == after.fingerprint(), "installing packages must not look like a new definition"


def test_the_home_of_a_service_is_scratch_of_its_own() -> None:
    (program,) = of(service("api"))
    assert program.env["HOME"] == (str(ROOT / ".stackyard/testing/work/api"),)


def test_other_packages_or_another_python_are_another_folder() -> None:
    one = service("api")
    there = machine(system(one))
    assert virtual_environment(one, there).name == "pppppppppppp-3.11.2"
