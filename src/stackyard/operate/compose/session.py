"""One command's work on one system on Docker Compose: the lock, the look at the engine, the plan, its execution."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING

from stackyard.model.system import Postgres, System
from stackyard.operate import scale, summary
from stackyard.operate.apply import Tell, apply
from stackyard.operate.choice import elsewhere, leave_other, settle
from stackyard.operate.compose.ending import end_interrupted
from stackyard.operate.compose.running import PROJECT
from stackyard.operate.compose.verbs import ComposeVerbs
from stackyard.operate.interrupting import ctrl_c
from stackyard.operate.verbs import Outcome, Show
from stackyard.plan.element import Kind
from stackyard.targets.compose.layout import Layout
from stackyard.targets.local import ports
from stackyard.targets.local.state import operation
from stackyard.targets.names import COMPOSE

if TYPE_CHECKING:
    from stackyard.plan.step import Plan
    from stackyard.targets.compose.target import ComposeTarget


_RUNNING = frozenset({Kind.CATALOG, Kind.INIT, Kind.MIGRATION, Kind.PROCESS, Kind.SETTINGS})
"""What there is only where something runs."""


class ComposeWork:
    """See `Work` of the verbs."""

    def __init__(self, system: System, command: str, *, new_ports: bool, patience: float) -> None:
        self.system = system
        self._command = command
        self._new_ports = new_ports
        self._patience = patience
        self._stack = ExitStack()
        self._before = ""
        self._ended = ""
        self._target: ComposeTarget | None = None
        self._plan: Plan | None = None
        self.layout = Layout(system.root, system.environment)

    def __enter__(self) -> ComposeWork:
        with ExitStack() as stack:
            stack.enter_context(operation(self.layout.lock_file, self._command, patience=self._patience))
            self._before = leave_other(self.layout.folder, COMPOSE)
            self._ended = end_interrupted(self.system, self.layout)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Let others change the system from here on."""
        self._stack.close()

    @property
    def target(self) -> ComposeTarget:
        """The target, which looks at the engine the first time it is asked for."""
        from stackyard.targets.compose.target import ComposeTarget

        if self._target is None:
            self._target = ComposeTarget(self.system, new_ports=self._new_ports)
        return self._target

    @property
    def notices(self) -> tuple[str, ...]:
        return (
            *((self._ended,) if self._ended else ()),
            *elsewhere(self.layout.folder, self._before),
            *scale.notices(self.system),
            *self.target.notices,
        )

    def plan(self) -> Plan:
        if self._plan is None:
            self._plan = self.target.plan()
        return self._plan

    def up(self, *, detached: bool, tell: Tell) -> Outcome:
        """Execute the plan; what it started is taken back when it fails. See `Work`."""
        from stackyard.targets.compose import releases

        begun = time.monotonic()
        target, plan = self.target, self.plan()
        threading.Thread(target=_import_ahead, args=(self.system,), daemon=True).start()
        settle(self.layout.folder, COMPOSE)
        ports.save(self.layout.ports_file, {**ports.load(self.layout.ports_file), **target.ports})
        self._record_summary()
        interrupted = threading.Event()
        try:
            with ctrl_c(interrupted, target.runner.interrupt):
                target.heed(plan)
                apply(plan, target.perform, tell, interrupted)
                target.confirm()
                self._ask_edge()
                if interrupted.is_set():
                    raise KeyboardInterrupt
        except BaseException:
            target.take_back()
            raise
        target.close()
        target.record.save()
        releases.settle(target)
        addresses = summary.addresses_of(self.system, target.ports, target.url)
        staying: Callable[[Show], None] | None = None if detached else partial(_follow, self)
        return Outcome(addresses, self.system.welcome, time.monotonic() - begun, staying)

    def set_up(self) -> None:
        """Do of the plan what starts nothing: files, images, volumes. Raises StackyardError."""
        settle(self.layout.folder, COMPOSE)
        ports.save(self.layout.ports_file, {**ports.load(self.layout.ports_file), **self.target.ports})
        self._record_summary()
        for step in self.plan().steps:
            if step.kind not in _RUNNING:
                self.target.perform(step)
        self.target.record.save()

    def _ask_edge(self) -> None:
        from stackyard.operate.asking import ask_edge

        ask_edge(self.system, self.target.ports)

    def _record_summary(self) -> None:
        """Before anything starts, so that `status`, `logs` and `down` find what a broken `up` has left."""
        target = self.target
        summary.record(self.layout, self.system, target.ports, target.url)
        target.record.note(PROJECT, {"name": target.project.name, "system": self.system.name})


def _import_ahead(system: System) -> None:
    """Import what is needed in a moment: it costs nothing while the first containers start."""
    if any(isinstance(resource, Postgres) for resource in system.resources):
        import_module("psycopg")
    import_module("stackyard.operate.asking")


def _follow(work: ComposeWork, show: Show) -> None:
    """Show the logs of everything until Ctrl-C, then stop everything; or until somebody else has stopped it."""
    work.release()
    verbs = ComposeVerbs(work.system.root, work.system.environment)
    try:
        for line in verbs.logs().follow((), grep=None):
            show(line)
    except KeyboardInterrupt:
        verbs.down()
