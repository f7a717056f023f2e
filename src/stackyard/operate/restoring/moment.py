"""The moment that a restore goes to, out of what a person wrote: a time, a mark, a position, a transaction.

Times are UTC as ISO 8601 with a Z wherever they are kept; what a person writes without a zone is of this machine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from stackyard.backup import targets
from stackyard.backup.marks import Mark
from stackyard.errors import UsageError

Kind = Literal["set", "latest", "time", "mark", "lsn", "before"]

_AGO = re.compile(r"(\d+)\s*(s|min|m|h|d)(\s+ago)?", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?", re.ASCII)
_LSN = re.compile(r"[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}", re.ASCII)


@dataclass(frozen=True)
class Moment:
    """Where to go. `value` is a time, the name of a mark, a position or the id of a transaction; "" for the others.

    `set` is the very moment of a set, `latest` everything that is held. `mark` is the moment that got the name.
    """

    kind: Kind
    value: str = ""
    mark: Mark | None = None

    @property
    def words(self) -> str:
        return {
            "set": "the moment of the set",
            "latest": "the newest moment that is held",
            "time": self.value,
            "mark": f"the mark {self.value}",
            "lsn": f"position {self.value}",
            "before": f"just before transaction {self.value}",
        }[self.kind]

    @property
    def is_of_changes(self) -> bool:
        """It lies between sets: only what is kept of changes as they happen leads there."""
        return self.kind != "set"

    def target(self, part: str) -> targets.Target | None:
        """Where recovery of a database has to stop, None for the moment of a set, which the set alone knows."""
        if self.kind == "time":
            return targets.Time(self.value)
        if self.mark is not None:
            return self.mark.target(part)
        if self.kind == "lsn":
            return targets.position(self.value)
        if self.kind == "before":
            return targets.transaction(self.value)
        return targets.Latest() if self.kind == "latest" else None


def parse(to: str, before: str, marks: Mapping[str, Mark], now: datetime) -> Moment | None:
    """What `--to` and `--before-transaction` say, None when they say nothing. `now` has a zone.

    `marks` are the names that were given to moments.

    Raises UsageError for what is no moment, and for a time that has not come.
    """
    if before:
        if to:
            raise UsageError("--to and --before-transaction are two moments", hint="Say one of them.")
        if not before.isascii() or not before.isdigit() or not 3 <= int(before[:20]) < 2**64:
            raise UsageError(f"{before!r} is no transaction", hint="It is a number, as pg_current_xact_id() has it.")
        return Moment("before", before)
    if not to:
        return None
    if to in marks:
        return Moment("mark", to, marks[to])
    if to.startswith("lsn:"):
        if not _LSN.fullmatch(to[4:]):
            raise UsageError(f"{to[4:]!r} is no position", hint="As in lsn:0/3000148.")
        return Moment("lsn", to[4:].upper())
    when = _time(to, now)
    if when is None:
        known = f" Marks: {', '.join(sorted(marks))}." if marks else " No marks were set."
        raise UsageError(
            f"{to!r} is neither a time nor a mark",
            hint=f"As in 2026-03-01T14:05:00, 14:05:30, 10min (ago), lsn:0/3000148.{known}",
        )
    if when > now:
        raise UsageError(f"{stamp(when)} has not come yet", hint="A restore goes back in time.")
    return Moment("time", stamp(when))


def _time(text: str, now: datetime) -> datetime | None:
    if found := _AGO.fullmatch(text):
        return now - timedelta(seconds=int(found[1]) * _SECONDS[found[2]])
    local = now.astimezone()
    if _CLOCK.fullmatch(text):
        padded = text if text[1] != ":" and len(text) > 4 else f"0{text}"
        try:
            clock = datetime.fromisoformat(f"{local.date().isoformat()}T{padded}")
        except ValueError:
            return None
        today = clock.astimezone()
        # Before noon "23:50" was yesterday's.
        return today if today <= now else (clock - timedelta(days=1)).astimezone()
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        return None


def stamp(when: datetime) -> str:
    """The time in UTC, to the microsecond where it has any."""
    utc = when.astimezone(UTC)
    text = utc.isoformat(timespec="microseconds" if utc.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def seconds_between(earlier: str, later: str) -> float | None:
    """Seconds from one stamp to another, None when one of them is none."""
    try:
        return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
    except (ValueError, TypeError):
        return None
