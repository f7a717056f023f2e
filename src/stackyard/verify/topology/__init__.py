"""What runs: every part healthy and as described, confined, watched, and reached where it should be."""

from __future__ import annotations

from stackyard.verify.topology import confinement, listening, running, starting, supervision

CHECKS = (*running.CHECKS, *starting.CHECKS, *supervision.CHECKS, *confinement.CHECKS, *listening.CHECKS)
