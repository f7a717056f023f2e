"""Data that comes into use goes on under a timeline of its own, all of which is kept.

What was written since under a later timeline has been received. If an old cluster went on under its own number, the
same positions would hold two different histories, and nothing of either could be recovered any more. The beginning of
a new timeline was written by a recovery that nobody received from: without it nothing later could be had from a set
of before.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from stackyard.backup import private, receive, spool
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.ownership import give
from stackyard.backup.recover import replaying
from stackyard.backup.segments import Segment, lsn, timeline_named
from stackyard.backup.spool import Ledger
from stackyard.backup.targets import Latest
from stackyard.backup.wal import Collected


def part_ways(job: Job, part: PostgresPart) -> bool:
    """Put a stopped cluster on a new timeline where a later one than its own has been received; True when it was.

    The beginning of a timeline that nobody has received from is put with what was received. Raises BackupError when
    the cluster cannot be opened.
    """
    folder = Path(part.data)
    told = private.control(part, folder)
    own = int(told.get("Latest checkpoint's TimeLineID", "0"))
    received = job.places.wal(part.name, told.get("Database system identifier", "unknown"))
    ledger = spool.read(received)
    if not own or ledger is None:
        return False
    is_late = own < ledger.timeline
    if is_late:
        _promote(part, folder, own, received, ledger)
        told = private.control(part, folder)
    _hand_over(folder / "pg_wal", received, told)
    return is_late


def _promote(part: PostgresPart, folder: Path, own: int, received: Path, ledger: Ledger) -> None:
    with private.private_folder(part) as place:
        # All that recovery finds there is which numbers are taken; the changes themselves lie in the cluster.
        for file in spool.files(received, ledger.segment):
            if timeline_named(file.path.name) is not None:
                shutil.copyfile(file.path, place / file.path.name)
                give(place / file.path.name, part.account)
        known = Collected(place, own, ledger.segment, Segment(own, 0), 0)
        with replaying(part, folder, known, Latest()) as server:
            server.stop()


def _hand_over(written: Path, received: Path, told: Mapping[str, str]) -> None:
    """Keep the whole segments of a new timeline: a receiver gets them from where the server starts, and none before.

    They are still there: a private server lets go of nothing that is as new as that.
    """
    timeline = int(told["Latest checkpoint's TimeLineID"])
    with spool.held(received):
        ledger = spool.read(received)
        if ledger is None or timeline <= ledger.timeline:
            return
        ledger = receive.moved_on(received, ledger, timeline)
        past = received / spool.PAST
        past.mkdir(exist_ok=True)
        first = lsn(told["Latest checkpoint's REDO location"]) // ledger.segment
        for file in spool.files(written, ledger.segment):
            if file.segment is None and timeline_named(file.path.name) == timeline:
                shutil.copyfile(file.path, received / file.path.name)
            elif file.segment and file.segment.timeline == timeline and file.segment.number < first:
                shutil.copyfile(file.path, past / file.path.name)
        spool.write(received, spool.sealed(received, ledger))
