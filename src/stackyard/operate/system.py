"""The system that a command is about: where its folder is, and its file once somebody needs to read it."""

from __future__ import annotations

from pathlib import Path

from stackyard.errors import UsageError
from stackyard.operate.choice import chosen
from stackyard.operate.verbs import Verbs, verbs_of
from stackyard.targets.native.layout import Layout

NAMES = ("stackyard.yaml", "stackyard.yml")


def layout_of(path: Path, environment: str) -> Layout:
    """The folders of the system at `path` (a stack file or its folder), without reading the file: commands that only
    look at what runs must be quick, and must work while the file is being edited.

    Raises UsageError when there is no stack file.
    """
    folder = path.resolve()
    if folder.is_file():
        return Layout(folder.parent, environment)
    if not any((folder / name).is_file() for name in NAMES):
        raise UsageError(
            f"there is no stackyard.yaml in {folder}",
            hint="Go to the folder of a stack file, or name it with --file.",
        )
    return Layout(folder, environment)


def verbs_for(path: Path, environment: str, target: str | None) -> Verbs:
    """The verbs on the system at `path`, on the target that the command names, or that runs or last ran here.

    Raises UsageError when there is no stack file.
    """
    layout = layout_of(path, environment)
    return verbs_of(chosen(layout.folder, target), layout.root, environment)
