"""What every container is held to: no new privileges, few capabilities, limits, rotated logs, a first process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stackyard.model.system import Limits, Logs

MB = 1024**2
LOG_FILES = 5
_FOREIGN = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID")
"""What images that begin as root need to become somebody else; whoever they become keeps none of it."""


def ours(user: str, *, tmp: Iterable[str] = ("/tmp",), capabilities: Iterable[str] = ()) -> dict[str, Any]:
    """For what we know: an unprivileged user, a read-only root, scratch in memory."""
    scratch = list(tmp)
    added = list(capabilities)
    return {
        "user": user,
        "read_only": True,
        **({"tmpfs": scratch} if scratch else {}),
        "cap_drop": ["ALL"],
        **({"cap_add": added} if added else {}),
    }


def foreign() -> dict[str, Any]:
    """For images that are not ours: who they run as and where they write, only they know."""
    return {"cap_drop": ["ALL"], "cap_add": list(_FOREIGN)}


def limits(given: Limits, *, cores: int, cpu: float, memory: int, pids: int) -> dict[str, Any]:
    """The limits of a container: those of the stack file, and for the rest these; a machine has only so many cores."""
    return {
        "resources": {
            "limits": {
                "cpus": f"{given.cpu if given.cpu is not None else min(cpu, cores):g}",
                "memory": size(given.memory if given.memory is not None else memory),
                "pids": given.pids if given.pids is not None else pids,
            }
        }
    }


def everywhere(logs: Logs) -> dict[str, Any]:
    """What holds for all of them, ours or not."""
    return {
        "init": True,
        "security_opt": ["no-new-privileges:true"],
        "logging": {"driver": "json-file", "options": {"max-size": str(logs.size), "max-file": str(LOG_FILES)}},
    }


def size(count: int) -> str:
    """Bytes as Compose writes them, in whole mebibytes where it is that."""
    return f"{count // MB}M" if count % MB == 0 else f"{count}b"


def seconds(count: float) -> str:
    """A duration as Compose writes it."""
    return f"{count:g}s" if count >= 1 or count == 0 else f"{round(count * 1000)}ms"
