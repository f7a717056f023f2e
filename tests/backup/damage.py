"""Ways in which files go wrong."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def flip(file: Path, offset: int, count: int = 4) -> None:
    """Turn every bit of some bytes of a file."""
    mode = file.stat().st_mode
    file.chmod(0o600)
    content = bytearray(file.read_bytes())
    content[offset : offset + count] = bytes(byte ^ 0xFF for byte in content[offset : offset + count])
    file.write_bytes(content)
    file.chmod(mode)


def spoil(file: Path) -> None:
    """Turn the bits of eight bytes in the middle."""
    flip(file, file.stat().st_size // 2, 8)


def riddle(file: Path) -> None:
    """Turn eight bytes in each twentieth of it, so that hardly anything in it is whole."""
    size = file.stat().st_size
    for part in range(20):
        flip(file, part * size // 20, 8)


def truncate(file: Path) -> None:
    """Leave the first half of it."""
    file.chmod(0o600)
    os.truncate(file, file.stat().st_size // 2)


def largest(folder: Path, is_meant: Callable[[Path], bool] = Path.is_file) -> Path:
    """The largest of the files below a folder that are meant."""
    found = (file for file in folder.rglob("*") if file.is_file() and is_meant(file))
    return max(found, key=lambda file: file.stat().st_size)
