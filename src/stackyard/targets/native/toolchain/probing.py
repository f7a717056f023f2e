"""Asking binaries for their version, once: the answer is kept by path, time and size of the file."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from stackyard.targets.native.toolchain.catalogue import Binary
from stackyard.targets.native.toolchain.inquiry import ask
from stackyard.targets.native.toolchain.tool import Numbers
from stackyard.targets.native.toolchain.versions import from_output


class Probe:
    """Versions of binaries, remembered in a JSON file. One that is missing, broken or not writable only costs time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, list[int] | None] | None = None

    def version(self, path: Path, binary: Binary) -> Numbers | None:
        """The version of the binary at `path`; None when it does not run or lacks what we need of it."""
        key = _key(path)
        if key is None:
            return None
        known = self._load()
        if key not in known:
            found = measure(path, binary)
            known[key] = list(found) if found else None
            self._save()
        kept = known[key]
        return tuple(kept) if kept else None

    def _load(self) -> dict[str, list[int] | None]:
        if self._known is None:
            self._known = _read(self._file)
        return self._known

    def _save(self) -> None:
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".versions-", dir=self._file.parent)
            with os.fdopen(handle, "w") as file:
                # Others may have learnt something since; what is lost to a race is only asked again.
                json.dump({**_read(self._file), **(self._known or {})}, file, indent=1)
            Path(name).replace(self._file)


def measure(path: Path, binary: Binary, environment: Mapping[str, str] | None = None) -> Numbers | None:
    """Run the binary and read its version; None when it does not run or lacks the capability."""
    # A script such as npm finds its interpreter beside itself before anywhere else.
    env = {"PATH": f"{path.parent}:{os.environ.get('PATH', os.defpath)}", **(environment or {})}
    answer = ask([path, *binary.arguments], env=env)
    if not answer.is_good:
        return None
    if binary.capability and not _is_capable(path, *binary.capability, env):
        return None
    return from_output(f"{answer.output}\n{answer.errors}")


def _is_capable(path: Path, arguments: tuple[str, ...], text: str, env: Mapping[str, str]) -> bool:
    answer = ask([path, *arguments], env=env)
    return answer.is_good and text in answer.output + answer.errors


def _key(path: Path) -> str | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return f"{path}|{status.st_mtime_ns}|{status.st_size}"


def _read(file: Path) -> dict[str, list[int] | None]:
    try:
        data = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(data, dict):
        return {}
    return {key: value for key, value in data.items() if value is None or _is_version(value)}


def _is_version(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(number, int) for number in value)
