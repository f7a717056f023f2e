"""The database: who may do what in it, how it is entered, what it runs with, and what is in it."""

from __future__ import annotations

from stackyard.verify.database import content, entry, replicas, rights, row_security, server, upkeep

CHECKS = (
    *rights.CHECKS,
    *row_security.CHECKS,
    *entry.CHECKS,
    *server.CHECKS,
    *content.CHECKS,
    *replicas.CHECKS,
    *upkeep.CHECKS,
)
