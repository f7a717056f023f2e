"""The folder of one system in one environment, for those who must know it before anything else is imported."""

from __future__ import annotations

from pathlib import Path

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
