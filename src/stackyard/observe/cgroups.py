"""What the kernel holds a process to: the limits of its control group, in both versions of these."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_ENDLESS = 1 << 60
"""From here on a number means that there is no limit."""


@dataclass(frozen=True)
class Held:
    """Bytes of memory, number of processes, and cores; None where there is no limit, or none that can be seen."""

    memory: int | None
    pids: int | None
    cores: float | None


def held(pid: int) -> Held | None:
    """What a process is held to, None where that cannot be seen."""
    groups = _groups(pid)
    if "memory" in groups:
        return _first(groups)
    if "" in groups:
        return _second(_ROOT / groups[""].lstrip("/"))
    return None


def _groups(pid: int) -> dict[str, str]:
    """The groups of a process by the controller that they belong to; "" is the one of version 2."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return {}
    found = [line.split(":", 2) for line in lines if line.count(":") >= 2]
    return {name: path for _, names, path in found for name in names.split(",")}


def _first(groups: dict[str, str]) -> Held:
    def number(controller: str, name: str) -> int | None:
        return _number(_ROOT / controller / groups.get(controller, "").lstrip("/") / name)

    quota, period = number("cpu", "cpu.cfs_quota_us"), number("cpu", "cpu.cfs_period_us")
    cores = quota / period if quota is not None and period and quota > 0 else None
    return Held(number("memory", "memory.limit_in_bytes"), number("pids", "pids.max"), cores)


def _second(folder: Path) -> Held:
    quota, _, period = _text(folder / "cpu.max").partition(" ")
    cores = int(quota) / int(period) if quota.isdigit() and period.isdigit() else None
    return Held(_number(folder / "memory.max"), _number(folder / "pids.max"), cores)


def _number(path: Path) -> int | None:
    text = _text(path)
    value = int(text) if text.lstrip("-").isdigit() else None
    return value if value is not None and value < _ENDLESS else None


def _text(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text().strip()
    return ""
