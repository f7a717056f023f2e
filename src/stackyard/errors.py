"""The errors of Stackyard, one small tree. Each says where, what was expected, and what to do next.

StackyardError
├── SpecError         the stack file is wrong; carries every finding
├── UsageError        the command was called in a way that cannot work (exit code 2)
├── MachineError      this machine lacks something: a binary, a permission, a free port
├── PartError         a part of the system failed: it would not start, build, migrate or stop
└── StateError        what is on disk does not fit what was asked: a lock, a foreign folder, broken state
"""

from __future__ import annotations

from collections.abc import Sequence

# Every command imports this module, and `--help` should not wait for what only a wrong file needs.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from stackyard.finding import Finding

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_PENDING = 3
EXIT_BROKEN = 4


class StackyardError(Exception):
    """Something that a person can act on.

    `what` is one sentence, `hint` the next step, `details` lines of evidence such as the last log lines of a part.
    """

    exit_code = EXIT_FAILED

    def __init__(self, what: str, *, hint: str = "", details: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.details = tuple(details)


class UsageError(StackyardError):
    """The command was called in a way that cannot work."""

    exit_code = EXIT_USAGE


class MachineError(StackyardError):
    """This machine lacks something: a binary, a permission, a free port, space on the disk."""


class PartError(StackyardError):
    """A part of the system failed; `part` is its name in the stack file."""

    def __init__(self, part: str, what: str, *, hint: str = "", details: Sequence[str] = ()) -> None:
        super().__init__(what, hint=hint, details=details)
        self.part = part


def cause_of(error: OSError) -> str:
    """What the system says, as a clause with the file that it is about: "/data/x: No space left on device"."""
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


class StateError(StackyardError):
    """What is on disk does not fit what was asked: a lock, a foreign folder, broken state."""


class SpecError(StackyardError):
    """The stack file is wrong, or another `file` that was read. All findings of one reading, never the first only."""

    def __init__(self, findings: Sequence[Finding], file: str = "the stack file") -> None:
        noun = "problem" if len(findings) == 1 else "problems"
        super().__init__(f"{len(findings)} {noun} in {file}")
        self.findings = tuple(findings)
