"""The secrets: strong, in one place, open to their owner only, and nowhere else."""

from __future__ import annotations

from stackyard.verify.secrets import elsewhere, store

CHECKS = (*store.CHECKS, *elsewhere.CHECKS)
