"""A system in a folder, and what can be seen of it: the disk, the record, and a supervisor that only answers."""

from __future__ import annotations

from typing import cast

from stackyard.model.system import System
from stackyard.plan.diff import diff
from stackyard.plan.element import Kind, Observed
from stackyard.targets.local import secrets
from stackyard.targets.local.state import Record, write_whole
from stackyard.targets.native import service_programs
from stackyard.targets.native.blueprint import Blueprint, draw
from stackyard.targets.native.inspect import data_parts, observe
from stackyard.targets.native.machine import Machine
from stackyard.targets.native.supervisor.client import Client
from stackyard.targets.native.supervisor.status import ProgramStatus, Status

from .literals import machine


def said(
    name: str, phase: str = "ready", *, watch: str = "", sentence: str = "", pid: int | None = 4711
) -> ProgramStatus:
    """What the supervisor says about a program."""
    part = name.rpartition("-")[0] or name
    return ProgramStatus(name, part, phase, pid, 0.0, 0, 0, "", watch, sentence, "", "")


class Supervisor:
    """A supervisor that only answers how things are."""

    def __init__(self, *programs: ProgramStatus) -> None:
        self.programs = programs

    def status(self) -> Status:
        return Status(1, "detached", 0.0, self.programs)


class Yard:
    """A system in a folder, the machine it is on, and what can be seen of it."""

    def __init__(self, one: System, **more: object) -> None:
        self.system = one
        self.machine: Machine = machine(one, **more)
        self.layout = self.machine.layout

    @property
    def blueprint(self) -> Blueprint:
        return draw(self.system, self.machine)

    @property
    def record(self) -> Record:
        return Record(self.layout.state_file)

    def observed(self, *programs: ProgramStatus) -> Observed:
        client = cast(Client, Supervisor(*programs)) if programs else None
        return observe(self.system, self.machine, self.blueprint, self.record, client)

    def steps(self, *programs: ProgramStatus) -> dict[str, str]:
        """What would be done, and why."""
        plan = diff("shop", "testing", "native", self.blueprint.elements, self.observed(*programs))
        return {step.element: f"{step.verb}: {step.cause}" for step in plan.steps}

    def runs(self, name: str) -> ProgramStatus:
        """The program as it was started from this very blueprint."""
        return said(name, watch=self.blueprint.programs[f"process:{name}"].watch)

    def make_all(self) -> None:
        """Everything that a finished `up` leaves on the disk."""
        secrets.ensure(self.system, self.layout.secrets, environment={})
        for part, files in self.blueprint.files.items():
            for file in files:
                write_whole(self.layout.etc(part) / file.path, file.content, file.mode)
        for part in data_parts(self.system):
            self.layout.data(part).mkdir(mode=0o700, parents=True)
            (self.layout.data(part) / "PG_VERSION").write_text("15")
        for one in self.system.services:
            if one.is_static:
                index = self.layout.site(one.name) / "current" / "index.html"
            else:
                index = service_programs.virtual_environment(one, self.machine) / "bin" / "python"
            index.parent.mkdir(parents=True)
            index.touch()
        for element in self.blueprint.elements:
            if element.kind not in (Kind.PROCESS, Kind.TOOL):
                self.record.note(element.id, element.facets)
