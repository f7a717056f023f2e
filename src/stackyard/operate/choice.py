"""Which target a command is about: the one that it names, else the one that runs or last ran here, else native.

`up` asks this before anything else, so little is imported.
"""

from __future__ import annotations

from pathlib import Path

from stackyard.errors import StackyardError, StateError
from stackyard.targets.local.folders import target_file
from stackyard.targets.names import COMPOSE, NATIVE

TARGETS = (NATIVE, COMPOSE)
DEFAULT = NATIVE


def recorded(folder: Path) -> str:
    """The target that runs or last ran here, "" when none did. Raises StateError for one that we do not know."""
    file = target_file(folder)
    try:
        name = file.read_text().strip()
    except FileNotFoundError:
        return ""
    if name not in TARGETS:
        raise StateError(
            f"{file} names a target that this Stackyard does not know: {name[:40]!r}",
            hint="A newer one has written it; or delete the file, and say --target once.",
        )
    return name


def chosen(folder: Path, asked: str | None) -> str:
    """The target that a command is about, in the folder of an environment."""
    return asked or recorded(folder) or DEFAULT


def leave_other(folder: Path, name: str) -> str:
    """Under the lock of operations, before anything starts on the target `name`: nothing runs on another.

    Returns the other target that the system ran on last, "" when there was none. Raises StateError when it runs there
    still, or when nobody can say.
    """
    before = recorded(folder)
    if before == name:
        return ""
    if before or name != DEFAULT:
        # Where nothing is recorded, an older Stackyard may have brought it up natively.
        _refuse_running(folder, before or DEFAULT)
    return before


def settle(folder: Path, name: str) -> None:
    """Record that the system runs on the target `name` from now on."""
    if recorded(folder) == name:
        return
    from stackyard.targets.local.state import write_whole

    write_whole(target_file(folder), f"{name}\n")


def _refuse_running(folder: Path, other: str) -> None:
    from stackyard.operate.verbs import verbs_of

    try:
        is_running = verbs_of(other, folder.parents[1], folder.name).is_running()
    except StackyardError as error:
        raise StateError(
            f"nobody can say whether this system still runs on the target {other}: {error.what}",
            hint=f"{error.hint} Or, when it never will again, delete {target_file(folder)}.".strip(),
        ) from error
    if is_running:
        raise StateError(
            f"this system runs on the target {other} ({folder.name})",
            hint=f"`stackyard down --target {other}` stops it; its data stays, and is not shared with other targets.",
        )


def elsewhere(folder: Path, before: str) -> tuple[str, ...]:
    """A sentence for whoever changes the target: data does not come along. `before` is what `leave_other` returned."""
    data = {NATIVE: folder / "data", COMPOSE: folder / "compose.json"}.get(before)
    if data is None or not data.exists():
        return ()
    return (f"this system ran on the target {before} before: its data is kept there, and is not used here",)
