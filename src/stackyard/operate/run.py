"""Run a command as a service would: its folder, its environment, its user."""

from __future__ import annotations

import os
import shutil
from difflib import get_close_matches

from stackyard.errors import PartError, UsageError
from stackyard.model.system import PythonSource, Service, System
from stackyard.operate.terminal import in_terminal
from stackyard.targets.local import ports
from stackyard.targets.native import machine, service_programs
from stackyard.targets.native.effects import plain
from stackyard.targets.native.inspect import running_ports
from stackyard.targets.native.layout import Layout
from stackyard.targets.native.target import attach


def run(system: System, name: str, argv: tuple[str, ...], *, owner: bool = False) -> int:
    """Run `argv` with our terminal, and return its exit code; with `owner`, databases are reached as their owner.

    Raises UsageError for a service that is none, PartError for one that was never installed.
    """
    service = _service(system, name)
    layout = Layout(system.root, system.environment)
    # Nothing is opened here, so it does not matter who holds the ports that were remembered.
    ours = {*running_ports(layout, attach(layout)), *ports.load(layout.ports_file).values()}
    here = machine.read(system, layout, running=frozenset(ours))
    if not service_programs.virtual_environment(service, here).is_dir():
        raise PartError(name, f"the packages of {name} are not installed yet", hint="`stackyard up` installs them.")
    variables = plain(service_programs.environment(system, service, here, migrating=owner))
    variables |= {key: os.environ[key] for key in ("TERM", "COLUMNS", "LINES") if key in os.environ}
    assert isinstance(service.source, PythonSource)
    folder = service.source.path
    program = str(folder / argv[0]) if "/" in argv[0] else argv[0]
    if shutil.which(program, path=variables["PATH"]) is None:
        raise UsageError(
            f"there is no program {argv[0]} for {name}", hint=f"It was looked for in {variables['PATH']} and {folder}."
        )
    return in_terminal((program, *argv[1:]), variables, folder=folder, user=here.identity)


def _service(system: System, name: str) -> Service:
    services = {service.name: service for service in system.services if isinstance(service.source, PythonSource)}
    if name not in services:
        near = get_close_matches(name, services, 1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(f"there is no Python service {name}", hint=f"{hint}There are: {', '.join(services)}.")
    return services[name]
