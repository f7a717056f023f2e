"""The cache: who gets in, what services may do, how much it holds, and what it keeps on the disk."""

from __future__ import annotations

from stackyard.verify.cache import entry, server

CHECKS = (*entry.CHECKS, *server.CHECKS)
