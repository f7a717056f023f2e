"""A small system on a real engine, from nothing to running, and what each change does to it."""

from __future__ import annotations

import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from .shop import Shop, docker, shop

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("shop"), "stackyard-up") as made:
        made.up()
        yield made


def answer() -> str:
    with urllib.request.urlopen("http://127.0.0.1:24500/", timeout=5) as found:
        return str(found.read().decode())


def test_up_ends_with_everything_healthy_and_the_second_has_nothing_to_do(running: Shop) -> None:
    assert {one.health for one in running.containers().values()} == {"healthy"}
    assert running.running() == ["api-1", "cache-1", "db-1"]
    assert answer() == "version 1"
    assert running.steps() == []


def test_the_database_has_what_the_file_and_the_init_scripts_say(running: Shop) -> None:
    assert running.sql("SELECT count(*) FROM things") == "1"
    assert running.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'stackyard_up_api'") == "1"


def test_no_secret_stands_where_the_engine_shows_it(running: Shop) -> None:
    shown = docker("inspect", *(one.id for one in running.containers().values()))
    rendered = [path for path in running.layout.rendered.rglob("*") if path.is_file()]
    shown += "".join(path.read_text() for path in rendered if "secrets" not in path.parts)
    for secret in running.layout.secrets.iterdir():
        assert secret.read_text().strip() not in shown, secret.name


def test_a_changed_source_replaces_the_service_and_nothing_else(running: Shop) -> None:
    before = running.containers()
    running.edit("version 1", "version 2", "api/server.py")
    steps = running.up()
    assert any(step.startswith("restart api: changed: image") for step in steps)
    assert answer() == "version 2"
    after = running.containers()
    assert (after["db-1"].id, after["cache-1"].id) == (before["db-1"].id, before["cache-1"].id)
    assert after["api-1"].id != before["api-1"].id


def test_old_releases_make_room_but_for_two_and_for_what_is_not_ours(running: Shop) -> None:
    before = running.containers()["api-1"].found["Config"]["Image"]
    forgotten, foreign = "stackyard-up-api:forgotten", "stackyard-up-api:of-another-environment"
    for tag, environment in ((forgotten, "testing"), (foreign, "production")):
        labels = ("org.stackyard.system=stackyard-up", f"org.stackyard.environment={environment}")
        command = ("docker", "build", "--quiet", "--tag", tag, *(f"--label={one}" for one in labels), "-")
        subprocess.run(command, input=b"FROM redis:7", check=True, capture_output=True, timeout=60)
    try:
        running.edit("version 2", "version 3", "api/server.py")
        running.up()
        left = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "stackyard-up-api").split()
        assert (forgotten in left, foreign in left, before in left) == (False, True, True)
    finally:
        docker("image", "rm", foreign)


def test_a_setting_that_can_be_reloaded_is_and_one_that_cannot_says_so_in_the_plan(running: Shop) -> None:
    before = running.containers()["db-1"]
    running.edit("init: ./database}", "init: ./database, settings: {work_mem: 9MB}}")
    assert "reload db: changed: config" in running.steps()
    running.up()
    assert running.sql("SHOW work_mem") == "9MB"
    assert running.containers()["db-1"].since == before.since
    running.edit("work_mem: 9MB", "work_mem: 9MB, max_locks_per_transaction: 128")
    assert "restart db: changed: config, max_locks_per_transaction" in running.steps()
    running.up()
    assert running.sql("SHOW max_locks_per_transaction") == "128"
    assert running.sql("SELECT count(*) FROM things") == "1"
    assert running.steps() == []


def test_what_somebody_changed_in_the_living_servers_is_put_right(running: Shop) -> None:
    running.sql("ALTER SYSTEM SET work_mem = '1MB'")
    running.sql("ALTER ROLE stackyard_up_api CREATEDB")
    running.sql("SELECT pg_reload_conf()")
    steps = running.up()
    assert [step.partition(":")[0] for step in steps] == ["reconcile the settings of db", "reconcile roles of db"]
    assert running.sql("SHOW work_mem") == "9MB"
    assert running.steps() == []


def test_a_store_of_secrets_that_is_gone_is_made_again_and_fits_the_old_data(running: Shop) -> None:
    for path in running.layout.secrets.iterdir():
        path.unlink()
    running.up()
    assert running.steps() == []
    assert running.sql("SELECT count(*) FROM things") == "1"


@pytest.mark.parametrize("harm", ["stop", "kill", "pause", "rm --force"])
def test_whatever_happens_to_a_container_the_next_up_puts_it_right(running: Shop, harm: str) -> None:
    docker(*harm.split(), running.containers()["cache-1"].id)
    running.up()
    assert running.running() == ["api-1", "cache-1", "db-1"]
    assert running.steps() == []


def test_a_file_that_somebody_put_in_the_place_of_another_is_put_right_and_read_again(running: Shop) -> None:
    """A container sees the file that it was started with; one that cannot read files again is made anew for them."""
    before = running.containers()["cache-1"].id
    path = running.layout.rendered / "config/cache/redis.conf"
    theirs = path.with_suffix(".theirs")
    theirs.write_text(path.read_text() + "maxclients 7\n")
    theirs.rename(path)
    assert "restart cache: changed: config" in running.steps()
    running.up()
    assert running.containers()["cache-1"].id != before
    assert running.inside("cache", "cat", "/etc/stackyard/redis.conf") == path.read_text().strip()
    assert "maxclients 7" not in path.read_text()
    assert running.steps() == []


def test_what_left_the_file_is_stopped(running: Shop) -> None:
    running.edit("  cache: {redis: 7, port: 24502}\n", "")
    running.edit("needs: [db, cache]", "needs: [db]")
    steps = running.up()
    assert "stop cache: no longer in the stack file" in steps
    assert running.running() == ["api-1", "db-1"]
    assert docker("volume", "ls", "--quiet", "--filter", "name=stackyard-up-testing_cache-data")


def test_an_image_that_was_removed_is_built_anew(tmp_path: Path) -> None:
    """As after `clean`, which removes what can be built again, and leaves the record of what was done to the data."""
    with shop(tmp_path, "stackyard-imageless") as made:
        made.up()
        containers = [one.id for one in made.containers().values()]
        docker("rm", "--force", *containers)
        images = docker("image", "ls", "--quiet", "--filter", f"label=org.stackyard.system={made.name}").split()
        docker("image", "rm", "--force", *images)
        assert any(step.startswith("build the image of api") for step in made.up())
        assert made.running() == ["api-1", "cache-1", "db-1"]
