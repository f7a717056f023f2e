"""A system with backups, its sets, and what looks at them see when all is well at noon."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stackyard.backup.drill_report import DrillReport
from stackyard.backup.health import Health
from stackyard.backup.job import Policy
from stackyard.backup.looks.known import Known
from stackyard.backup.looks.repository import Held
from stackyard.backup.moments import seconds
from stackyard.backup.sets import BackupSet, Kind, Moment, Piece, State, to_text
from stackyard.backup.snapshots import Snapshot
from stackyard.model.system import Backups, Postgres, Redis, System
from stackyard.model.values import Position, Version

AT = Position("stackyard.yaml", 9)
WANTED = Backups(AT)
SYSTEM = System(
    name="shop",
    environment="development",
    root=Path("/srv/shop"),
    file=Path("/srv/shop/stackyard.yaml"),
    services=(),
    resources=(Postgres("db", Version((16,)), AT), Redis("cache", Version((7,)), AT)),
    backups=replace(WANTED, wal=True),
)
NOON = seconds("2026-03-05T12:00:00Z")
DUE = seconds("2026-03-05T02:00:00Z")
KINDS = (("db", "base"), ("db", "dump"), ("db", "sql"), ("db", "globals"), ("cache", "redis"), ("", "config"))
MOMENT = Moment("db", "77", 1, "0/28", "0/5000", "stackyard-x", "2026-03-05T02:00:03Z", "16.4", 1 << 20, exact=True)


def a_set(moment: str = "2026-03-05T02:00:00.000Z", **changes: object) -> BackupSet:
    """A good set that was begun at a moment, and took five seconds."""
    name = moment[:19].replace("-", "").replace(":", "") + "Z"
    pieces = tuple(
        Piece(part, kind, f"{kind}{part}", f"{kind}.tar", 100, 10, "00", 1.0)
        for part, kind in (*KINDS, ("", "secrets"))
    )
    made = BackupSet(
        name, "shop", "development", Kind.SCHEDULED, moment, moment, moment.replace(":00.000Z", ":05.000Z"), pieces,
        (MOMENT,), recipients=("age1one",), state=State.VERIFIED,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def seen(*found: BackupSet, **changes: object) -> Known:
    """What is known at noon, with these sets, the newest first."""
    health = Health(seen=NOON - 5, next_backup=NOON + 14 * 3600, next_drill=NOON + 3600)
    figures = f"stackyard_backup_last_good_timestamp_seconds {DUE:.0f}\n"
    made = Known(
        NOON, DUE, Policy(), ("db",), ("db",), ("cache",), (), True, True, ("age1one",), "", found, (), health, figures,
        None, "", (),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


REPORT = DrillReport(
    "shop", "development", "20260305T020000Z", "2026-03-05T02:00:03Z", "2026-03-05T03:00:00.000Z",
    "2026-03-05T03:01:00.000Z", 30.0, 14400.0, 20.0, 3600.0, (),
)  # fmt: skip


def snapshot(id: str, **tags: str) -> Snapshot:
    return Snapshot(id, "2026-03-05T02:00:00Z", tags, ("/manifest.json",))


def held(*found: BackupSet, more: tuple[Snapshot, ...] = (), manifest: str = "") -> Held:
    """A repository that holds these sets whole."""
    own = [
        snapshot(piece.snapshot, set=one.id, kind=piece.kind, part=piece.part) for one in found for piece in one.pieces
    ]
    ends = [snapshot(f"m{one.id}", set=one.id, kind="manifest") for one in found]
    return Held(seen(*found), (*own, *ends, *more), manifest or (to_text(found[0]) if found else ""), "", "")
