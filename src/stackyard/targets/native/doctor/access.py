"""May the parts do what they must: run as somebody, reach the project, listen on their ports."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from stackyard.errors import MachineError
from stackyard.model.system import System
from stackyard.targets.local.check import Check, Fix, Verdict
from stackyard.targets.local.holders import held
from stackyard.targets.local.identity import SYSTEM_USER, Identity, blocked_ancestors, service_identity
from stackyard.targets.native.machine import wishes

_FIRST_OPEN_PORT = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


def check_user(project: Path) -> Check:
    """Who the parts run as."""
    try:
        user = service_identity(project)
    except MachineError as error:
        add = ("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER)
        fix = Fix((add,), True, f"creates the system user {SYSTEM_USER}, without a home or a shell")
        return Check("service user", "missing", error.what, fix if shutil.which("useradd") else None)
    if user.name == str(user.uid):
        sentence = f"the number {user.uid} has no account on this machine, and PostgreSQL refuses to run without one"
        return Check("service user", "wrong", sentence)
    how = "root starts them and drops to that user" if user.drop else "the user who calls stackyard"
    return Check("service user", "ok", f"the parts run as {user.name} (uid {user.uid}): {how}")


def check_reach(project: Path, user: Identity) -> list[Check]:
    """Can the user of the parts search every folder on the way to the project?"""
    blocked = blocked_ancestors(project / "any", user)
    if not blocked:
        return [Check("reach", "ok", f"{user.name} can reach {project}")]
    listed = ", ".join(str(folder) for folder in blocked)
    commands = tuple(("chmod", "o+x", str(folder)) for folder in blocked)
    fix = Fix(commands, True, f"lets every user pass through {listed} (chmod o+x), but not list what is in it")
    return [Check("reach", "wrong", f"{user.name} cannot reach {project}: {listed} is closed to that user", fix)]


def check_ports(system: System, ours: frozenset[int] = frozenset()) -> Iterator[Check]:
    """Are the documented ports free, and may we listen below 1024? `ours` are held by this very system."""
    asked = sorted({wish.port for wish in wishes(system) if wish.port} - ours)
    low = [port for port in asked if port < first_open_port()]
    for port in asked:
        clause = held(port)
        verdict: Verdict = "wrong" if system.is_production else "note"
        if clause:
            yield Check(f"port {port}", verdict, clause)
    if low:
        yield _check_low_ports(low, system)
    if not any(held(port) for port in asked):
        yield Check("ports", "ok", f"free: {', '.join(str(port) for port in asked) or 'none is asked for'}")


def _check_low_ports(low: list[int], system: System) -> Check:
    listed = " and ".join(str(port) for port in low)
    if os.geteuid() == 0:
        return Check("low ports", "ok", f"the edge may listen on {listed}: root starts it with that one capability")
    setting = f"net.ipv4.ip_unprivileged_port_start={min(low)}"
    way = f"run stackyard as root, or allow it with `sysctl -w {setting}`"
    if system.is_production:
        return Check("low ports", "wrong", f"an ordinary user may not listen on {listed}: {way}")
    return Check("low ports", "note", f"an ordinary user may not listen on {listed}, so others are used: {way}")


def first_open_port() -> int:
    """The lowest port that an ordinary user may listen on. macOS has no such limit on loopback wildcards."""
    try:
        return int(_FIRST_OPEN_PORT.read_text())
    except (OSError, ValueError):
        return 1 if os.uname().sysname == "Darwin" else 1024
