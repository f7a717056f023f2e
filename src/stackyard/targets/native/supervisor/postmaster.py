"""What a killed PostgreSQL leaves behind, and what keeps the next one from starting although nobody runs.

PostgreSQL refuses to start while the pid in its lock file belongs to anybody. After a crash that may be a zombie that
nobody reaps (a container without an init), and after a boot of the machine some other process of the same user.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from stackyard.targets.native.supervisor import processes


def clear_stale_lock(pid_file: Path) -> bool:
    """Remove `postmaster.pid` and the lock of its socket when their server is dead for sure; whether that was so.

    It is, when somebody has its pid who is not at work in the data folder, and nobody else is either: every process of
    a PostgreSQL works there. A pid that nobody has is left to PostgreSQL, which looks more closely than we could.
    """
    try:
        lines = pid_file.read_text().splitlines()
        pid = int(lines[0])
    except (OSError, ValueError, IndexError):
        return False
    if processes.read(pid) is None or _somebody_works_in(pid_file.parent):
        return False
    stale = [pid_file]
    if len(lines) > 4 and lines[4].startswith("/"):
        stale.append(Path(lines[4]) / f".s.PGSQL.{lines[3]}.lock")
    for path in stale:
        with contextlib.suppress(OSError):
            if path.read_text().split("\n", 1)[0] == lines[0]:
                path.unlink()
    return True


def _somebody_works_in(folder: Path) -> bool:
    place = str(folder.resolve())
    return any(_folder_of(process.pid) == place for process in processes.everybody())


def _folder_of(pid: int) -> str:
    """The working folder of a process; empty for a zombie, and for one of another user, who cannot be ours."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")  # noqa: PTH115 - a text is all that is needed
    except OSError:
        return ""
