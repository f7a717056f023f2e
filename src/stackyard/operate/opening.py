"""The beginning of `up`, before the stack file is read: where nothing has changed, what ran last starts meanwhile.

What is imported above the first process is all that it waits for, so it is little.
"""

from __future__ import annotations

import contextlib
import os
import time
from contextlib import ExitStack
from pathlib import Path

from stackyard.operate.choice import recorded
from stackyard.targets.local.folders import (
    card_file,
    environment_folder,
    lock_file,
    note_file,
    restore_file,
    switchover_file,
)
from stackyard.targets.local.state import operation
from stackyard.targets.names import NATIVE

TYPE_CHECKING = False  # as `typing` has it, which is imported while the supervisor starts
if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackyard.targets.native.launching import Launching
    from stackyard.targets.native.supervisor.status import Mode


class Opening:
    """When `up` began (`begun`, nanoseconds of the epoch), for which profiles, and a supervisor that was launched.

    With a supervisor the lock of operations is held, until the end or until somebody takes both over.
    """

    def __init__(self, profiles: tuple[str, ...]) -> None:
        self.begun = time.time_ns()
        self.profiles = profiles
        self.launching: Launching | None = None
        self._stack = ExitStack()

    def launch(self, folder: Path, mode: Mode, patience: float) -> None:
        """Launch a supervisor where none runs and one has run before. Raises StateError as `operation` does."""
        if not note_file(folder).exists() or card_file(folder).exists() or _has_leases(folder):
            return
        if restore_file(folder).exists() or switchover_file(folder).exists():
            # Its data is half-way between old and new: that is ended before anything starts on it.
            return
        with ExitStack() as stack:
            stack.enter_context(operation(lock_file(folder), "up", patience=patience))
            if card_file(folder).exists() or _has_leases(folder) or recorded(folder) != NATIVE:
                return
            from stackyard.targets.native.launching import Launching

            self.launching = Launching(folder, mode)
            stack.callback(self.launching.drop)
            from stackyard.targets.native.head_start import recall

            self.launching.attend(recall(folder, self.profiles))
            self._stack.enter_context(stack.pop_all())
            self.launching.settle()

    def hand_over(self) -> ExitStack:
        """The lock and the supervisor, which go when this stack is closed."""
        return self._stack.pop_all()


@contextlib.contextmanager
def open_early(
    path: Path, environment: str, profiles: tuple[str, ...], mode: Mode | None, *, patience: float
) -> Iterator[Opening]:
    """Begin with a head start, when one is possible and `mode` says how the supervisor should live.

    Raises StateError as `operation` does.
    """
    opening = Opening(profiles)
    root = path.resolve()
    with opening._stack:
        if mode is not None:
            opening.launch(environment_folder(root.parent if root.is_file() else root, environment), mode, patience)
        yield opening


def _has_leases(folder: Path) -> bool:
    """Whether an earlier supervisor may have left processes: then one looks more closely."""
    try:
        return any(not name.startswith(".") for name in os.listdir(folder / "run" / "leases"))  # noqa: PTH208
    except OSError:
        return False
