"""Sizes in words."""

from __future__ import annotations


def human(size: int) -> str:
    """Bytes as people say them."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
