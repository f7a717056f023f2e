"""A PostgreSQL that runs on a copy, for ourselves alone: a socket in a folder of our own, and nothing of the original.

It takes no setting from the original but what its postgresql.auto.conf says, and of that everything that could reach
out is overridden: it archives nothing, follows nobody, waits for nobody and listens on no address.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard.backup import programs
from stackyard.backup.database import connect
from stackyard.backup.job import PostgresPart
from stackyard.backup.leash import MARK, Leash, leash
from stackyard.backup.ownership import give
from stackyard.backup.problem import BackupError

if TYPE_CHECKING:
    import psycopg

    Condition = Callable[[psycopg.Connection[tuple[Any, ...]]], bool]

PORT = 5432
"""The port names the socket only; nothing listens on it."""

ALONE = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "archive_mode": "off",
    "primary_conninfo": "",
    "primary_slot_name": "",
    "synchronous_standby_names": "",
    "shared_preload_libraries": "",
    "external_pid_file": "",
    "ssl": "off",
    "autovacuum": "off",
    "wal_keep_size": "64MB",
    "jit": "off",
    "huge_pages": "off",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_min_messages": "warning",
    "log_line_prefix": "",
    "lc_messages": "C",
    "timezone": "UTC",
}
"""With these a server serves nobody but us."""

_CAPACITY = {
    "max_connections setting": ("max_connections", 1000),
    "max_worker_processes setting": ("max_worker_processes", 64),
    "max_wal_senders setting": ("max_wal_senders", 64),
    "max_prepared_xacts setting": ("max_prepared_transactions", 256),
    "max_locks_per_xact setting": ("max_locks_per_transaction", 256),
}
"""What a copy must have at least as much of as its original, to be read while it is recovered; and what is plenty."""

_PAUSE = 0.03
_STATUS = 7
"""The line of postmaster.pid, counted from 0, that says how far the server is; PostgreSQL's pidfile.h has it."""
_OPEN = ("ready", "standby")
_KNOCKING = "the database system is starting up"
"""What the server says whenever we ask whether it is ready."""


@dataclass(frozen=True)
class Private:
    """A server that runs on a copy. `host` is its socket's folder; `log` is what it says."""

    part: PostgresPart
    folder: Path
    host: str
    port: int
    user: str
    log: Path
    process: subprocess.Popen[bytes]

    def connect(self, database: str | None = None) -> psycopg.Connection[tuple[Any, ...]]:
        """A session of the superuser."""
        part = replace(self.part, database=database) if database else self.part
        return connect(part, host=self.host, port=self.port, user=self.user)

    def said(self) -> tuple[str, ...]:
        """The last lines of its log."""
        lines = self.log.read_text(errors="replace").splitlines()
        return tuple([line for line in lines if _KNOCKING not in line][-20:])

    def wait(self, is_reached: Condition, tick: Callable[[], None] = lambda: None) -> None:
        """Wait until it lets us in and the condition holds; `tick` is called now and then meanwhile.

        Raises BackupError with its last words when it ends before.
        """
        import psycopg

        while self.process.poll() is None:
            tick()
            if not self._lets_in():
                time.sleep(_PAUSE)
                continue
            with suppress(psycopg.OperationalError, BackupError), self.connect("postgres") as session:
                while not is_reached(session):
                    tick()
                    time.sleep(_PAUSE)
                return
            time.sleep(_PAUSE)
        raise BackupError(f"the copy of {self.part.name} did not come up", details=self.said())

    def _lets_in(self) -> bool:
        """What the server notes in its folder: each knock before would cost a process of its own, beside the replay."""
        with suppress(OSError, IndexError):
            return (self.folder / "postmaster.pid").read_text().splitlines()[_STATUS].strip() in _OPEN
        return False

    def stop(self) -> None:
        """End it cleanly. Raises BackupError when it does not end so."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        if self.process.wait() != 0:
            raise BackupError(f"the copy of {self.part.name} did not stop cleanly", details=self.said())


@contextmanager
def running(
    part: PostgresPart, folder: Path, settings: Mapping[str, str], hba: str = "", *, is_held: bool = False
) -> Iterator[Private]:
    """A server on `folder`, begun but not awaited; gone when the block ends, and when this process is killed.

    `hba` are lines of pg_hba.conf by which others than the superuser are let in, where `settings` have it listen.
    With `is_held` somebody else sees to it that the server does not outlive us. Raises BackupError when it cannot be
    begun.
    """
    require_account(part)
    # What carries the mark already is on the leash of whoever marked it.
    leashed: AbstractContextManager[Leash | None] = nullcontext() if is_held or MARK in part.environment else leash()
    with private_folder(part) as place, leashed as held:
        for name, text in (
            ("postgresql.conf", ""),
            ("ident", ""),
            ("hba", f'local all "{part.superuser}" trust\n{hba}'),
        ):
            (place / name).write_text(text)
            give(place / name, part.account)
        given = {
            **ALONE,
            "config_file": str(place / "postgresql.conf"),
            "hba_file": str(place / "hba"),
            "ident_file": str(place / "ident"),
            "unix_socket_directories": str(place),
            **settings,
        }
        argv = [str(Path(part.server) / "postgres"), "-D", str(folder)]
        argv += [word for name, value in given.items() for word in ("-c", f"{name}={value}")]
        log = place / "log"
        environment = {**part.environment, **({MARK: held.mark} if held else {})}
        with log.open("wb") as sink:
            process = programs.start(argv, environment, part.account, folder, stdout=sink, stderr=sink)
        if held:
            held.hold(process)
        try:
            yield Private(part, folder, str(place), int(given["port"]), part.superuser, log, process)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGQUIT)
            process.wait()
            if held:
                held.end(process)


@contextmanager
def private_folder(part: PostgresPart) -> Iterator[Path]:
    """A folder with a short path that only the server's account may enter; gone when the block ends."""
    place = Path(tempfile.mkdtemp(prefix="stackyard-"))
    try:
        give(place, part.account)
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def require_account(part: PostgresPart) -> None:
    """Raises BackupError when we are root and know of nobody else to be: PostgreSQL refuses to run as root."""
    if os.geteuid() == 0 and part.account is None:
        raise BackupError(
            f"PostgreSQL does not run as root, and no account is known for {part.name}",
            hint="Run this as the account that owns the data folder.",
        )


def capacity(part: PostgresPart, folder: Path) -> dict[str, str]:
    """Settings that make the copy at least as roomy as its original, without which nobody may read it meanwhile."""
    told = control(part, folder)
    return {setting: told.get(label, str(plenty)) for label, (setting, plenty) in _CAPACITY.items()}


def control(part: PostgresPart, folder: Path) -> dict[str, str]:
    """What the cluster's control file says, by pg_controldata's labels; nothing where no such program fits."""
    for place in (part.server, part.programs):
        program = Path(place) / "pg_controldata"
        if not program.is_file():
            continue
        answer = programs.run([str(program), str(folder)], env=part.environment, account=part.account)
        if answer.is_done and "WARNING" not in answer.output + answer.errors:
            pairs = (line.partition(":") for line in answer.output.splitlines())
            return {label: value.strip() for label, _, value in pairs}
    return {}
