from __future__ import annotations

import dataclasses
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from stackyard.model.system import Edge, Postgres, System, Tls
from stackyard.model.values import Position, Version
from stackyard.targets.local.identity import Identity
from stackyard.targets.native.doctor import Check, Fix, examine, install, is_well
from stackyard.targets.native.doctor.access import check_ports, check_reach
from stackyard.targets.native.doctor.limits import check_clock, check_memory, check_socket_path, check_watches
from stackyard.targets.native.doctor.programs import check_pythons, check_tools
from stackyard.targets.native.toolchain import Store

STRANGER = Identity(54_321, 54_321, "stranger", drop=True)
NGINX = Fix((("apt-get", "install", "--yes", "nginx"),), True, "installs nginx with apt")
USER = Fix((("useradd", "--system", "stackyard"),), True, "creates the system user stackyard")
BREW = Fix((("brew", "install", "redis"),), False, "installs redis with Homebrew")


class Recorder:
    """Notes the commands; those that hold `bad` fail."""

    def __init__(self, bad: str = "nothing fails") -> None:
        self.commands: list[str] = []
        self._bad = bad

    def __call__(self, argv: tuple[str, ...]) -> int:
        self.commands.append(" ".join(argv))
        return 3 if self._bad in self.commands[-1] else 0


def _system(folder: Path, **values: object) -> System:
    return System("shop", "development", folder, folder / "stackyard.yaml", (), **values)  # type: ignore[arg-type]


def test_nothing_missing_or_wrong_is_well() -> None:
    assert is_well([Check("a", "ok", ""), Check("b", "note", "")])
    assert not is_well([Check("a", "ok", ""), Check("b", "missing", "")])
    assert not is_well([Check("a", "wrong", "")])


