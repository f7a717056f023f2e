"""What is missing or wrong on this machine for a system, and putting it right."""

from __future__ import annotations

from pathlib import Path

from stackyard.errors import MachineError
from stackyard.model.system import System
from stackyard.targets.local.check import Check, Fix, Verdict, is_well
from stackyard.targets.local.identity import service_identity
from stackyard.targets.native.doctor import access, limits, programs
from stackyard.targets.native.doctor.repair import Outcome, Run, install
from stackyard.targets.native.toolchain import Store, default_store

__all__ = ["Check", "Fix", "Outcome", "Run", "Verdict", "examine", "install", "is_well"]


def examine(
    system: System | None, project: Path, *, store: Store | None = None, ours: frozenset[int] = frozenset()
) -> list[Check]:
    """Every check of this machine for the system, or for any system when there is no stack file. Changes nothing.

    `project` is the folder of the stack file; `ours` are the ports that its own processes hold.
    Checks that need to know the service user are left out while there is none: the check of that user says so.
    """
    store = store or default_store()
    try:
        user = service_identity(project)
    except MachineError:
        user = None
    checks = [
        *programs.check_tools(system, user, store),
        *programs.check_pythons(system, user, store),
        *programs.check_packages(system),
        access.check_user(project),
        *limits.check_machine(system, project),
    ]
    if user:
        checks += access.check_reach(project, user)
    if system:
        checks += access.check_ports(system, ours)
    return checks
