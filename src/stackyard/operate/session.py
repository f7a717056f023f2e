"""One command's work on one system: the lock, the look at the machine, the plan."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType

from stackyard.model.system import System
from stackyard.plan.step import Plan
from stackyard.targets.native.state import operation
from stackyard.targets.native.support import extension_notices, notices
from stackyard.targets.native.target import NativeTarget


class Session:
    """Opened with `with`, it holds the lock of operations until `release` or the end.

    Used without `with` it only looks: nothing is locked and nothing may be changed.
    """

    def __init__(self, system: System, command: str, *, new_ports: bool = False) -> None:
        self.system = system
        self._command = command
        self._new_ports = new_ports
        self._stack = ExitStack()
        self._target: NativeTarget | None = None
        self._plan: Plan | None = None

    def __enter__(self) -> Session:
        from stackyard.targets.native.layout import Layout

        layout = Layout(self.system.root, self.system.environment)
        self._stack.enter_context(operation(layout.lock_file, self._command))
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
        if self._target is None:
            self._target = NativeTarget(self.system, new_ports=self._new_ports)
        return self._target

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know before anything happens: parts that do not run here yet, ports that moved."""
        return (*notices(self.system), *extension_notices(self.system, self.target.machine), *self.target.machine.notes)

    def plan(self) -> Plan:
        """The plan; observed and decided once."""
        if self._plan is None:
            self._plan = self.target.plan()
        return self._plan
