"""The programs of services: what a Python project, a worker or a cron job becomes on this machine. Pure."""

from __future__ import annotations

from pathlib import Path

from stackyard.model.system import PythonSource, Service, System
from stackyard.targets.names import LOOPBACK
from stackyard.targets.native import variables
from stackyard.targets.native.machine import Machine, Sources
from stackyard.targets.native.program import Program, ProgramProbe

_SOON = 0.02
"""Seconds between two questions to a service that starts: what waits for it loses half of that."""


def virtual_environment(service: Service, machine: Machine) -> Path:
    """Where the environment of a service lies: a folder a set of packages, so that a new one is made beside the old."""
    return machine.layout.virtual_environment(service.name) / environment_digest(machine.sources[service.name])


def environment_digest(sources: Sources) -> str:
    """What decides the packages: the project's own word and the interpreter."""
    python = sources.python
    assert python is not None
    return f"{sources.packages[:12]}-{'.'.join(map(str, python.version))}"


def programs(system: System, service: Service, machine: Machine) -> tuple[Program, ...]:
    """One program a replica; a service without a port has as many workers as replicas."""
    return tuple(_program(system, service, machine, number) for number in range(1, service.replicas + 1))


def environment(
    system: System,
    service: Service,
    machine: Machine,
    *,
    migrating: bool = False,
    addresses: variables.Addresses | None = None,
) -> variables.Environment:
    """The environment of a service, but for what differs between its replicas. `addresses` are those of the machine.

    PATH begins with its own programs, as in an activated shell; so commands are looked up when they start.
    """
    place = virtual_environment(service, machine)
    return variables.joined(
        {
            "PATH": (f"{place / 'bin'}:/usr/local/bin:/usr/bin:/bin",),
            "VIRTUAL_ENV": (str(place),),
            "HOME": (str(machine.layout.work(service.name)),),
            "LANG": ("C.UTF-8",),
        },
        variables.of_service(system, service, addresses or machine.addresses, migrating=migrating),
    )


def _program(system: System, service: Service, machine: Machine, number: int) -> Program:
    assert isinstance(service.source, PythonSource)
    name = f"{service.name}-{number}"
    port = machine.ports.get(name)
    own = variables.listening(port) if port is not None else {}
    return Program(
        id=name,
        part=service.name,
        argv=service.command,
        cwd=str(service.source.path),
        env=variables.joined(own, environment(system, service, machine)),
        uid=machine.identity.uid if machine.identity.drop else None,
        gid=machine.identity.gid if machine.identity.drop else None,
        ports=(port,) if port is not None else (),
        probe=_probe(service, port),
        restart=service.restart.value,
        stop_signal=service.stop_signal,
        stop_grace=service.stop_grace,
        schedule=service.schedule,
        log_size=system.logs.size,
    )


def _probe(service: Service, port: int | None) -> ProgramProbe:
    health = service.health
    if health is None:
        place = f"{LOOPBACK}:{port}"
        return ProgramProbe("tcp", place, starting_interval=_SOON) if port is not None else ProgramProbe()
    address = f"{LOOPBACK}:{port}" if health.path else ""
    return ProgramProbe(
        kind="http" if health.path else "command",
        address=address,
        path=health.path,
        command=health.command,
        interval=health.interval,
        # A command is a process each time, a connection costs next to nothing.
        starting_interval=_SOON if health.path else ProgramProbe.starting_interval,
        timeout=health.timeout,
        start_timeout=health.start_timeout,
        retries=health.retries,
    )
