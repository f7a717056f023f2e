"""What `tests/resources` has: real servers, and a folder for them."""

from __future__ import annotations

from tests.resources.conftest import cluster, place

__all__ = ["cluster", "place"]
