"""A cache starts on the data that is there, in whatever form it is: nothing is lost on the way."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stackyard.model.system import Redis
from stackyard.model.values import Version
from stackyard.resources import redis
from stackyard.targets.compose.parts.redis import STORE, start_script
from tests.resources.servers import HERE, need, wait_until

pytestmark = pytest.mark.real

PASSWORDS = {"default": "the-service-of-these-tests", "admin": "the-admin-of-these-tests"}


def cache(*persistence: str) -> Redis:
    return Redis("cache", Version((7,)), HERE, persistence=frozenset(persistence))


class Yard:
    """A cache in a folder, started by its script as in a container."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        tool = need("redis")
        cli = tool.folder / "redis-cli"
        if not cli.exists():
            pytest.skip("no redis-cli beside this Redis")
        self.server, self.environment = tool.path, {"PATH": f"{tool.folder}:{os.defpath}", **tool.environment}
        (folder / "data").mkdir()

    @contextmanager
    def running(self, resource: Redis) -> Iterator[None]:
        etc = self.folder / "etc"
        etc.mkdir(exist_ok=True)
        place = redis.Listening(str(etc), str(self.folder / "data" / STORE), 0)
        text = redis.settings_file(resource, place).content + f"unixsocket {self.folder}/s\n"
        (etc / "redis.conf").write_text(text)
        (etc / "users.acl").write_text(redis.users(PASSWORDS, probed=True))
        script = (
            start_script(resource).replace("/data", f"{self.folder}/data").replace("/tmp/turn", f"{self.folder}/turn")
        )
        (etc / "start.sh").write_text(script)
        argv = ["/bin/sh", str(etc / "start.sh"), str(self.server), str(etc / "redis.conf")]
        with subprocess.Popen(argv, env=self.environment, stdout=subprocess.DEVNULL) as process:
            try:
                wait_until(lambda: self.ask("probe", "PING") == "PONG" or process.poll() is not None)
                assert process.poll() is None, "the script ended"
                yield
            finally:
                process.terminate()
                process.wait(10)

    def ask(self, user: str, *command: str) -> str:
        password = PASSWORDS.get(user, "none")
        argv = ["redis-cli", "-e", "-s", f"{self.folder}/s", "--user", user, "--pass", password, "--no-auth-warning"]
        done = subprocess.run([*argv, *command], env=self.environment, capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).strip()


@pytest.mark.parametrize(
    ("before", "after"),
    [(("rdb",), ("rdb", "aof")), (("rdb", "aof"), ("rdb",)), (("rdb", "aof"), ("rdb", "aof")), (("aof",), ("rdb",))],
)
def test_another_form_of_persistence_loses_nothing(
    before: tuple[str, ...], after: tuple[str, ...], tmp_path: Path
) -> None:
    """CACHE-02: what was written is there after the change, and after one more restart."""
    yard = Yard(tmp_path)
    with yard.running(cache(*before)):
        assert yard.ask("default", "SET", "order", "17") == "OK"
    for _ in range(2):
        with yard.running(cache(*after)):
            assert yard.ask("default", "GET", "order") == "17"
            assert ("aof_enabled:1" in yard.ask("default", "INFO", "persistence")) is ("aof" in after)


def test_the_user_of_the_health_check_may_say_nothing_else(tmp_path: Path) -> None:
    """CACHE-02: a password for everything, but for a PING."""
    yard = Yard(tmp_path)
    with yard.running(cache("rdb")):
        assert yard.ask("probe", "PING") == "PONG"
        for command in (("GET", "order"), ("INFO",), ("ACL", "WHOAMI"), ("CONFIG", "GET", "*"), ("PUBLISH", "a", "b")):
            assert yard.ask("probe", *command).startswith("NOPERM"), command


def test_data_of_a_volume_without_folders_is_found(tmp_path: Path) -> None:
    """CACHE-02: as it lay before there was a folder for it; nothing is left where it was."""
    yard = Yard(tmp_path)
    with yard.running(cache("rdb", "aof")):
        assert yard.ask("default", "SET", "order", "17") == "OK"
    volume = tmp_path / "data"
    for each in sorted((volume / STORE).iterdir()):
        each.rename(volume / each.name)
    (volume / STORE).rmdir()
    with yard.running(cache("rdb", "aof")):
        assert yard.ask("default", "GET", "order") == "17"
    assert [each.name for each in volume.iterdir()] == [STORE]
