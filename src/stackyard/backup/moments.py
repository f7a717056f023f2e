"""Moments as sets write them, as seconds since the epoch."""

from __future__ import annotations

from datetime import datetime


def seconds(moment: str) -> float:
    """Seconds since the epoch of an ISO 8601 text, 0 for "". Raises ValueError."""
    return datetime.fromisoformat(moment).timestamp() if moment else 0.0