def test_a_binary_is_named_with_its_version_and_why_it_is_used(
    open_folder: Path, program: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program("bin/postgres", "postgres (PostgreSQL) 99.3")
    program("bin/initdb", "")
    program("bin/pg_ctl", "")
    monkeypatch.setenv("PATH", f"{open_folder}/bin:{os.environ['PATH']}")
    database = Postgres("db", Version((99,)), Position("stackyard.yaml", 7))
    checks = check_tools(_system(open_folder, resources=(database,)), None, Store(open_folder / "store"))
    check = next(check for check in checks if check.name == "postgres 99")
    assert check.verdict == "ok"
    assert check.sentence == f"postgres 99.3 for databases: found at {path}, on this machine, keeps `99`"


@pytest.mark.real
def test_a_version_that_cannot_be_had_is_missing_with_its_line(open_folder: Path) -> None:
    database = Postgres("db", Version((93,)), Position("stackyard.yaml", 7))
    checks = check_tools(_system(open_folder, resources=(database,)), None, Store(open_folder / "store"))
    check = next(check for check in checks if check.name == "postgres 93")
    assert check.verdict == "missing"
    assert check.sentence.startswith("stackyard.yaml:7: postgres 93 cannot be had on this machine (")


def test_a_closed_folder_on_the_way_is_wrong_and_exactly_that_one_is_opened(open_folder: Path) -> None:
    project = open_folder / "home" / "work" / "shop"
    project.mkdir(parents=True)
    (open_folder / "home").chmod(0o700)
    (check,) = check_reach(project, STRANGER)
    assert check.verdict == "wrong"
    assert check.fix
    assert check.fix.commands == (("chmod", "o+x", str(open_folder / "home")),)
    (open_folder / "home").chmod(0o701)
    assert check_reach(project, STRANGER)[0].verdict == "ok"


def test_a_port_that_is_taken_names_its_holder_and_stops_production_only(tmp_path: Path) -> None:
    position = Position("stackyard.yaml", 3)
    with socket.create_server(("127.0.0.1", 21_311)):
        edge = Edge("shop.localhost", position, (), tls=Tls.OFF, http=21_311)
        system = _system(tmp_path, edge=edge)
        (check,) = check_ports(system)
        assert (check.name, check.verdict) == ("port 21311", "note")
        assert f"(pid {os.getpid()}, " in check.sentence
        (check,) = check_ports(dataclasses.replace(system, environment="production"))
        assert check.verdict == "wrong"
    (check,) = check_ports(system)
    assert (check.name, check.verdict, check.sentence) == ("ports", "ok", "free: 21311")


def test_an_ordinary_user_is_told_how_to_listen_on_low_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("stackyard.targets.native.doctor.access.first_open_port", lambda: 1024)
    edge = Edge("shop.localhost", Position("stackyard.yaml", 3), (), http=80, https=443)
    checks = {check.name: check for check in check_ports(_system(tmp_path, edge=edge))}
    assert checks["low ports"].verdict == "note"
    assert "sysctl -w net.ipv4.ip_unprivileged_port_start=80" in checks["low ports"].sentence


def test_a_python_for_services_is_looked_for(open_folder: Path, unprivileged: Identity) -> None:
    names = {check.name: check.verdict for check in check_pythons(None, unprivileged, Store(open_folder))}
    assert names == {"uv": "ok", "python": "ok"}


def test_a_clock_before_the_installation_is_wrong() -> None:
    assert check_clock(1_000_000_000.0, 1_700_000_000.0).verdict == "wrong"
    assert check_clock(1_700_000_001.0, 1_700_000_000.0).verdict == "ok"


def test_a_socket_path_that_systems_would_cut_is_wrong() -> None:
    assert check_socket_path(Path("/tmp/" + "x" * 100)).verdict == "wrong"
    assert check_socket_path(Path("/tmp/stackyard-0-0123456789-parts")).verdict == "ok"


def test_resources_that_may_use_more_than_the_machine_has_are_wrong(tmp_path: Path) -> None:
    database = Postgres("db", Version((16,)), Position("stackyard.yaml", 7), memory=4 * 1024**3)
    assert check_memory(_system(tmp_path, resources=(database,)), 4 * 1024**3).verdict == "wrong"
    assert check_memory(_system(tmp_path, resources=(database,)), 8 * 1024**3).verdict == "ok"


def test_too_few_file_watches_are_a_note_with_a_fix() -> None:
    few, enough = check_watches(8192, 128)
    assert (few.verdict, enough.verdict) == ("note", "ok")
    assert few.fix
    assert few.fix.commands == (("sysctl", "-w", "fs.inotify.max_user_watches=65536"),)


def test_packages_are_installed_with_their_daemons_kept_quiet_and_that_is_undone() -> None:
    run = Recorder()
    outcome = install([Check("nginx", "note", "", NGINX), Check("user", "missing", "", USER)], run, is_root=True)
    assert outcome.is_done
    assert outcome.done == ("creates the system user stackyard", "installs nginx with apt")
    user, quiet, update, nginx, afterwards = run.commands
    assert user == "useradd --system stackyard"
    assert "create_main_cluster = false" in quiet
    assert "exit 101" in quiet
    assert update.endswith("update")
    assert nginx.startswith("env DEBIAN_FRONTEND=noninteractive ")
    assert nginx.endswith("install --yes nginx")
    assert "rm -f" in afterwards


def test_a_fix_that_fails_is_told_and_does_not_stop_the_others() -> None:
    run = Recorder(bad="useradd")
    outcome = install([Check("user", "missing", "", USER), Check("nginx", "note", "", NGINX)], run, is_root=True)
    assert not outcome.is_done
    assert outcome.failed == ("`useradd --system stackyard` ended with 3",)
    assert outcome.done == ("installs nginx with apt",)


def test_an_ordinary_user_goes_through_sudo_only_where_root_is_needed() -> None:
    run = Recorder()
    install([Check("user", "missing", "", USER), Check("r", "note", "", BREW)], run, is_root=False, has_sudo=True)
    assert run.commands == ["sudo useradd --system stackyard", "brew install redis"]


def test_without_sudo_the_user_is_told_what_to_run() -> None:
    run = Recorder()
    outcome = install([Check("user", "missing", "", USER)], run, is_root=False, has_sudo=False)
    assert run.commands == []
    assert outcome.left == ("as root, run `useradd --system stackyard`: it creates the system user stackyard",)
    assert not outcome.is_done


def test_what_is_well_is_left_alone() -> None:
    run = Recorder()
    assert install([Check("nginx", "ok", "", NGINX), Check("x", "wrong", "")], run, is_root=True).is_done
    assert run.commands == []


@pytest.mark.skipif(not shutil.which("sh"), reason="needs a shell")
def test_the_guards_of_an_installation_are_files_of_ours_that_go_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import subprocess

    from stackyard.targets.native.doctor import repair

    policy, cluster = tmp_path / "policy-rc.d", tmp_path / "pg" / "createcluster.conf"
    scripts = [
        text.replace(repair._POLICY, str(policy))
        .replace(repair._CLUSTER, str(cluster))
        .replace("/etc/postgresql-common", str(cluster.parent))
        for text in (repair._KEEP_QUIET, repair._AFTERWARDS)
    ]
    subprocess.run(["sh", "-c", scripts[0]], check=True)
    assert subprocess.run([policy], check=False).returncode == 101
    assert "create_main_cluster = false" in cluster.read_text()
    subprocess.run(["sh", "-c", scripts[1]], check=True)
    assert list(tmp_path.iterdir()) == []
    policy.write_text("#!/bin/sh\nexit 0\n")
    subprocess.run(["sh", "-c", scripts[0]], check=True)
    subprocess.run(["sh", "-c", scripts[1]], check=True)
    assert policy.read_text() == "#!/bin/sh\nexit 0\n"


@pytest.mark.real
def test_this_machine_is_examined_without_changing_it(open_folder: Path) -> None:
    checks = examine(None, open_folder, store=Store(open_folder / "store"))
    names = [check.name for check in checks]
    assert {"nginx", "postgres", "redis", "rclone", "service user", "disk", "clock", "memory"} <= set(names)
    assert len(names) == len(set(names))
    assert all(check.sentence for check in checks)
