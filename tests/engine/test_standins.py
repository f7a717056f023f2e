"""The stand-in images keep what the target relies on in the official ones. Nothing here shows the official images."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stackyard.targets.compose import images

from .docker import code_of, container, docker, wait
from .standins import build, is_there, provide

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

HARD = ("--init", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges=true", "--tmpfs=/tmp")


@pytest.mark.parametrize("major", ["15", "16", "17"])
def test_postgres_initialises_itself_once_in_order_and_serves(major: str, tmp_path: Path) -> None:
    provide([f"postgres:{major}"])
    volume = f"stackyard-test-{major}-{tmp_path.name}"
    options = (*HARD, *_as_official(tmp_path), f"--volume={volume}:/var/lib/postgresql/data")
    try:
        for _ in range(2):
            with container(f"postgres:{major}", "-c", "shared_buffers=32MB", options=options) as name:
                wait(lambda: code_of("exec", name, "pg_isready", "-q", "-h", "127.0.0.1") == 0, "postgres answers")
                asked = "SELECT current_setting('server_version_num')::int / 10000, count(*) FROM t GROUP BY 1"
                assert _ask(name, asked) == f"{major}|1"
                assert "counter" not in docker("inspect", name)
                docker("stop", name)
                assert docker("inspect", "--format", "{{.State.ExitCode}}", name) == "0"
    finally:
        docker("volume", "rm", "--force", volume)


def _as_official(place: Path) -> tuple[str, ...]:
    """Options that the official image understands: a password in a file, and scripts that run once, in order."""
    place.chmod(0o755)
    init, password = place / "init", place / "password"
    init.mkdir(mode=0o755)
    (init / "10-tables.sh").write_text(
        'psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "CREATE TABLE t (a int)"\n'
    )
    (init / "20-rows.sql").write_text("INSERT INTO t VALUES (1);\n")
    password.write_text("counter")
    return (
        "--user=999:999",
        "--tmpfs=/var/run/postgresql:uid=999,gid=999,mode=3777",
        "--env=POSTGRES_PASSWORD_FILE=/run/secrets/password",
        "--env=POSTGRES_DB=shop",
        f"--volume={password}:/run/secrets/password:ro",
        f"--volume={init}:/docker-entrypoint-initdb.d:ro",
    )


def _ask(container: str, sql: str) -> str:
    """The answer of the database, over TCP and with the password."""
    client = ("psql", "-h", "127.0.0.1", "-U", "postgres", "-Atc", sql, "shop")
    return docker("exec", "--env=PGPASSWORD=counter", container, *client)


def test_postgres_refuses_to_start_without_a_password() -> None:
    provide(["postgres:16"])
    assert code_of("run", "--rm", "postgres:16") == 1


def test_redis_leaves_root_and_keeps_its_data_in_data() -> None:
    provide(["redis:7"])
    with container("redis:7", "redis-server", "--save", "60 1") as name:
        wait(lambda: docker("exec", name, "redis-cli", "ping", check=False) == "PONG", "redis answers")
        assert docker("exec", name, "stat", "--format=%u %g", "/proc/1", "/data") == "999 999\n999 999"
        docker("exec", name, "redis-cli", "save")
        assert docker("exec", name, "ls", "/data") == "dump.rdb"


def test_nginx_serves_as_nginx_and_is_new_enough_to_ask_for_addresses_again() -> None:
    provide([images.NGINX])
    with container(images.NGINX) as name:
        wait(lambda: "start worker process" in docker("logs", name) or bool(docker("top", name)), "nginx runs")
        version = docker("exec", name, "sh", "-c", "nginx -v 2>&1").rpartition("/")[2]
        assert tuple(map(int, version.split("."))) >= (1, 27, 3)
        assert docker("exec", name, "id", "-u", "nginx") == "101"


def test_python_and_node_are_where_the_official_images_have_them() -> None:
    python = images.PYTHON.format(version="3.13")
    provide([python, images.NODE])
    found = docker(
        "run",
        "--rm",
        python,
        "sh",
        "-c",
        "command -v python; command -v pip; python -c 'import sys; print(*sys.version_info[:2])'",
    )
    assert found.split("\n") == ["/usr/local/bin/python", "/usr/local/bin/pip", "3 13"]
    assert docker("run", "--rm", images.NODE, "sh", "-c", "command -v npm; node --version").startswith(
        "/usr/local/bin/npm\nv22."
    )


@pytest.mark.parametrize("name", [images.REDIS_EXPORTER, images.NGINX_EXPORTER])
def test_what_has_no_shell_has_none_here_either(name: str) -> None:
    provide([name])
    assert code_of("run", "--rm", "--entrypoint=/bin/sh", name, "-c", "true") == 127
    assert code_of("run", "--rm", name, "--version") == 0


@pytest.mark.skipif(not os.environ.get("STACKYARD_STANDINS"), reason="this machine has the official images")
def test_an_image_of_the_present_recipe_is_left_as_it_is() -> None:
    provide([images.RCLONE])
    assert is_there(images.RCLONE)
    assert build([images.RCLONE]) == ()
