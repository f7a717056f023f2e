"""The folder of one system in one environment, for those who must know it before anything else is imported."""

from __future__ import annotations

from pathlib import Path

from stackyard.targets.names import NATIVE

HOME = ".stackyard"


def environment_folder(root: Path, environment: str) -> Path:
    """Where everything of a system in this environment lies; `root` is the folder of its stack file."""
    return root / HOME / environment


def note_file(folder: Path) -> Path:
    """What the next `up` may start ahead, in the folder of an environment."""
    return folder / "run" / "ahead.json"


def card_file(folder: Path) -> Path:
    """What the supervisor says about itself: pid, mode, socket."""
    return folder / "run" / "supervisor.json"


def lock_file(folder: Path) -> Path:
    """The lock of operations that change a system, in the folder of an environment."""
    return folder / "operation.lock"


def target_file(folder: Path) -> Path:
    """Which target runs or last ran, in the folder of an environment."""
    return folder / "target"


def scale_file(folder: Path) -> Path:
    """The replicas that `stackyard scale` was told, in the folder of an environment."""
    return folder / "scale.json"


def restore_file(folder: Path, target: str = NATIVE) -> Path:
    """The journal of a restore on a target that is under way, in the folder of an environment."""
    return folder / f"{_prefix(target)}restore.json"


def restored_file(folder: Path, target: str = NATIVE) -> Path:
    """The list of restores on a target whose old data is kept, in the folder of an environment."""
    return folder / f"{_prefix(target)}restored.json"


def _prefix(target: str) -> str:
    """Each target has data of its own, and nobody but itself can move it."""
    return "" if target == NATIVE else f"{target}-"


def switchover_file(folder: Path, target: str = NATIVE) -> Path:
    """The journal of a switchover on a target that is under way, in the folder of an environment."""
    return folder / f"{_prefix(target)}switchover.json"
