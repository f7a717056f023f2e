"""One command's work on one system: the lock, the look at the machine, the plan."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING

from stackyard.model.system import System
from stackyard.operate.choice import leave_other
from stackyard.operate.ending import end_interrupted
from stackyard.operate.opening import Opening
from stackyard.targets.local.state import operation
from stackyard.targets.names import NATIVE
from stackyard.targets.native.launching import Launching, launching
from stackyard.targets.native.layout import Layout
from stackyard.targets.native.refusals import refuse
from stackyard.targets.native.supervisor.client import resume
from stackyard.targets.native.supervisor.status import Mode

# The target is imported late: the supervisor is on its way meanwhile.
if TYPE_CHECKING:
    from stackyard.operate.apply import Tell
    from stackyard.operate.verbs import Outcome
    from stackyard.plan.step import Plan
    from stackyard.targets.native.target import NativeTarget


class Session:
    """Opened with `with`, it holds the lock of operations until `release` or the end.

    Used without `with` it only looks: nothing is locked and nothing may be changed. `supervise` is how a supervisor
    should live that does not run yet; it is launched at once, and ended again when the plan did not need it. `patience`
    is how many seconds to wait for the lock. `opening` is the beginning that was made before the file was read.
    """

    def __init__(
        self,
        system: System,
        command: str,
        *,
        new_ports: bool = False,
        supervise: Mode | None = None,
        patience: float = 0.0,
        opening: Opening | None = None,
    ) -> None:
        self.system = system
        self.opening = opening
        self._patience = patience
        self._command = command
        self._new_ports = new_ports
        self._supervise = supervise
        self._launching: Launching | None = None
        self._stack = ExitStack()
        self._target: NativeTarget | None = None
        self._plan: Plan | None = None
        self._before = ""
        self._ended = ""

    def __enter__(self) -> Session:
        refuse(self.system)
        layout = Layout(self.system.root, self.system.environment)
        if self.opening is not None and self.opening.launching is not None:
            # Only where this target is the one that ran last.
            self._launching = self.opening.launching
            self._stack = self.opening.hand_over()
            return self
        self._stack.enter_context(operation(layout.lock_file, self._command, patience=self._patience))
        try:
            self._before = leave_other(layout.folder, NATIVE)
            self._ended = end_interrupted(layout)
        except BaseException:
            self._stack.close()
            raise
        resume(layout.folder)
        if self._supervise is not None:
            self._launching = launching(layout.folder, self._supervise)
            if self._launching is not None:
                self._stack.callback(self._launching.drop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Let others change the system from here on."""
        self._stack.close()

    @property
    def target(self) -> NativeTarget:
        """The target, which looks at the machine the first time it is asked for."""
        from stackyard.targets.native.target import NativeTarget

        if self._target is None:
            self._target = NativeTarget(self.system, new_ports=self._new_ports, launching=self._launching)
        return self._target

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know before anything happens: parts that do not run here yet, ports that moved."""
        from stackyard.operate import scale
        from stackyard.operate.choice import elsewhere
        from stackyard.targets.native.support import extension_notices, notices

        machine = self.target.machine
        return (
            *((self._ended,) if self._ended else ()),
            *elsewhere(self.target.layout.folder, self._before),
            *scale.notices(self.system),
            *notices(self.system),
            *extension_notices(self.system, machine),
            *machine.notes,
        )

    def plan(self) -> Plan:
        """The plan; observed and decided once."""
        if self._plan is None:
            self._plan = self.target.plan()
        return self._plan

    def up(self, *, detached: bool, tell: Tell) -> Outcome:
        """Execute the plan, see `up`."""
        from stackyard.operate.up import up

        return up(self, detached=detached, tell=tell)
