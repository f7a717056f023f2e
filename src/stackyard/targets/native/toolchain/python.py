"""The Python that a service runs on: one that the service's user may execute and that its project accepts."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from stackyard.errors import MachineError
from stackyard.targets.local.identity import Identity, blocked_ancestors, may_execute
from stackyard.targets.native.toolchain.catalogue import Binary
from stackyard.targets.native.toolchain.machine import program_folders
from stackyard.targets.native.toolchain.probing import Probe
from stackyard.targets.native.toolchain.store import Store, default_store
from stackyard.targets.native.toolchain.tool import Tool, dotted

_PYTHON = Binary(("python3",))
_NAME = re.compile(r"python3(\.\d+)?$")
_MANAGED = ("~/.local/share/uv/python/*/bin", "~/.pyenv/versions/*/bin", "/opt/python*/bin")


def python_for(requires: str, user: Identity, *, store: Store | None = None) -> Tool:
    """An interpreter that `user` may execute and that satisfies `requires` (as in requires-python, "" for any).

    The one that runs Stackyard when it fits, else the newest. Raises MachineError that says what there is and why
    each does not fit.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        wanted = SpecifierSet(requires)
    except InvalidSpecifier:
        raise MachineError(f"requires-python `{requires}` cannot be read", hint='Write it like ">=3.11".') from None
    probe = Probe((store or default_store()).root / "versions.json")
    fitting: list[Tool] = []
    refused: list[str] = []
    for path in _candidates():
        version = probe.version(path, _PYTHON)
        if version is None:
            continue
        if not wanted.contains(dotted(version), prereleases=True):
            refused.append(f"{path} is {dotted(version)}")
        elif not may_execute(path, user):
            refused.append(f"{path} is {dotted(version)}, but {user.name} cannot reach it{_blocker(path, user)}")
        else:
            why = f"found at {path}, runs as {user.name}, satisfies `{requires or 'any Python 3'}`"
            fitting.append(Tool("python", path, version, "system", why))
    if not fitting:
        raise MachineError(
            f"no Python that {user.name} may execute satisfies `{requires or '3'}`",
            hint="Install one with your system's package manager, or with `uv python install` in a folder that"
            f" {user.name} can reach, and put it on PATH.",
            details=refused,
        )
    own = Path(sys.base_prefix).resolve()
    return max(fitting, key=lambda tool: (tool.path.resolve().is_relative_to(own / "bin"), tool.version))


def _candidates() -> Iterator[Path]:
    seen: set[Path] = set()
    managed = [folder for pattern in _MANAGED for folder in _expand(pattern)]
    for folder in (Path(sys.base_prefix) / "bin", *program_folders(_PYTHON), *managed):
        # A shim is a script that chooses by the working folder; what it stands for is listed by itself. In a virtual
        # environment a link to python would bring that environment's packages along.
        if not os.access(folder, os.R_OK | os.X_OK):
            continue
        if folder.name == "shims" or (folder.parent / "pyvenv.cfg").exists():
            continue
        for path in sorted(folder.glob("python3*")):
            if _NAME.match(path.name) and path.resolve() not in seen:
                seen.add(path.resolve())
                yield path


def _expand(pattern: str) -> Iterator[Path]:
    full = str(Path(pattern).expanduser())
    yield from sorted(Path("/").glob(full.lstrip("/")), reverse=True)


def _blocker(path: Path, user: Identity) -> str:
    blocked = blocked_ancestors(path, user)
    return f" ({blocked[0]} is closed to it)" if blocked else ""
