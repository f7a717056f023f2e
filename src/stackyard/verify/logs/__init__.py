"""The logs: complete, well-formed, bounded, private, and free of what must not be in them."""

from __future__ import annotations

from stackyard.verify.logs import content, files

CHECKS = (*files.CHECKS, *content.CHECKS)
