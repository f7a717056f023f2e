"""Containers: that they are what the document says, and that the kernel and the engine hold them to it."""

from __future__ import annotations

from stackyard.verify.containers import held, made, told

CHECKS = (*made.CHECKS, *held.CHECKS, *told.CHECKS)
