"""The Compose target: look at the engine, say what should exist, and make one thing right at a time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePosixPath

from stackyard.errors import MachineError, PartError, StackyardError
from stackyard.model.system import Postgres, System
from stackyard.plan.diff import diff
from stackyard.plan.element import Kind
from stackyard.plan.step import Plan, Step, Verb
from stackyard.resources.environment import public_url
from stackyard.runner import Command, Processes
from stackyard.targets.compose import (
    commands,
    complaints,
    database,
    effects,
    engine,
    inspect,
    machine,
    major,
    processes,
)
from stackyard.targets.compose.ahead import Ahead
from stackyard.targets.compose.blueprint import SECRETS, Blueprint, draw
from stackyard.targets.compose.commands import Project
from stackyard.targets.compose.layout import Layout
from stackyard.targets.compose.names import project as project_name
from stackyard.targets.compose.render import render
from stackyard.targets.compose.rendering import LABEL_MARK, SecretFile
from stackyard.targets.compose.snapshot import Container, Eye, Snapshot
from stackyard.targets.compose.starting import Together
from stackyard.targets.compose.support import refuse
from stackyard.targets.compose.watching import Watch
from stackyard.targets.local.databases import Database
from stackyard.targets.local.half_done import refuse_half_done
from stackyard.targets.local.state import Record
from stackyard.targets.names import COMPOSE

_BEFORE_CREATION = (Kind.FILES, Kind.CERTIFICATE, Kind.TOOL, Kind.SITE, Kind.DATA)
"""Kinds that a container is made of; the others it needs only to start."""
_REVEALING = (Kind.TOOL, Kind.CERTIFICATE)
"""Kinds whose steps change what can be rendered: before them an image or a certificate was not known."""


class _Interruptible(Processes):
    """A runner whose interrupt also lets those go who wait for containers."""

    watch: Watch | None = None

    def interrupt(self) -> None:
        super().interrupt()
        if self.watch is not None:
            self.watch.give_up()


class ComposeTarget:
    """One system on one engine, from one look at it to the end of one plan."""

    def __init__(self, system: System, *, new_ports: bool = False) -> None:
        """Look at the engine and at this machine.

        Raises MachineError for what this target does not keep, and what cannot be had here: an engine, a port;
        StateError for a broken record or a project of that name that belongs to somebody else.
        """
        refuse(system)
        self.system = system
        self.layout = Layout(system.root, system.environment)
        self.runner = _Interruptible()
        self.asker = Processes()
        """For what must be answered after an interrupt, too: what runs, and why it does not."""
        self.eye = Eye(self.asker)
        self.record = Record(self.layout.state_file)
        self.started: list[str] = []
        """The services that this plan has started: a failed `up` stops them again."""
        self.together = Together(lambda names: processes.start(self, names), self._has_short_steps)
        self.ahead = Ahead(self._creatable, lambda names: processes.create(self, names), self.together.turn)
        self._undone: dict[str, Step] = {}
        self._lock = threading.Lock()
        self._networks = threading.Lock()
        name = project_name(system)
        self.watch = Watch(self.eye, name)
        self.runner.watch = self.watch
        found, containers, sources = self._look(name)
        self.machine = machine.read(system, self.layout, found, containers, self.eye, sources, new_ports=new_ports)
        self.blueprint: Blueprint = self._draw()
        self._settle_marks()
        self.snapshot: Snapshot = machine.snapshot(self.eye, self.blueprint.rendered, containers)
        self._take_images()

    @property
    def project(self) -> Project:
        """The Compose project."""
        rendered = self.blueprint.rendered
        return Project(rendered.project, self.layout.rendered, rendered.order)

    @property
    def ports(self) -> dict[str, int]:
        """The ports of this machine by slot ("edge.https", "db", "api-1")."""
        return dict(self.machine.ports)

    @property
    def url(self) -> str:
        """The address that a browser uses, "" without an edge."""
        return public_url(self.system, self.machine.ports)

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know before anything happens: what is kept in another way here, ports that moved."""
        from stackyard.targets.compose.support import notices

        return (*notices(self.system), *self.machine.notes)

    def plan(self) -> Plan:
        """Observe once and decide. Raises StateError while a switchover is half done: nobody can tell what is what."""
        refuse_half_done(self.layout.folder, COMPOSE)
        observed = inspect.observe(self.system, self.machine, self.blueprint, self.record, self.snapshot)
        return diff(self.system.name, self.system.environment, COMPOSE, self.blueprint.elements, observed)

    def heed(self, plan: Plan) -> None:
        """Learn what is going to be performed: what starts last can then be made while others start."""
        self._undone = {step.element: step for step in plan.steps}

    def perform(self, step: Step) -> None:
        """Do one step of the plan, and record it. Raises StackyardError."""
        effects.perform(self, step)
        if step.kind is Kind.DATA:
            major.forget(self.record, step.part)
        self._undone.pop(step.element, None)
        if step.kind in _REVEALING or step.element == SECRETS:
            self._redraw(step)
        if step.kind is not Kind.PROCESS and step.verb is not Verb.STOP:
            self._note_data(step)
            self.record.note(step.element, self.blueprint.element(step.element).facets)

    def confirm(self) -> None:
        """See that everything is ready, whether this plan has started it or not. Raises PartError."""
        processes.await_ready(self, self.blueprint.processes())
        major.note(self.record, self.system)

    def take_back(self) -> None:
        """Stop what this plan has started, and every job that still runs. Never raises."""
        with contextlib.suppress(StackyardError):
            jobs = [one.id for one in self.eye.containers(self.project.name) if one.is_one_off]
            if jobs:
                self._ask(commands.stop_containers(jobs))
                self._ask(commands.remove_containers(jobs))
            if left := self.ahead.left():
                self._ask(commands.remove_containers(left))
            if self.started:
                self._ask(commands.stop(self.project, dict.fromkeys(self.started)))
        self.close()

    def close(self) -> None:
        """Let the engine's stream of events go."""
        self.watch.__exit__(None, None, None)

    @contextlib.contextmanager
    def database(self, resource: Postgres) -> Iterator[Database]:
        """The database of the system in this resource, reachable meanwhile. Raises PartError when it does not run."""
        container = self.container(resource.name)
        if not container:
            raise PartError(resource.name, f"{resource.name} does not run", hint="`stackyard up` starts it.")
        with database.reached(self.system, resource, self.layout.secrets, container) as found:
            yield found

    def container(self, service: str) -> str:
        """The id of the first running container of a Compose service, "" for none."""
        found = self.watch.now()
        return next((one.id for one in found if one.service == service and one.is_running and not one.is_one_off), "")

    def is_built(self, service: str) -> bool:
        """Whether the image that the service should run in is on the engine."""
        wanted = self.blueprint.rendered.containers[service].image
        return wanted in self.eye.images([wanted])

    def start_anew(self, service: str) -> None:
        """Stop and start the containers of a service. Raises PartError with their last log lines."""
        processes.start_anew(self, service)

    def rendered_file(self, *path: str) -> str:
        """The content of a rendered file. Raises KeyError."""
        wanted = PurePosixPath(*path)
        for file in self.blueprint.files:
            if file.path == wanted:
                return file.content
        raise KeyError(str(wanted))

    def port_owner(self, port: int) -> str:
        """Who holds a port of this machine."""
        return machine.holder(self.eye)(port)

    def do(self, argv: commands.Argv, part: str, *, what: str = "", is_vital: bool = True) -> None:
        """Run a short command to its end. Raises StackyardError when it fails and is vital."""
        answer = self.runner.ask(Command(argv, Path("/"), commands.environment(), timeout=600.0))
        if not answer.is_good and is_vital:
            said = (*answer.output.splitlines(), *answer.errors.splitlines())
            raise complaints.general(what or f"`{' '.join(argv[:3])}` failed", said, part=part)

    def follow_volumes(self, parts: Sequence[str]) -> None:
        """Draw the project anew: the data of these parts lies in other volumes from here on. Raises StateError."""
        self.machine = self.machine.with_volumes()
        self.blueprint = self._draw()
        for element in self.blueprint.elements:
            if element.kind is Kind.DATA and element.part in parts:
                self.record.note(element.id, element.facets)

    def renew_networks(self) -> None:
        """Remove networks whose description has changed, with what is connected to them; the plan starts that again."""
        with self._networks:
            wanted = self._networks_wanted()
            old = {
                name
                for name, labels in self.snapshot.networks.items()
                if labels.get(f"{LABEL_MARK}definition", "") != wanted.get(name, "")
            }
            if not old:
                return
            found = self.eye.containers(self.project.name)
            ids = [one.id for one in found if old & one.addresses.keys()]
            if ids:
                self.do(commands.stop_containers(ids), "")
                self.do(commands.remove_containers(ids), "")
            self.do(commands.remove_networks(sorted(old)), "", what="a network cannot be made anew")
            self.snapshot = replace(
                self.snapshot, networks={k: v for k, v in self.snapshot.networks.items() if k not in old}
            )

    def _look(self, project: str) -> tuple[engine.Engine, tuple[Container, ...], dict[str, str]]:
        """The engine, the containers of the project, and what services are made of: looked at side by side."""
        with ThreadPoolExecutor(2) as pool:
            containers = pool.submit(self.eye.containers, project)
            sources = pool.submit(machine.sources, self.system)
            try:
                # What this says about an engine that cannot be used is the clearest, so it is heard first.
                return engine.look(self.asker), containers.result(), sources.result()
            except MachineError:
                # The other question to a mute engine would go on waiting, and nothing more will be asked.
                self.asker.interrupt()
                raise

    def _creatable(self) -> tuple[str, ...]:
        """Services that are going to be started, of which nothing is there, and that can be created by now."""
        undone = tuple(self._undone.values())
        waiting = {step.element for step in undone if step.kind in _BEFORE_CREATION}
        there = {one.service for one in self.snapshot.containers}
        return tuple(
            name
            for step in undone
            if (name := self._to_create(step)) not in {"", *there}
            and waiting.isdisjoint(self.blueprint.element(step.element).after)
        )

    def _has_short_steps(self) -> bool:
        """Volumes are made one by one, each in a moment: what stands on them starts together."""
        return any(step.kind is Kind.DATA for step in tuple(self._undone.values()))

    def _to_create(self, step: Step) -> str:
        """The Compose service whose containers the step starts, "" for none."""
        if step.kind is Kind.MIGRATION:
            return self.blueprint.migration(step.part).name
        is_start = step.kind is Kind.PROCESS and step.verb is Verb.START
        return step.element.partition(":")[2] if is_start else ""

    def _note_data(self, step: Step) -> None:
        """What is recorded of data is of the volume that is there now, even when nobody has noted how that was made."""
        if step.kind not in (Kind.INIT, Kind.MIGRATION):
            return
        for name in self.blueprint.element(step.element).after:
            kind, _, part = name.partition(":")
            data = f"{Kind.DATA}:{part}"
            if kind == Kind.CATALOG and self.record.facets(data) is None:
                self.record.note(data, self.blueprint.element(data).facets)

    def _networks_wanted(self) -> dict[str, str]:
        described = self.blueprint.rendered.document.get("networks") or {}
        made = {}
        for network in self.blueprint.rendered.networks:
            labels = (described.get(network.key) or {}).get("labels") or {}
            made[network.name] = str(labels.get(f"{LABEL_MARK}definition", ""))
        return made

    def _ask(self, argv: commands.Argv) -> None:
        self.asker.ask(Command(argv, Path("/"), commands.environment(), timeout=120.0))

    def _draw(self) -> Blueprint:
        rendered = render(self.system, self.machine.inputs(self.system))
        return draw(self.system, self.machine, rendered)

    def _settle_marks(self) -> None:
        """Marks stand in what is rendered, and what is rendered says which secrets are marked."""
        files: Sequence[SecretFile] = self.blueprint.secret_files
        marked = self.machine.with_marks(self.system, tuple(files))
        if marked.marks != self.machine.marks:
            self.machine = marked
            self.blueprint = self._draw()

    def _take_images(self) -> None:
        """What images that are not ours run by themselves stands in what is rendered."""
        before = self.machine.inputs(self.system)
        self.machine = self.machine.with_images(self.snapshot.images)
        if self.machine.inputs(self.system) != before:
            self.blueprint = self._draw()

    def _redraw(self, step: Step) -> None:
        with self._lock:
            if step.kind is Kind.TOOL:
                self.machine = self.machine.with_images(self.eye.images([step.part]))
            self.blueprint = self._draw()
            self._settle_marks()
