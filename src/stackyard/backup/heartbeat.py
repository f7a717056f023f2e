"""A commit without a table, now and then: what shows, after a recovery, up to when everything is there."""

from __future__ import annotations

from stackyard.backup.database import connect
from stackyard.backup.job import PostgresPart
from stackyard.backup.segments import lsn

EVERY = 10.0
"""Seconds between two of them: the most that a quiet database can seem to have lost without having lost anything."""


def beat(part: PostgresPart, fill: int = 0) -> int:
    """Commit a message to the WAL, and `fill` bytes without meaning after it; returns the position after all of that.

    Raises BackupError when the server does not answer.
    """
    with connect(part) as session:
        session.execute("select pg_logical_emit_message(true, 'stackyard', 'heartbeat')")
        if fill:
            # In a transaction, so that it is flushed, too.
            session.execute("select pg_logical_emit_message(true, 'stackyard', repeat('-', %s))", (fill,))
        row = session.execute("select pg_current_wal_flush_lsn()").fetchone()
    return lsn(str(row[0])) if row else 0
