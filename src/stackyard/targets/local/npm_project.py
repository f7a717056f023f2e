"""Digests of what a front end is made of: its own folder, and the packages beside it that it depends on by path."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from stackyard.model.system import StaticSource
from stackyard.targets.local import fingerprint


def source_digest(source: StaticSource, *, without: Collection[Path] = ()) -> str:
    """A digest of everything people wrote in a front end and the packages beside it, `without` some files."""
    own = fingerprint.of_folder(source.path, without=without)
    others = [fingerprint.of_folder(path, without=without) for path in source.packages_beside]
    return fingerprint.of_texts([own, *others]) if others else own


def packages_digest(source: StaticSource) -> str:
    """A digest of what decides which npm packages are installed."""
    files = [source.path / name for name in ("package.json", "package-lock.json")]
    files += [path / "package.json" if path.is_dir() else path for path in source.packages_beside]
    return fingerprint.of_texts(fingerprint.of_folder(file) for file in files if file.is_file())
