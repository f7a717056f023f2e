"""Redis: its files as literals, and what a real one keeps, refuses and evicts."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis as client
from redis.exceptions import NoPermissionError

from stackyard.model.system import Redis
from stackyard.model.values import Version
from stackyard.resources.redis import (
    ADMIN_USER,
    FORBIDDEN,
    NEEDED,
    SERVICE_USER,
    Listening,
    Start,
    command,
    config,
    parse,
    start,
    wrongly_allowed,
)

from .servers import free_port, identity, need, private_folder, running, self_signed, wait_until
from .systems import HERE

PASSWORDS = {SERVICE_USER: "a-service-in-these-tests-4711", ADMIN_USER: "an-administrator-in-these-tests-0815"}
MB = 1024**2


def cache(**more: Any) -> Redis:
    return Redis("cache", Version((7,)), HERE, **more)


def test_a_rendered_file_is_read_as_the_server_tells_it() -> None:
    conf, _ = config(cache(persistence=frozenset()), PASSWORDS, Listening("/etc/c", '/data/"c"', 6379))
    found = parse(conf.content)
    assert (found["dir"], found["save"], found["appendonly"], found["bind"]) == ('/data/"c"', "", "no", "127.0.0.1")


def test_what_a_service_may_and_should_not_is_named() -> None:
    """CACHE-02: and what it should and may not."""
    assert list(wrongly_allowed(lambda _user, *words: "OK" if words in NEEDED else "no")) == []
    assert list(wrongly_allowed(lambda _user, *words: "OK" if words != ("GET", "x") else "no"))[-1] == "may not GET"
    all_but_one = [words for words in FORBIDDEN if words != ("FLUSHALL",)]
    assert list(wrongly_allowed(lambda _user, *words: "no" if words in all_but_one else "OK")) == ["may FLUSHALL"]


def test_the_files_state_every_promise_and_no_password() -> None:
    """CACHE-02: persistence, limit and policy; SEC-01: a digest in place of the password."""
    conf, users = config(cache(memory=64 * MB, eviction="allkeys-lru"), PASSWORDS, Listening("/etc/c", "/data/c", 6379))
    for line in (
        "bind 127.0.0.1",
        "port 6379",
        "protected-mode yes",
        "save 3600 1 300 100 60 10000",
        "appendonly yes",
        "appendfsync everysec",
        "maxmemory 67108864",
        "maxmemory-policy allkeys-lru",
        'aclfile "/etc/c/users.acl"',
    ):
        assert line in conf.content.splitlines()
    assert users.mode == 0o600
    assert [line.split()[:3] for line in users.content.splitlines()] == [
        ["user", "default", "on"],
        ["user", "admin", "on"],
    ]
    assert not [word for word in PASSWORDS.values() if word in conf.content + users.content]


def test_what_is_not_wanted_is_off() -> None:
    conf, _ = config(cache(persistence=frozenset()), PASSWORDS, Listening("/e", "/d", 1))
    assert 'save ""' in conf.content.splitlines()
    assert "appendonly no" in conf.content.splitlines()


def test_with_a_certificate_there_is_no_plain_port() -> None:
    """CACHE-02: TLS."""
    conf, _ = config(cache(), PASSWORDS, Listening("/e", "/d", 6379, certificate="/c", key="/k", authority="/a"))
    assert {"port 0", "tls-port 6379", 'tls-cert-file "/c"'} <= set(conf.content.splitlines())


@pytest.mark.parametrize(
    ("persistence", "has_snapshot", "has_log", "arguments"),
    [
        ({"rdb", "aof"}, False, False, ()),
        ({"rdb", "aof"}, True, True, ()),
        ({"rdb", "aof"}, True, False, ("--appendonly", "no")),
        ({"rdb"}, True, False, ()),
        ({"rdb"}, True, True, ("--appendonly", "yes")),
        (set(), False, True, ("--appendonly", "yes")),
    ],
)
def test_the_start_loads_the_data_that_is_there(
    persistence: set[str], has_snapshot: bool, has_log: bool, arguments: tuple[str, ...]
) -> None:
    found = start(cache(persistence=frozenset(persistence)), has_snapshot=has_snapshot, has_log=has_log)
    assert found.arguments == arguments


class Server:
    """A real Redis in a folder that outlives it."""

    def __init__(self, folder: Path) -> None:
        self.tool = need("redis")
        self.folder = folder
        self.data = private_folder(folder / "data")
        self.etc = private_folder(folder / "etc")
        self.log = folder / "server.log"
        self.port = free_port()
        self.tls: tuple[Path, Path] | None = None

    @contextmanager
    def run(self, resource: Redis, planned: Start = Start()) -> Iterator[subprocess.Popen[bytes]]:  # noqa: B008
        certificate, key = map(str, self.tls) if self.tls else ("", "")
        listening = Listening(
            str(self.etc), str(self.data), self.port, certificate=certificate, key=key, authority=certificate
        )
        for file in config(resource, PASSWORDS, listening):
            path = self.etc / file.path
            path.write_text(file.content)
            path.chmod(0o644 if identity().drop else file.mode)
        argv = (*command(str(self.tool.path), listening), *planned.arguments)
        with running(argv, self.log, dict(self.tool.environment)) as process:
            wait_until(self.answers)
            for words in planned.commands:
                with self.log_in(ADMIN_USER) as admin:
                    admin.execute_command(*words)
            wait_until(lambda: not planned.until or set(planned.until) <= self.persistence())
            yield process

    def log_in(self, user: str = SERVICE_USER, **more: Any) -> client.Redis:
        return client.Redis(
            port=self.port, username=user, password=PASSWORDS[user], decode_responses=True, **(self.trust() | more)
        )  # fmt: skip

    def trust(self) -> dict[str, Any]:
        return {"ssl": True, "ssl_ca_certs": str(self.tls[0]), "host": "localhost"} if self.tls else {}

    def answers(self) -> bool:
        try:
            with self.log_in() as one:
                return bool(one.ping())
        except (client.ConnectionError, client.BusyLoadingError):
            return False

    def persistence(self) -> set[str]:
        with self.log_in(ADMIN_USER) as admin:
            return {f"{name}:{value}" for name, value in admin.info("persistence").items()}


@pytest.fixture
def server(place: Path, request: pytest.FixtureRequest) -> Server:
    return Server(place / request.node.name[:40])


@pytest.mark.real
def test_nobody_gets_in_without_the_password(server: Server) -> None:
    """CACHE-02: password."""
    with server.run(cache()):
        with socket.create_connection(("127.0.0.1", server.port), 2) as stranger:
            stranger.sendall(b"GET key\r\n")
            assert stranger.recv(100).startswith(b"-NOAUTH")
            stranger.sendall(b"AUTH wrong\r\n")
            assert stranger.recv(100).startswith(b"-WRONGPASS")
        with client.Redis.from_url(f"redis://:{PASSWORDS[SERVICE_USER]}@127.0.0.1:{server.port}/0") as service:
            assert service.set("key", "value")


@pytest.mark.real
def test_a_service_works_with_data_and_does_not_run_the_server(server: Server) -> None:
    with server.run(cache()), server.log_in() as service:
        service.hset("hash", "a", "1")
        service.publish("channel", "hello")
        service.eval("return redis.call('SET', KEYS[1], 'x')", 1, "scripted")
        assert service.info("server")
        service.flushdb()
        for words in (
            "FLUSHALL",
            "CONFIG GET *",
            "SHUTDOWN",
            "KEYS *",
            "ACL LIST",
            "REPLICAOF NO ONE",
        ):
            with pytest.raises(NoPermissionError):
                service.execute_command(*words.split())


@pytest.mark.real
def test_what_was_written_survives_a_kill(server: Server) -> None:
    """CACHE-02: RDB and AOF persistence, shown by SIGKILL."""
    with server.run(cache()) as process:
        with server.log_in() as service:
            for number in range(1000):
                service.set(f"key:{number}", number)
        process.send_signal(signal.SIGKILL)
        process.wait(5)
    with server.run(cache()), server.log_in() as service:
        assert service.dbsize() == 1000
        assert service.get("key:999") == "999"


@pytest.mark.real
def test_the_limit_is_kept_by_the_stated_policy(server: Server) -> None:
    """CACHE-02: memory limit with a stated eviction policy."""
    with server.run(cache(memory=4 * MB, eviction="allkeys-lru")), server.log_in(ADMIN_USER) as admin:
        assert admin.config_get("maxmemory*")["maxmemory"] == str(4 * MB)
        assert admin.config_get("maxmemory*")["maxmemory-policy"] == "allkeys-lru"
        for number in range(200):
            admin.set(f"key:{number}", "x" * 50_000)
        assert admin.info("stats")["evicted_keys"] > 0
        # Redis does not count what waits for a slow disk to take in the log: megabytes, at times.
        memory = admin.info("memory")
        assert memory["used_memory"] - memory["mem_not_counted_for_evict"] <= 4.5 * MB
    with server.run(cache(memory=4 * MB)), server.log_in() as service:
        with pytest.raises(client.OutOfMemoryError):
            service.mset({f"more:{number}": "x" * 50_000 for number in range(200)})
        assert service.dbsize() > 0


@pytest.mark.real
def test_a_snapshot_without_a_log_is_loaded_and_not_overwritten(server: Server) -> None:
    """The trap: with the log switched on, Redis starts empty beside a snapshot, without an error."""
    only_snapshots = cache(persistence=frozenset({"rdb"}))
    with server.run(only_snapshots), server.log_in() as service:
        service.set("kept", "yes")
    assert (server.data / "dump.rdb").is_file()
    planned = start(cache(), has_snapshot=True, has_log=False)
    with server.run(cache(), planned), server.log_in() as service:
        assert service.get("kept") == "yes"
        service.set("later", "yes")
    assert list((server.data / "appendonlydir").glob("*.manifest"))
    with server.run(cache()), server.log_in() as service:
        assert (service.get("kept"), service.get("later")) == ("yes", "yes")


@pytest.mark.real
def test_leaving_the_log_behind_keeps_what_only_the_log_knew(server: Server) -> None:
    with server.run(cache()) as process:
        with server.log_in(ADMIN_USER) as admin:
            admin.set("old", "yes")
            admin.save()
            admin.set("new", "yes")
        process.send_signal(signal.SIGKILL)
        process.wait(5)
    only_snapshots = cache(persistence=frozenset({"rdb"}))
    planned = start(only_snapshots, has_snapshot=True, has_log=True)
    with server.run(only_snapshots, planned):
        for name in planned.retired:
            (server.data / name).rename(server.data / f"{name}.retired")
    with server.run(only_snapshots), server.log_in() as service:
        assert (service.get("old"), service.get("new")) == ("yes", "yes")


@pytest.mark.real
def test_no_password_stands_in_a_file_or_in_the_log(server: Server) -> None:
    """SEC-01: nowhere below the folder of the server, and not on its command line."""
    with server.run(cache()) as process, server.log_in() as service:
        service.set("key", "value")
        line = Path(f"/proc/{process.pid}/cmdline")
        seen = line.read_bytes() if line.exists() else b""
    for path in server.folder.rglob("*"):
        if path.is_file():
            seen += path.read_bytes()
    assert not [word for word in PASSWORDS.values() if word.encode() in seen]


@pytest.mark.real
def test_with_a_certificate_only_tls_is_spoken(server: Server) -> None:
    """CACHE-02: TLS in production."""
    server.tls = self_signed(server.etc)
    with server.run(cache()):
        with server.log_in() as service:
            assert service.set("key", "value")
        with socket.create_connection(("127.0.0.1", server.port), 2) as plain:
            plain.sendall(b"PING\r\n")
            # Hung up, politely or not: no answer either way.
            with contextlib.suppress(ConnectionResetError):
                assert b"PONG" not in plain.recv(100)
