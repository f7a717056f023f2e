"""The private store of fetched tools: one folder a package, complete or absent, shared by every checkout.

<store>/<package>-<version>-<source>/   what was unpacked, and `tool.json` that says which binaries are in it
<store>/.partial-…                      being unpacked; removed by the next fetch when one was cut off
<store>/.lock                           held while anything is fetched
<store>/versions.json                   what each binary said about its version, so that it is asked once
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from stackyard.errors import MachineError
from stackyard.targets.local.layout import user_cache
from stackyard.targets.native.toolchain.tool import Numbers, Source, Tool, dotted

_SHARED = Path("/var/cache/stackyard/tools")
_MANIFEST = "tool.json"
_PARTIAL = ".partial-"
# Room that must be left on the disk after a fetch: a full disk stops databases.
_SPARE = 200_000_000


class Store:
    """The tools below `root`, and, for reading only, those of the stores in `others`."""

    def __init__(self, root: Path, others: tuple[Path, ...] = ()) -> None:
        self.root = root
        self._others = others

    def tools(self, name: str) -> list[Tool]:
        """Every complete tool of that name."""
        manifests = [file for root in (self.root, *self._others) for file in sorted(root.glob(f"[!.]*/{_MANIFEST}"))]
        found = (_read(file, name) for file in manifests)
        return [tool for tool in found if tool]

    def entry(self, unit: str, version: Numbers, source: Source) -> Path:
        """The folder where that package belongs."""
        plain = re.sub(r"[^\w.]+", "-", unit).strip("-")
        return self.root / f"{plain}-{dotted(version)}-{source}"

    @contextlib.contextmanager
    def locked(self, progress: Callable[[str], None]) -> Iterator[None]:
        """Hold the lock of the store; what an interrupted fetch left is removed. Waits for another fetch to end."""
        self.prepare()
        handle = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                progress("waiting for another stackyard that fetches tools")
                fcntl.flock(handle, fcntl.LOCK_EX)
            for left in self.root.glob(f"{_PARTIAL}*"):
                _remove(left)
            yield
        finally:
            os.close(handle)

    def prepare(self) -> None:
        """Make the folder, root's open to readers: its parts run as another user. Raises MachineError."""
        try:
            missing = [folder for folder in (self.root, *self.root.parents) if not folder.exists()]
            self.root.mkdir(parents=True, exist_ok=True)
            if os.geteuid() == 0:
                for folder in missing:
                    folder.chmod(0o755)
        except OSError as error:
            raise MachineError(
                f"tools cannot be kept in {self.root}: {error.strerror}",
                hint="Make that folder writable, or set XDG_CACHE_HOME to one that is.",
            ) from None

    @contextlib.contextmanager
    def partial(self) -> Iterator[Path]:
        """A folder to unpack into; whatever is still there at the end is removed. Hold the lock around it."""
        folder = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=self.root))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def admit(self, folder: Path, place: Path, manifest: Mapping[str, Any]) -> None:
        """Make an unpacked and verified folder part of the store, in one step."""
        (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
        _open_to_readers(folder)
        if place.exists():
            shutil.rmtree(place)
        folder.rename(place)

    def require_space(self, size: int, what: str) -> None:
        """Raises MachineError when the disk has no room for `size` bytes more and something to spare."""
        free = shutil.disk_usage(self.root).free
        if free < size + _SPARE:
            raise MachineError(
                f"no room for {what}: {self.root} has {free // 1_000_000} MB free,"
                f" {(size + _SPARE) // 1_000_000} MB are needed",
                hint="Free some space on that disk, or set XDG_CACHE_HOME to another one.",
            )


def default_store() -> Store:
    """The store of whoever calls: root's is open to every user, and every user reads it beside his own."""
    own = user_cache() / "tools"
    is_trusted = _SHARED.is_dir() and _SHARED.stat().st_uid == 0
    return Store(own, (_SHARED,) if is_trusted and own != _SHARED else ())


def library_folders(folder: Path) -> list[Path]:
    """The folders of shared libraries in an unpacked distribution package."""
    found = [*folder.glob("usr/lib/*-linux-*"), *folder.glob("lib/*-linux-*")]
    return sorted(path for path in found if path.is_dir() and any(path.glob("*.so*")))


def environment_for(folder: Path, libraries: list[str]) -> dict[str, str]:
    """What a tool in `folder` needs in its environment to find its libraries (paths relative to the folder)."""
    return {"LD_LIBRARY_PATH": ":".join(str(folder / library) for library in libraries)} if libraries else {}


def _read(manifest: Path, name: str) -> Tool | None:
    try:
        data = json.loads(manifest.read_text())
        entry = data["tools"].get(name)
        if entry is None:
            return None
        path = manifest.parent / entry["path"]
        environment = environment_for(manifest.parent, data["libraries"])
        version = tuple(int(number) for number in entry["version"])
        tool = Tool(name, path, version, data["source"], data["why"], environment)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return tool if os.access(path, os.X_OK) else None


def _remove(folder: Path) -> None:
    # A child of a fetch that was killed (apt, dpkg) may go on writing for a moment.
    deadline = time.monotonic() + 5.0
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)


def _open_to_readers(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if path.is_symlink():
            continue
        mode = path.stat().st_mode & 0o777
        executable = 0o111 if path.is_dir() or mode & 0o100 else 0
        # Nothing in a package may be writable by others, nor keep a set-uid bit.
        path.chmod((mode | 0o444 | executable) & 0o755)
