"""Digests of folders: what changed since the last time, by content and not by date."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

TYPE_CHECKING = False  # as `typing` has it: a head start imports this first of all
if TYPE_CHECKING:
    from stackyard.model.files import File
    from stackyard.model.system import System

# Folders that tools write into and that never change what a program is.
_PRODUCTS = frozenset(
    {
        ".git",
        ".hg",
        ".venv",
        "venv",
        "node_modules",
        "dist",
        "__pycache__",
        ".pytest_cache",
        ".mypy_cache",
        ".ruff_cache",
        ".stackyard",
        ".tox",
        ".idea",
        ".vscode",
        "coverage",
    }
)
_PRODUCT_SUFFIXES = (".pyc", ".pyo", ".log", ".egg-info", ".swp", ".tsbuildinfo")


def is_product(path: Path) -> bool:
    """True for what tools write by themselves: caches, builds, virtual environments."""
    return any(part in _PRODUCTS or part.endswith(_PRODUCT_SUFFIXES) for part in path.parts)


def source_files(folder: Path) -> Iterator[Path]:
    """The files below a folder that people write, in a stable order. Links are not followed."""
    for here, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if name not in _PRODUCTS and not name.endswith(_PRODUCT_SUFFIXES))
        for name in sorted(files):
            if not name.endswith(_PRODUCT_SUFFIXES):
                yield Path(here, name)


def not_sources(system: System) -> frozenset[Path]:
    """Files that may lie in the folder of a service and are none of its sources.

    The stack file, whose words have facets of their own, and the certificate of the edge with its key.
    """
    edge = system.edge
    own = (edge.certificate, edge.key) if edge is not None else ()
    return frozenset(path for path in (system.file, *own) if path is not None)


def of_folder(folder: Path, *, without: Collection[Path] = ()) -> str:
    """A digest of names and contents below `folder`, `without` some files; a file itself is its content.

    What cannot be read, and what is no plain file (a pipe would never end), counts by its name.
    """
    digest = hashlib.sha256()
    for path in [folder] if folder.is_file() else source_files(folder):
        if path in without:
            continue
        digest.update(os.fsencode(path.relative_to(folder)) + b"\0")
        try:
            digest.update(_content(path) if path.is_file() else b"-")
        except OSError as error:
            digest.update(str(error.errno).encode())
    return digest.hexdigest()[:16]


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def of_texts(texts: Iterable[str]) -> str:
    """A digest of texts, in their order."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:16]


def of_files(files: Iterable[File]) -> str:
    """A digest of rendered files: their paths, modes and contents."""
    return of_texts(f"{file.path}\0{file.mode}\0{file.content}" for file in files)


def of_files_on_disk(folder: Path, files: Iterable[File]) -> str:
    """The digest of what stands where the files should be, comparable with that of the files."""
    texts = []
    for file in files:
        path = folder / file.path
        try:
            texts.append(f"{file.path}\0{path.stat().st_mode & 0o777}\0{path.read_text()}")
        except (OSError, UnicodeDecodeError) as error:
            texts.append(f"{file.path}\0{type(error).__name__}")
    return of_texts(texts)
