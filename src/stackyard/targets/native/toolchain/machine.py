"""Binaries that are already on this machine, outside our own store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from stackyard.targets.local.identity import Identity, may_execute
from stackyard.targets.native.toolchain.catalogue import BINARIES, BREW_PREFIXES, Binary
from stackyard.targets.native.toolchain.probing import Probe
from stackyard.targets.native.toolchain.tool import Source, Tool, Want


def installed(name: str, probe: Probe, user: Identity | None = None) -> Iterator[Tool]:
    """Every usable binary of that name, PATH first. With `user`, only those that this user may run."""
    binary = BINARIES[name]
    for path in _candidates(binary):
        if user and not may_execute(path, user):
            continue
        version = probe.version(path, binary)
        if version:
            yield Tool(name, path, version, _source(path), f"found at {path}")


def _candidates(binary: Binary) -> Iterator[Path]:
    seen: set[Path] = set()
    for folder in program_folders(binary):
        for name in binary.names:
            path = folder / name
            if not _is_program(path):
                continue
            real = path.resolve()
            # Debian's psql is a script that picks a server by its own rules; the real ones lie in version folders.
            if real in seen or real.name == "pg_wrapper":
                continue
            seen.add(real)
            # Companions lie beside the file itself, not beside a link to it.
            usable = real if binary.beside else path
            if all(_is_program(usable.parent / other) for other in binary.beside):
                yield usable


def program_folders(binary: Binary) -> Iterator[Path]:
    """The folders to search for the binary: PATH, then the well-known ones."""
    for text in os.environ.get("PATH", os.defpath).split(os.pathsep):
        if text:
            yield Path(text)
    for pattern in binary.folders:
        if "*" in pattern:
            yield from sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
        else:
            yield Path(pattern)


def _is_program(path: Path) -> bool:
    # os.access says False where Path.is_file raises: PATH may name a folder that this user may not enter.
    return os.access(path, os.X_OK) and path.is_file()


def _source(path: Path) -> Source:
    is_brewed = any(str(place).startswith(BREW_PREFIXES) for place in (path, path.resolve()))
    return "brew" if is_brewed else "system"


def why_of(tool: Tool, want: Want, is_fetched: bool) -> str:
    """One sentence on why this tool was chosen for the want."""
    kept = f"keeps `{want.version}`" if want.version else "any version will do"
    return f"{tool.why}, {'fetched before' if is_fetched else 'on this machine'}, {kept}"
