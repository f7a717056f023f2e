"""Real servers for the tests of this folder, run as an unprivileged user."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from stackyard.model.system import Postgres
from stackyard.model.values import Position, Version
from stackyard.resources.postgres.config import Listening, config
from stackyard.resources.postgres.settings import MB, ServerFacts, settings
from stackyard.runner import Processes
from stackyard.targets.local.identity import Identity
from stackyard.targets.local.postgres_catalog import Server
from stackyard.targets.native import postgres as native
from stackyard.targets.native.toolchain.finding import find
from stackyard.targets.native.toolchain.tool import Tool, Want

SUPERUSER_PASSWORD = "the-superuser-of-these-tests-only-0815"
HERE = Position("stackyard.yaml", 7)


HASTE = {"fsync": "off"}
"""These servers lose nothing that anybody wants; what SIGKILL does to a process is the same with and without."""


def wait_until(claim: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for a condition. Raises AssertionError when it does not come true."""
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def free_port() -> int:
    """A port that nobody listens on, below the range from which clients take theirs."""
    for port in range(21500, 21600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return port
    raise AssertionError("no free port between 21500 and 21599")


def need(name: str, version: Version | None = None) -> Tool:
    """The tool, or the test is skipped."""
    tool = find(Want(name, version), user=identity())
    if tool is None:
        pytest.skip(f"no {name} {version or ''} on this machine")
    return tool


def identity() -> Identity:
    """Whom servers run as: ourselves, or nobody when we are root."""
    if os.geteuid() != 0:
        return Identity(os.geteuid(), os.getegid(), "", drop=False)
    entry = pwd.getpwnam("nobody")
    return Identity(entry.pw_uid, entry.pw_gid, entry.pw_name, drop=True)


def private_folder(folder: Path) -> Path:
    """A new folder of the unprivileged user, 0700."""
    folder.mkdir(mode=0o700, parents=True)
    if identity().drop:
        os.chown(folder, identity().uid, identity().gid)
    return folder


@contextmanager
def running(
    argv: Sequence[str], log: Path, environment: Mapping[str, str], stop: int = signal.SIGTERM
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in the background, as the unprivileged user; gone afterwards."""
    who = identity()
    user, group = (who.uid, who.gid) if who.drop else (None, None)
    extra: list[int] | None = [] if who.drop else None
    with log.open("ab") as output:
        process = subprocess.Popen(
            argv, cwd="/", env={"PATH": os.defpath, **environment}, stdout=output, stderr=output,
            stdin=subprocess.DEVNULL, user=user, group=group, extra_groups=extra, start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(stop)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def _majors() -> list[int]:
    found = [major for major in (14, 15, 16, 17, 18) if find(Want("postgres", Version((major,))), user=identity())]
    return sorted({found[0], found[-1]}) if found else [16]


MAJORS = _majors()
"""The oldest and the newest PostgreSQL that is here: what both do, those between do as well."""


@dataclass(frozen=True)
class Running:
    """A PostgreSQL that runs: how its superuser reaches it, its tool, its folders and its log."""

    server: Server
    tool: Tool
    workshop: native.Workshop
    folder: Path
    log: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def said(self) -> str:
        return self.log.read_text(errors="replace")


def workshop(place: Path, tool: Tool) -> native.Workshop:
    return native.Workshop(tool, identity(), Processes(), place / "cache")


@contextmanager
def postgres(place: Path, tool: Tool, name: str, listening: Mapping[str, str] | None = None) -> Iterator[Running]:
    """A server on a new cluster, or on the one that is there."""
    folder = place / name
    etc, sockets = folder / "etc", folder / "run"
    work = workshop(place, tool)
    native.create_data("db", work, folder / "data", native.Cluster(), SUPERUSER_PASSWORD)
    etc.mkdir(exist_ok=True)
    if not sockets.exists():
        private_folder(sockets)
    resource = Postgres("db", Version((tool.version[0],)), HERE, memory=256 * MB, slow_query=0.2, settings=HASTE)
    facts = ServerFacts(extensions=native.available_extensions(tool), wal_segment=MB)
    where = Listening(str(etc), str(sockets), free_port(), **(listening or {}))  # type: ignore[arg-type]
    for file in config(settings(resource, facts), where):
        (etc / file.path).write_text(file.content)
    log = folder / "server.log"
    server = Server("db", sockets, where.port, SUPERUSER_PASSWORD)
    arguments = native.command(tool, folder / "data", etc)
    with running(arguments, log, {"LC_ALL": "C", **tool.environment}, signal.SIGINT) as process:
        wait_until(lambda: _is_ready(folder / "data", process), 20)
        yield Running(server, tool, work, folder, log)


def _is_ready(data: Path, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "the server ended before it was ready"
    try:
        lines = native.pid_file(data).read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost and its key, which the unprivileged user can read."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "server.crt").write_bytes(made.public_bytes(pem))
    form = serialization.PrivateFormat.PKCS8
    (folder / "server.key").write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    (folder / "server.key").chmod(0o600)
    if identity().drop:
        os.chown(folder / "server.key", identity().uid, identity().gid)
    return folder / "server.crt", folder / "server.key"
