"""What the processes of a system may do on this machine, read from the kernel for each of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from stackyard.model.system import Limits, Service, System
from stackyard.observe import processes
from stackyard.observe.processes import Credentials
from stackyard.observe.seen import Account, Member
from stackyard.observe.view import View
from stackyard.verify.check import Check, DoesNotApplyError, Look, Seen, saw

_BITS = {
    "chown": 0,
    "dac_override": 1,
    "fowner": 3,
    "kill": 5,
    "setgid": 6,
    "setuid": 7,
    "net_bind_service": 10,
}
"""Numbers of capabilities, as in <linux/capability.h>."""

_MOMENT = 0.3
"""Seconds that a process is given to become what it is to be."""


def _credentials(view: View, fault_of: Callable[[Member, Credentials], str]) -> Iterator[Seen]:
    """What is wrong with each process that is there for longer than a moment.

    A process is born with the rights of its parent, and gives them up before it becomes what it is to be.
    """
    members = view.members()
    if any(found and fault_of(one, found) for one, found in _looked_at(members)):
        time.sleep(_MOMENT)
    for one, found in _looked_at(members):
        if found is not None:
            fault = fault_of(one, found)
            yield saw(f"/proc/{one.pid}/status of {one.id}", found.words, fault=fault and f"{one.id} {fault}")


def _looked_at(members: Iterable[Member]) -> Iterator[tuple[Member, Credentials | None]]:
    return ((one, processes.credentials(one.pid)) for one in members)


def _unprivileged(view: View) -> Iterator[Seen]:
    """What is Stackyard's own runs as who started it: it applies the stack file as a person would."""
    planned = view.planned()

    def fault(one: Member, found: Credentials) -> str:
        if one.id in planned and planned[one.id].is_ours:
            return ""
        return user_fault(found, view.account(one.id))

    return _credentials(view, fault)


def user_fault(found: Credentials, account: Account | None) -> str:
    """What is wrong with the user and the groups of a process, as the end of a sentence, or "".

    `account` is the user that it should have, None where only its image knows.
    """
    if 0 in found.uids:
        return "runs as root"
    if account is None:
        return ""
    if set(found.uids) != {account.uid}:
        return f"runs as uid {', '.join(map(str, sorted(set(found.uids))))} and not as {account.name} ({account.uid})"
    if 0 in found.gids:
        return "has the group of root"
    # Groups cannot be given up by somebody who is not root; but nobody can hand them to the parts of root's system.
    others = set(found.groups) - {account.gid, *account.groups}
    if account.is_dropped and (set(found.gids) != {account.gid} or others):
        return (
            f"has groups that it does not need: {', '.join(map(str, sorted({*found.gids, *others} - {account.gid})))}"
        )
    return ""


def _confined(view: View) -> Iterator[Seen]:
    planned = view.planned()

    def fault(one: Member, found: Credentials) -> str:
        wanted, account = planned.get(one.id), view.account(one.id)
        allowed = wanted.capabilities if wanted else ()
        is_ours = wanted is not None and wanted.is_ours
        return privilege_fault(found, allowed, is_ours=is_ours, is_dropped=account is None or account.is_dropped)

    return _credentials(view, fault)


def privilege_fault(found: Credentials, allowed: Iterable[str], *, is_ours: bool, is_dropped: bool) -> str:
    """What privileges a process has, or could get, that it should not, as the end of a sentence, or ""."""
    if not found.no_new_privileges:
        return "could gain privileges: NoNewPrivs is 0"
    if is_ours:
        return ""
    bits = sum(1 << _BITS[name] for name in allowed)
    # Only root can empty the bounding set; with NoNewPrivs nobody gets out of it what he does not have.
    names = ("Inh", "Prm", "Eff", "Amb", *(("Bnd",) if is_dropped else ()))
    more = [f"Cap{name} {found.capabilities[name]:x}" for name in names if found.capabilities[name] & ~bits]
    return f"has capabilities that it does not need: {', '.join(more)}" if more else ""


def _limits(view: View) -> Iterator[Seen]:
    """What is used now, beside the limits. Nothing holds a service to them on this target, and that is said."""
    members = view.members()
    for service in _limited(view.system):
        pids = [one.pid for one in members if one.id.rpartition("-")[0] == service.name]
        count, most = len(pids), service.limits.pids
        if most is not None:
            yield saw(
                f"processes of {service.name}, at most {most}",
                str(count),
                fault=f"{service.name} has {count} processes, more than its {most}",
                unless=count <= most,
            )
        memory, largest = sum(map(_memory, pids)), service.limits.memory
        if largest is not None:
            yield saw(
                f"memory of {service.name}, at most {largest / 1024**2:.0f} MB",
                f"{memory / 1024**2:.0f} MB",
                fault=f"{service.name} uses {memory / 1024**2:.0f} MB, more than its {largest / 1024**2:.0f} MB",
                unless=memory <= largest,
            )
    reasons = [sentence for sentence in view.left_out() if "limits of" in sentence]
    if reasons:
        raise DoesNotApplyError(f"as `up` says: {'; '.join(reasons)}")


def _memory(pid: int) -> int:
    """The memory of a process in bytes, its share of what it has in common with others; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _limited(system: System) -> list[Service]:
    return [service for service in system.services if service.limits != Limits()]


def _has_no_limits(system: System) -> str:
    return "" if _limited(system) else "no service asks for limits"


CHECKS = (
    Check(
        "topology.unprivileged",
        ("TOP-09",),
        "no part runs as root, and none has groups that it does not need",
        Look.INSIDE,
        _unprivileged,
        next_step="`stackyard up` starts it anew as the unprivileged user; a process that is none of ours must be "
        "ended by hand.",
    ),
    Check(
        "topology.confined",
        ("TOP-09",),
        "no part has a privilege of root, nor can it get one",
        Look.INSIDE,
        _confined,
        next_step="`stackyard up` starts it anew without them; a process that is none of ours must be ended by hand.",
    ),
    Check(
        "topology.limits",
        ("TOP-09",),
        "no service takes more than its limits",
        Look.INSIDE,
        _limits,
        unless=_has_no_limits,
        next_step="Give the service a larger limit, or `stackyard restart` it and find out what it takes more for.",
    ),
)
