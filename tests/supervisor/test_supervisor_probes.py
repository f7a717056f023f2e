"""Each probe against something that answers well, and something that does not."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stackyard.targets.local import holders
from stackyard.targets.native.program import ProgramProbe
from stackyard.targets.native.supervisor import probes


async def _run(argv: tuple[str, ...]) -> int:
    return 0 if argv == ("true",) else 7


def ask(probe: ProgramProbe) -> tuple[bool, str]:
    return asyncio.run(probes.ask(probe, probes.Target(os.getsid(0), time.time() - 10, _run)))


@contextmanager
def answering(*answers: bytes, port: int = 21220) -> Iterator[str]:
    """A server on loopback that says these bytes, one for each connection; None keeps silent."""
    with socket.create_server(("127.0.0.1", port)) as listener:

        def serve() -> None:
            for answer in answers:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(4096)
                    if answer != b"silence":
                        connection.sendall(answer)
                    else:
                        connection.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{port}"
        thread.join(5)


def http(status: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok".encode()


@pytest.mark.parametrize(
    ("kind", "answer", "expected"),
    [
        ("http", http("200 OK"), True),
        ("http", http("302 Found"), True),
        ("http", http("404 Not Found"), False),
        ("http", http("503 Service Unavailable"), False),
        ("http", b"SSH-2.0\r\n", False),
        ("http", b"", False),
        ("answer", http("400 Bad Request"), True),
        ("answer", b"nonsense\r\n", False),
        ("redis", b"+PONG\r\n", True),
        ("redis", b"-NOAUTH Authentication required.\r\n", True),
        ("redis", b"-LOADING Redis is loading the dataset in memory\r\n", False),
        ("redis", b"", False),
    ],
)
def test_an_answer_counts_when_it_is_the_right_one(kind: str, answer: bytes, expected: bool) -> None:
    with answering(answer) as address:
        probe = ProgramProbe(kind, address, path="/health")  # type: ignore[arg-type]
        assert ask(probe)[0] is expected


def test_the_reason_is_a_clause_for_people() -> None:
    with answering(http("503 No"), b"silence") as address:
        probe = ProgramProbe("http", address, path="/health", timeout=0.1)
        assert ask(probe) == (False, "GET /health answered 503")
        assert ask(probe) == (False, "GET /health was not answered within 0.1 s")
    assert ask(probe) == (False, f"nothing listens at {address}")
    assert ask(ProgramProbe("command", command=("false",))) == (False, "the command false exited with code 7")
    assert ask(ProgramProbe("command", command=("true",)))[0]


def test_tcp_wants_a_connection() -> None:
    with socket.create_server(("127.0.0.1", 21221)):
        assert ask(ProgramProbe("tcp", "127.0.0.1:21221"))[0]
    assert not ask(ProgramProbe("tcp", "127.0.0.1:21221"))[0]


def test_a_pid_file_counts_only_when_it_is_of_our_own_process(tmp_path: Path) -> None:
    file = tmp_path / "postmaster.pid"
    probe = ProgramProbe("pidfile", path=str(file))
    assert ask(probe) == (False, f"{file} does not exist yet")
    head = "\n".join(["/data", "1", "5432", "/tmp", "127.0.0.1", "shm"])
    file.write_text(f"{os.getpid()}\n{head}\nstarting\n")
    assert ask(probe) == (False, f"{file} says starting")
    file.write_text(f"{os.getpid()}\n{head}\nready   \n")
    assert ask(probe)[0]
    # In a container the tests may share their session with process 1: only one that starts its own is surely another.
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        file.write_text(f"{stranger.pid}\n{head}\nready   \n")
        assert ask(probe) == (False, f"{file} is left from an earlier process")
        stranger.kill()


def test_a_file_counts_only_when_it_is_newer_than_the_process(tmp_path: Path) -> None:
    file = tmp_path / "ready"
    probe = ProgramProbe("file", path=str(file))
    assert ask(probe) == (False, f"{file} does not exist yet")
    file.touch()
    assert ask(probe)[0]
    os.utime(file, (1, 1))
    assert ask(probe) == (False, f"{file} is older than the process")


def test_a_port_tells_its_owner() -> None:
    assert (holders.is_free(21222), holders.port_owner(21222), holders.held(21222)) == (True, "", "")
    name = Path("/proc/self/comm").read_text().strip()
    for address in ("127.0.0.1", "0.0.0.0"):
        with socket.create_server((address, 21222)):
            assert not holders.is_free(21222)
            assert holders.held(21222) == f"port 21222 is held by {name} (pid {os.getpid()}, {Path.cwd()})"
    assert holders.is_free(21222)
