"""What a head start needs to know: written down when `up` is done, and held against the plan of the next one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from stackyard.model.system import Postgres, PythonSource, Redis, System
from stackyard.plan.element import Element, Kind
from stackyard.plan.step import Plan, Verb
from stackyard.resources import redis
from stackyard.resources.postgres.replication import STANDBY_SIGNAL
from stackyard.targets.local.python_project import python_project
from stackyard.targets.native import postgres_settings, service_programs
from stackyard.targets.native.head_start import Ahead, Inputs, remember
from stackyard.targets.native.layout import OURS
from stackyard.targets.native.machine import Machine, wishes
from stackyard.targets.native.program import Program, SecretPiece

if TYPE_CHECKING:
    from stackyard.targets.native.blueprint import Blueprint
    from stackyard.targets.native.target import NativeTarget


def note(target: NativeTarget, profiles: Iterable[str], begun: int) -> None:
    """Leave the note for the next `up`. Everything must be ready; `begun` as in `remember`. Raises OSError."""
    blueprint, machine = target.blueprint, target.machine
    programs = ahead_of(blueprint)
    remember(
        target.layout,
        profiles,
        _inputs(target.system, machine, [one.program for one in programs]),
        programs,
        {machine.ports[wish.slot]: wish.addresses for wish in wishes(target.system)},
        begun,
    )


def ahead_of(blueprint: Blueprint) -> tuple[Ahead, ...]:
    """The programs that may start ahead, each with the processes that it waits for, directly or by other elements.

    Jobs may not: what runs once or at times would be run for a plan that may never be executed. Nor may ours,
    which are to see a finished plan, nor what needs one of these.
    """
    by_id = {element.id: element for element in blueprint.elements}
    found: dict[str, Ahead] = {}
    for name, program in blueprint.programs.items():
        gates = tuple(dict.fromkeys(_gates(by_id[name], by_id)))
        if program.part not in OURS and not program.schedule and program.restart != "never":
            found[program.id] = Ahead(program, gates)
    while unmet := [name for name, one in found.items() if not found.keys() >= set(one.after)]:
        for name in unmet:
            del found[name]
    return tuple(found.values())


def _gates(element: Element, by_id: Mapping[str, Element]) -> Iterator[str]:
    for name in element.after:
        if name.startswith(f"{Kind.PROCESS}:"):
            yield name.partition(":")[2]
        elif name in by_id:
            yield from _gates(by_id[name], by_id)


def too_early(plan: Plan, ahead: frozenset[str]) -> frozenset[str]:
    """The ids out of `ahead` that should not have been started: the plan does not start them, or not yet.

    A catalogue that is compared is no reason to wait: where it was not as it should be, `processes` starts anew.
    """
    late: set[str] = set()
    started: set[str] = set()
    for step in plan.steps:
        is_start = step.verb is Verb.START
        if (not is_start and step.kind is not Kind.CATALOG) or late.intersection(step.after):
            late.add(step.element)
        elif is_start:
            started.add(step.element.partition(":")[2])
    return ahead - started


_OF_DATABASES = ("PG_VERSION", postgres_settings.OVERRIDES, STANDBY_SIGNAL)
"""What in the data of a server decides how it starts, and whether it leads."""


def _inputs(system: System, machine: Machine, programs: list[Program]) -> Inputs:
    layout = machine.layout
    written = [str(system.file)]
    made = [str(layout.state_file), str(layout.ports_file), str(layout.secrets), str(layout.tls)]
    there: list[str] = []
    for service in system.services:
        if isinstance(service.source, PythonSource):
            written += map(str, (service.source.path, *python_project(service.source.path)[1]))
            made.append(str(service_programs.virtual_environment(service, machine) / "bin" / "python"))
    for resource in system.resources:
        if isinstance(resource, Postgres):
            servers = (resource.name, *resource.replica_names)
            made += [str(layout.data(server) / name) for server in servers for name in _OF_DATABASES]
        elif isinstance(resource, Redis):
            # Without its log Redis would begin an empty one, beside a snapshot that it then never loads.
            there.append(str(layout.data(resource.name) / redis.LOG_FOLDER / redis.MANIFEST))
    for program in programs:
        secrets = {piece.path for value in program.env.values() for piece in value if isinstance(piece, SecretPiece)}
        made += [str(layout.etc(program.part)), program.argv[0], *sorted(secrets)]
    return Inputs(tuple(dict.fromkeys(written)), tuple(dict.fromkeys(made)), tuple(there))
