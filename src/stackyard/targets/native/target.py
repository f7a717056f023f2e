"""The native target: look at this machine, say what should exist, and make one thing right at a time."""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from collections.abc import Mapping
from pathlib import Path

from stackyard.errors import StateError
from stackyard.model.system import Postgres, System
from stackyard.plan.diff import diff
from stackyard.plan.element import Kind
from stackyard.plan.step import Plan, Step, Verb
from stackyard.resources.postgres.replication import Replica, replicas
from stackyard.runner import Processes
from stackyard.targets.local.databases import Database
from stackyard.targets.local.half_done import refuse_half_done
from stackyard.targets.local.state import Record
from stackyard.targets.names import NATIVE
from stackyard.targets.native import effects, inspect, machine
from stackyard.targets.native.blueprint import Blueprint, draw
from stackyard.targets.native.foresight import too_early
from stackyard.targets.native.launching import Launching
from stackyard.targets.native.layout import Layout
from stackyard.targets.native.refusals import refuse
from stackyard.targets.native.supervisor.client import Client, alive_leases, connect, launch
from stackyard.targets.native.supervisor.status import Mode
from stackyard.targets.native.toolchain import Tool

# What changes the blueprint: before it the tool, the secret or the certificate was not known.
_REVEALING = (Kind.TOOL, Kind.CERTIFICATE)


class NativeTarget:
    """One system on this machine, from one look at it to the end of one plan."""

    def __init__(self, system: System, *, new_ports: bool = False, launching: Launching | None = None) -> None:
        """Look at the machine. Raises MachineError for what cannot be had here, StateError for a broken record.

        `launching` is a supervisor on its way, which `supervise` will take.
        """
        refuse(system)
        self.system = system
        self.layout = Layout(system.root, system.environment)
        self.runner = Processes()
        self._launching = launching
        self.client = None if launching else attach(self.layout)
        self.record = Record(self.layout.state_file)
        # The ports of what starts ahead were free a moment ago; who tried them now might be in its way.
        running = launching.ports if launching else frozenset(inspect.running_ports(self.layout, self.client))
        self.machine = machine.read(system, self.layout, running=running, new_ports=new_ports)
        self.blueprint: Blueprint = draw(system, self.machine)
        self.replicas: Mapping[str, Replica] = replicas(system)
        self.copied_anew: set[str] = set()
        """The replicas that this plan has copied."""
        self.notes: list[str] = []
        """Sentences on what was done beyond the plan."""
        self.started: list[str] = []
        """The ids of processes that this plan has started: a failed `up` stops them again."""
        self._altered: set[str] = set()
        self._lock = threading.Lock()

    def plan(self) -> Plan:
        """Observe once and decide. Raises StateError while a switchover is half done: nobody can tell what is what."""
        refuse_half_done(self.layout.folder, NATIVE)
        observed = inspect.observe(self.system, self.machine, self.blueprint, self.record, self.client)
        return diff(self.system.name, self.system.environment, NATIVE, self.blueprint.elements, observed)

    def supervise(self, *, detached: bool) -> bool:
        """Have a supervisor; True when it was launched for this."""
        self._prepare_sockets()
        if self.client is not None:
            return False
        mode: Mode = "detached" if detached else "foreground"
        self.client = self._launching.take() if self._launching else launch(self.layout.folder, mode)
        return True

    def heed(self, plan: Plan) -> None:
        """Stop what was started ahead and should not have been. Raises StateError when the supervisor is gone."""
        if self._launching is not None:
            self._launching.withhold(too_early(plan, self._launching.ahead))

    def cease(self) -> None:
        """Have nothing more started ahead."""
        if self._launching is not None:
            self._launching.cease()

    def alter(self, element: str) -> None:
        """Note that this plan has changed what is behind the element: whoever started ahead must start again."""
        with self._lock:
            self._altered.add(element)

    def begin_anew(self, step: Step) -> None:
        """Stop the process of the step where it was started ahead, on something that this plan has changed since."""
        if self._launching is not None and self._altered & set(step.after):
            self._launching.withhold([step.element.partition(":")[2]])

    def perform(self, step: Step) -> None:
        """Do one step of the plan, and record it. Raises StackyardError."""
        effects.perform(self, step)
        if step.kind in _REVEALING or step.element == "files:secrets":
            self._redraw()
        if step.kind is not Kind.PROCESS and step.verb is not Verb.STOP:
            self.record.note(step.element, self.blueprint.element(step.element).facets)

    def take_tool(self, key: str, tool: Tool) -> None:
        """A tool that was fetched is on this machine from now on."""
        with self._lock:
            self.machine = self.machine.with_tool(key, tool)

    def database(self, resource: Postgres) -> Database:
        """The database of the system in this resource."""
        here = self.layout
        return Database(self.system, resource, here.secrets, here.sockets, self.machine.ports[resource.name])

    def runs(self, name: str) -> bool:
        """Whether the process of that id runs now."""
        found = self.client.status().program(name) if self.client is not None else None
        return found is not None and found.pid is not None

    def give(self, path: Path) -> None:
        """Let the user that parts run as own the path, where that is another than we are."""
        if self.machine.identity.drop:
            # In a folder of theirs a link may stand where we made a file: what it leads to is not given away.
            os.chown(path, self.machine.identity.uid, self.machine.identity.gid, follow_symlinks=False)

    def _prepare_sockets(self) -> None:
        """The folder of the parts' sockets, private to their user. Raises StateError when somebody else has it."""
        folder = self.layout.sockets
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            self.give(folder)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.machine.identity.uid or found.st_mode & 0o077:
            raise StateError(f"{folder} belongs to somebody else", hint="Remove it, or ask its owner to.")

    def _redraw(self) -> None:
        with self._lock:
            self.machine = self.machine.with_new_secrets(self.system)
            self.blueprint = draw(self.system, self.machine)


def attach(layout: Layout) -> Client | None:
    """The supervisor of a system; a successor is launched when it was killed and left processes behind."""
    client = connect(layout.folder)
    if client is None and alive_leases(layout.folder):
        client = launch(layout.folder, "detached")
    return client
