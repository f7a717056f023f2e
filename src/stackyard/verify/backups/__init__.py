"""The backups: whether they are made, kept, private, read back, drilled, and reach up to this moment."""

from __future__ import annotations

from stackyard.verify.backups import changes, keeping, order, proof, sets

CHECKS = (*sets.CHECKS, *keeping.CHECKS, *proof.CHECKS, *changes.CHECKS, *order.CHECKS)
