"""Remove what the Compose target has made here: what carries the labels of this system, and nothing else.

Volumes go only with `data`, each by its name. What other targets share (secrets, ports) goes with the last data only.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from stackyard.errors import StateError
from stackyard.operate.choice import recorded
from stackyard.operate.clean import BACKUPS, SHARED, kept_backups, size_of
from stackyard.operate.compose.running import Running
from stackyard.operate.verbs import Removal
from stackyard.runner import Command
from stackyard.targets.compose import commands, complaints
from stackyard.targets.compose.releases import reference
from stackyard.targets.local.folders import restore_file, restored_file, switchover_file, target_file
from stackyard.targets.local.state import operation
from stackyard.targets.names import COMPOSE

_IMAGE, _VOLUME = "image ", "volume "
_UNITS = {"B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}


def removals(running: Running, *, data: bool, backups: bool = False) -> tuple[Removal, ...]:
    """What `clean` would remove; backups, and what opens them, only with `backups`.

    Raises MachineError when the engine does not answer.
    """
    layout = running.layout
    made = [_path(layout.rendered, is_lasting=False), _path(layout.summary_file, is_lasting=False)]
    system = running.system
    if system:
        made += [Removal(f"{_IMAGE}{name}", size, False) for name, size in _images(running, system)]
    if data:
        names = _volumes(running)
        made += [Removal(f"{_VOLUME}{name}", None, True) for name in names if backups or not _holds_backups(name)]
        is_shared = (layout.folder / "data").is_dir()
        shared = [] if is_shared else [name for name in SHARED if name != "secrets" or backups or not kept(running)]
        made += [_path(layout.folder / name, is_lasting=True) for name in shared]
        journals = (restore_file, restored_file, switchover_file)
        made += [_path(path(layout.folder, COMPOSE), is_lasting=True) for path in journals]
        made.append(_path(layout.volumes_file, is_lasting=True))
        # What says which volumes are ours goes after them: a `clean` that was killed is to be done again.
        made += [_path(path, is_lasting=True) for path in (layout.ended, layout.state_file)]
        made += [_path(target_file(layout.folder), is_lasting=True)] if recorded(layout.folder) == COMPOSE else []
    return tuple(one for one in made if one is not None)


def kept(running: Running) -> bool:
    """Whether there are backups that go only when they are named."""
    return kept_backups(running.layout) or any(_holds_backups(name) for name in _volumes(running))


def _volumes(running: Running) -> tuple[str, ...]:
    system = running.system
    return tuple(running.eye.names(commands.volumes(system, running.layout.environment))) if system else ()


def _holds_backups(volume: str) -> bool:
    return volume.endswith(f"{BACKUPS}-data")


def clean(running: Running, wanted: tuple[Removal, ...]) -> int:
    """Remove these; the bytes that were freed. Raises StateError while the system runs."""
    with operation(running.layout.lock_file, "clean"):
        if running.containers():
            raise StateError("the system runs", hint="`stackyard down` stops it; then clean.")
        return sum(_remove(running, one) for one in wanted)


def _remove(running: Running, one: Removal) -> int:
    for prefix, command in _OF_THE_ENGINE.items():
        if one.name.startswith(prefix):
            return (one.size or 0) if _ask(running, one.name, command([one.name.removeprefix(prefix)])) else 0
    path = Path(one.name)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    return one.size or 0


_OF_THE_ENGINE: dict[str, Callable[[list[str]], commands.Argv]] = {
    _IMAGE: commands.remove_images,
    _VOLUME: commands.remove_volumes,
}


def _ask(running: Running, name: str, argv: commands.Argv) -> bool:
    """Whether it was removed. Raises StackyardError when it could not be, but for want of need."""
    answer = running.runner.ask(Command(argv, Path("/"), commands.environment(), timeout=120.0))
    said = answer.errors.lower()
    if answer.is_good or "no such" in said:
        return True
    if name.startswith(_IMAGE) and "conflict" in said:
        # Another environment of the system runs on it.
        return False
    raise complaints.general(f"the {name} cannot be removed", answer.errors.splitlines())


def _images(running: Running, system: str) -> list[tuple[str, int]]:
    """The images that were built for the system, with their sizes; one of another system that has its name stays."""
    rows = running.eye.ask(commands.images(system)).splitlines()
    found = [json.loads(row) for row in rows if row.strip()]
    return [(reference(one), _bytes(str(one.get("Size", "")))) for one in found]


def _bytes(text: str) -> int:
    match = re.fullmatch(r"([\d.]+)([kKMGT]?B)", text)
    return int(float(match[1]) * _UNITS[match[2]]) if match else 0


def _path(path: Path, *, is_lasting: bool) -> Removal | None:
    return Removal(str(path), size_of(path), is_lasting) if path.exists() else None
