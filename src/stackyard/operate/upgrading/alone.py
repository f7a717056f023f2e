"""A server on a data folder for ourselves alone, which ends with us even when we are killed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from stackyard.backup import private
from stackyard.backup.job import PostgresPart
from stackyard.operate.upgrading.transfer import Server

_ROOMY = {
    "max_connections": "50",
    "max_locks_per_transaction": "256",
    "max_replication_slots": "64",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "maintenance_work_mem": "128MB",
    "statement_timeout": "0",
    "lock_timeout": "0",
}
OLD: Mapping[str, str] = {**_ROOMY, "wal_level": "logical"}
"""With less, a server with a slot of logical replication does not start."""
NEW: Mapping[str, str] = {**_ROOMY, "wal_level": "minimal", "max_wal_senders": "0"}

_WARDEN = 'read -r line && exit 0; kill -INT "$0"'
"""Waits for a line, or for the end of whoever should send it: then the server is told to stop."""


@contextmanager
def serving(part: PostgresPart, folder: Path, settings: Mapping[str, str], libraries: str) -> Iterator[Server]:
    """The server of `part` on `folder`; it has stopped cleanly when the block ends well.

    `libraries` are what it loads when it starts. Raises BackupError when it does not come up or go down.
    """
    given = {**settings, "shared_preload_libraries": libraries}
    with private.running(part, folder, given, is_held=True) as server, _guarded(server.process):
        server.wait(lambda _session: True)
        yield Server(server.host, server.port)
        server.stop()


@contextmanager
def _guarded(process: subprocess.Popen[bytes]) -> Iterator[None]:
    # In a session of its own: what kills us and our group does not reach it.
    warden = subprocess.Popen(
        ("/bin/sh", "-c", _WARDEN, str(process.pid)), stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        yield
    finally:
        assert warden.stdin is not None
        with suppress(BrokenPipeError):
            warden.stdin.write(b"done\n")
            warden.stdin.close()
        warden.wait()
