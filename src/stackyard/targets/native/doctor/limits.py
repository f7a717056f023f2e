"""Has the machine enough of everything: disk, memory, file watches, a right clock, room in socket paths."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from stackyard.model.system import Postgres, Redis, System
from stackyard.targets.local.check import Check, Fix, Verdict
from stackyard.targets.native.layout import Layout

_DISK = 1_000_000_000
_WATCHES = 65_536
_INSTANCES = 128
# The longest name in the folder of sockets: PostgreSQL's lock file is longer than its socket, but only a file.
_LONGEST_SOCKET = ".s.PGSQL.65535"
_INOTIFY = Path("/proc/sys/fs/inotify")


def check_machine(system: System | None, project: Path) -> Iterator[Check]:
    """Everything that the machine must have enough of."""
    yield check_disk(project)
    yield check_clock(time.time(), _newest_known_time())
    environment = system.environment if system else "development"
    yield check_socket_path(Layout(project, environment).sockets)
    yield check_memory(system, _memory())
    if environment == "development" and _INOTIFY.is_dir():
        yield from check_watches(_number(_INOTIFY / "max_user_watches"), _number(_INOTIFY / "max_user_instances"))


def check_disk(project: Path) -> Check:
    """Is there room for data? A database that meets a full disk stops."""
    folder = Layout(project, "development").home
    free = shutil.disk_usage(folder if folder.exists() else project).free
    verdict: Verdict = "ok" if free >= _DISK else "wrong"
    wish = "" if verdict == "ok" else f"; at least {_size(_DISK)} are wanted"
    return Check("disk", verdict, f"{_size(free)} are free for {folder}{wish}")


def check_clock(now: float, known: float) -> Check:
    """Is the clock at least past a moment that is certainly over? Certificates are refused when it is not.

    Both are seconds since 1970.
    """
    if now + 86_400 < known:
        shown = time.strftime("%Y-%m-%d", time.gmtime(now))
        return Check("clock", "wrong", f"the clock says {shown}, which is before stackyard was installed here")
    return Check("clock", "ok", f"the clock says {time.strftime('%Y-%m-%d %H:%M', time.gmtime(now))} UTC")


def check_socket_path(folder: Path) -> Check:
    """Do unix sockets fit? Systems cut their paths at 107 bytes (macOS: 103)."""
    longest = 103 if os.uname().sysname == "Darwin" else 107
    length = len(os.fsencode(folder / _LONGEST_SOCKET))
    if length > longest:
        return Check("socket paths", "wrong", f"{folder} is too long for unix sockets: {length} of {longest} bytes")
    return Check("socket paths", "ok", f"{length} of {longest} bytes")


def check_memory(system: System | None, memory: int) -> Check:
    """Does what the resources may use fit into the machine? Sizes in bytes."""
    parts = system.resources if system else ()
    wanted = sum(part.memory for part in parts if isinstance(part, Postgres | Redis))
    if wanted > memory * 0.75:
        sentence = f"databases and caches may use {_size(wanted)} of the {_size(memory)} that this machine has"
        return Check("memory", "wrong", f"{sentence}: lower `memory` in the stack file")
    return Check("memory", "ok", f"{_size(memory)}, of which databases and caches may use {_size(wanted)}")


def check_watches(watches: int, instances: int) -> Iterator[Check]:
    """May enough files be watched for hot reload?"""
    for name, found, wanted in (("max_user_watches", watches, _WATCHES), ("max_user_instances", instances, _INSTANCES)):
        if found >= wanted:
            yield Check(f"inotify {name}", "ok", f"{found} are enough for hot reload")
            continue
        fix = Fix(
            (("sysctl", "-w", f"fs.inotify.{name}={wanted}"),), True, f"raises {name} to {wanted} until the next boot"
        )
        yield Check(f"inotify {name}", "note", f"{found} may be too few for hot reload; {wanted} are usual", fix)


def _newest_known_time() -> float:
    return Path(__file__).stat().st_ctime


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _number(file: Path) -> int:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return 0


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
