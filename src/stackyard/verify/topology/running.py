"""What runs, beside what the stack file describes."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.model.system import Objects, Postgres, Redis, System
from stackyard.observe.seen import DataView
from stackyard.observe.view import View
from stackyard.verify.check import Check, Look, Seen, saw

_WELL = ("ready", "done", "waiting")


def _healthy(view: View) -> Iterator[Seen]:
    for one in view.processes():
        is_well = one.state in _WELL
        yield saw(f"state of {one.id}", one.state, fault=f"{one.id} is {one.state}: {one.sentence}", unless=is_well)


def _as_described(view: View) -> Iterator[Seen]:
    steps = view.differences()
    if not steps:
        yield saw("what `stackyard plan` would do", "nothing")
    for step in steps:
        yield saw("what `stackyard plan` would do", step, fault=f"differs from the file: {step}")


def _replicas(view: View) -> Iterator[Seen]:
    """Live processes are counted, not what somebody remembers of them."""
    alive = {member.id: member.pid for member in view.members() if member.is_supervised}
    done = {one.id for one in view.processes() if one.state == "done"}
    for service in view.system.services:
        if service.is_static or service.schedule:
            continue
        names = [f"{service.name}-{number}" for number in range(1, service.replicas + 1)]
        there = {name: f"pid {alive[name]}" for name in names if name in alive}
        there |= {name: "done" for name in names if name in done and name not in alive}
        missing = [name for name in names if name not in there]
        yield saw(
            f"processes of {service.name}, {service.replicas} wanted",
            ", ".join(f"{name} ({how})" for name, how in there.items()) or "none",
            fault=f"{', '.join(missing)} of {service.name} does not run",
            unless=not missing,
        )


def _versions(view: View) -> Iterator[Seen]:
    for resource in view.system.resources:
        if isinstance(resource, Postgres):
            with view.database(resource) as connection:
                number = connection.info.server_version
            yield _version(resource, (number // 10_000, number % 10_000), "show server_version")
        elif isinstance(resource, Redis):
            with view.cache(resource) as cache:
                text = str(cache.info("server")["redis_version"])
            yield _version(resource, tuple(map(int, text.split("."))), "INFO server")


def _version(resource: Postgres | Redis, found: tuple[int, ...], sent: str) -> Seen:
    wanted, text = resource.version, ".".join(map(str, found))
    return saw(
        f"{sent} in {resource.name}, which should be {wanted}",
        text,
        fault=f"{resource.name} is {text}, and the file says {wanted}",
        unless=wanted.accepts(found),
    )


def _data(view: View) -> Iterator[Seen]:
    """Where the living process works, and who may look into that."""
    for resource in view.system.resources:
        if not isinstance(resource, Postgres | Redis | Objects):
            continue
        found = view.data(resource)
        yield saw(
            f"folder of the process of {resource.name}",
            found.found or "no process",
            fault=f"{resource.name} does not work in {found.wanted}",
            unless=found.found == found.wanted,
        )
        yield _access(found)


def _access(found: DataView) -> Seen:
    folder = found.wanted
    if found.mode is None:
        return saw(f"access to {folder}", "there is no such folder", fault=f"{folder} is gone")
    is_open = bool(found.mode & 0o077) and not found.guard
    return saw(
        f"access to {folder}",
        f"mode {found.mode:04o}, owner {found.owner}{f', {found.guard}' if found.guard else ''}",
        fault=f"others can open {folder}" if is_open else f"{folder} belongs to uid {found.owner}",
        unless=not is_open and found.owner == found.user,
    )


def _has_no_data(system: System) -> str:
    kinds = Postgres | Redis | Objects
    return "" if any(isinstance(one, kinds) for one in system.resources) else "the system keeps no data"


def _has_no_versions(system: System) -> str:
    kinds = Postgres | Redis
    return "" if any(isinstance(one, kinds) for one in system.resources) else "the file names no version"


def _has_no_replicas(system: System) -> str:
    runs = [one for one in system.services if not one.is_static and not one.schedule]
    return "" if runs else "no service of the system runs all the time"


CHECKS = (
    Check("topology.healthy", ("TOP-01",), "every part of the system runs and is healthy", Look.INSIDE, _healthy),
    Check(
        "topology.as-described",
        ("TOP-01", "TOP-08", "TOP-13"),
        "what runs is what the stack file describes",
        Look.FILE,
        _as_described,
        next_step="`stackyard up` brings it in line; `stackyard plan` shows what that means.",
    ),
    Check(
        "topology.replicas",
        ("TOP-01", "SCALE-01"),
        "every service runs as many processes as the file says",
        Look.INSIDE,
        _replicas,
        unless=_has_no_replicas,
    ),
    Check(
        "topology.versions",
        ("TOP-01", "DB-01"),
        "databases and caches are of the version that the file names",
        Look.INSIDE,
        _versions,
        unless=_has_no_versions,
        next_step="A server of another version cannot open this data: write the running version into the stack file, "
        "or move the data with a dump.",
    ),
    Check(
        "topology.data",
        ("TOP-02", "SEC-01"),
        "data lies where it outlives a stop, and is open to its own part only",
        Look.FILE,
        _data,
        unless=_has_no_data,
    ),
)
