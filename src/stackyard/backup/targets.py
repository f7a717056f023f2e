"""Which moment to go back to: by name, by time, just before a transaction, at a position, or as late as can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from stackyard.backup.problem import BackupError
from stackyard.backup.segments import lsn, lsn_text
from stackyard.backup.sets import BackupSet


@dataclass(frozen=True)
class RestorePoint:
    """The moment that was given this name in the WAL: a set's moment, or a mark. `lsn` is where, if that is known."""

    name: str
    lsn: str = ""


@dataclass(frozen=True)
class Time:
    """The last moment at which nothing later than this had been committed; UTC, as `at` makes it."""

    iso: str


@dataclass(frozen=True)
class BeforeTransaction:
    """The moment before the transaction with this id was committed."""

    xid: int


@dataclass(frozen=True)
class Lsn:
    """The first moment at which everything before this position had happened."""

    text: str


@dataclass(frozen=True)
class Latest:
    """The last moment that we hold. Every change up to the newest WAL must be there, and must have been replayed."""


Target = RestorePoint | Time | BeforeTransaction | Lsn | Latest


def at(text: str, now: datetime | None = None) -> Time:
    """The moment that somebody wrote: ISO 8601, local time unless it names a zone.

    Raises BackupError when it cannot be read, or lies in the future.
    """
    now = now or datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text.strip().replace(" UTC", "+00:00"))
    except ValueError:
        raise BackupError(
            f"{text!r} is not a time", hint="Write it like 2026-03-31 14:05:00, or with a zone: 2026-03-31T14:05:00Z."
        ) from None
    moment = moment.astimezone(UTC)
    if moment > now:
        raise BackupError(
            f"{iso(moment)} lies in the future",
            hint=f"It is {iso(now)} now. A time without a zone is local time: add Z for UTC.",
        )
    return Time(iso(moment))


def iso(moment: datetime) -> str:
    """In UTC, to the microsecond where there is one."""
    spec = "microseconds" if moment.microsecond else "seconds"
    return moment.astimezone(UTC).isoformat(timespec=spec).replace("+00:00", "Z")


def transaction(text: str) -> BeforeTransaction:
    """The id of a transaction as PostgreSQL shows it, with or without an epoch. Raises BackupError for anything else.

    PostgreSQL stops by the lower 32 bits.
    """
    if not text.strip().isdigit():
        raise BackupError(f"{text!r} is not the id of a transaction", hint="It is a number, as txid_current() tells.")
    return BeforeTransaction(int(text) & 0xFFFFFFFF)


def position(text: str) -> Lsn:
    """A position in the WAL. Raises BackupError for what is not written like one."""
    try:
        return Lsn(lsn_text(lsn(text)))
    except ValueError as error:
        raise BackupError(str(error)) from None


def settings(target: Target, timeline: int) -> dict[str, str]:
    """PostgreSQL's settings that make recovery end there, on that timeline and no other."""
    chosen = {"recovery_target_timeline": str(timeline)}
    if isinstance(target, RestorePoint):
        chosen["recovery_target_name"] = target.name
    elif isinstance(target, Time):
        chosen["recovery_target_time"] = target.iso.replace("T", " ").replace("Z", "+00")
    elif isinstance(target, BeforeTransaction):
        chosen |= {"recovery_target_xid": str(target.xid), "recovery_target_inclusive": "off"}
    elif isinstance(target, Lsn):
        chosen["recovery_target_lsn"] = target.text
    return chosen


def describe(target: Target) -> str:
    """The target as a clause: "the time 2026-03-31T14:05:00Z"."""
    if isinstance(target, RestorePoint):
        return f"the restore point {target.name}"
    if isinstance(target, Time):
        return f"the time {target.iso}"
    if isinstance(target, BeforeTransaction):
        return f"the moment before transaction {target.xid}"
    if isinstance(target, Lsn):
        return f"the position {target.text}"
    return "the latest moment"


def choose(sets: Sequence[BackupSet], target: Target, part: str) -> BackupSet:
    """The newest good set from which the target can be reached. `sets` come newest first.

    Raises BackupError, with the range that can be had, when no set is old enough.
    """
    good = [one for one in sets if one.is_good and one.database(part)]
    if not good:
        raise BackupError("there is no good backup set to start from", hint="`stackyard backup list` shows them all.")
    fitting = [one for one in good if reaches(one, target, part)]
    if fitting:
        return fitting[0]
    raise BackupError(
        f"no backup set is as old as {describe(target)}",
        hint=f"Every moment from {good[-1].moment} on can be had.",
        details=tuple(f"{one.id} holds the moment {one.moment}" for one in good),
    )


def reaches(backup: BackupSet, target: Target, part: str) -> bool:
    """True when the set was complete at the target, as far as its manifest can tell."""
    moment = backup.database(part)
    if moment is None:
        return False
    if isinstance(target, Time):
        return datetime.fromisoformat(moment.taken) <= datetime.fromisoformat(target.iso)
    if isinstance(target, BeforeTransaction):
        # Manifests of old do not say: then nobody knows, and recovery tells.
        return not moment.next_xid or _is_from(target.xid, int(moment.next_xid))
    where = target.text if isinstance(target, Lsn) else target.lsn if isinstance(target, RestorePoint) else ""
    return not where or lsn(moment.lsn) <= lsn(where)


def _is_from(xid: int, first: int) -> bool:
    """True when the id is `first` or later: ids are 32 bits that wrap around, and half of them lie ahead of each."""
    return (xid - first) % (1 << 32) < 1 << 31
