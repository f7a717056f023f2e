"""What an upgrade will do, decided before anything is touched: from where, to where, at what price. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackyard.errors import StateError, UsageError

OLDEST = 12
"""The oldest version that the programs of the newest ones read, and that was ever described in a stack file."""

REMOVED_SETTINGS: Mapping[str, int] = {
    "stats_temp_directory": 15,
    "force_parallel_mode": 16,
    "promote_trigger_file": 16,
    "vacuum_defer_cleanup_age": 16,
    "db_user_namespace": 17,
    "old_snapshot_threshold": 17,
    "trace_recovery_messages": 17,
}
"""Settings that a server refuses from the version on."""

OWN_WAYS = frozenset({"timescaledb"})
"""Extensions whose tables a plain dump does not bring over."""

_OUR_SLOTS = "stackyard_"
"""Slots of backups and replicas, which are made anew when they are missed."""

_NEW_SIZE, _DUMP_SIZE = 1.1, 0.6
_LEAST = 128 * 1024**2
_RATE = 40e6
"""Bytes a second that all of it together comes to on a small machine: dump, restore, and reading both sides."""
_FIXED = 8.0
"""Seconds for stopping, starting and a new cluster."""


@dataclass(frozen=True)
class Facts:
    """What was found in the old database. `size` in bytes, of all databases.

    `settings` are those that roles and databases carry; `views` depend on the server's own statistics views.
    """

    version: int
    size: int
    extensions: frozenset[str] = frozenset()
    settings: frozenset[str] = frozenset()
    views: tuple[str, ...] = ()
    unlogged: tuple[str, ...] = ()
    tablespaces: tuple[str, ...] = ()
    prepared: int = 0
    slots: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] = ()


@dataclass(frozen=True)
class UpgradePlan:
    """The decision. Sizes in bytes, `expected` in seconds: how long the system will be away.

    `problems` have to be put right first; `notices` are to be known.
    """

    part: str
    old: int
    new: int
    server: str
    size: int
    needed: int
    free: int
    expected: float
    problems: tuple[str, ...]
    notices: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The plan as other programs read it."""
        return {
            "database": self.part,
            "from": self.old,
            "to": self.new,
            "server": self.server,
            "size_bytes": self.size,
            "needed_bytes": self.needed,
            "free_bytes": self.free,
            "expected_seconds": round(self.expected, 1),
            "problems": list(self.problems),
            "notices": list(self.notices),
        }


def refuse(part: str, old: int, new: int) -> None:
    """Raises UsageError where there is nothing to upgrade, StateError where there is no way."""
    if new == old:
        raise UsageError(
            f"the data of {part} is of PostgreSQL {old}, as the file wants it",
            hint="To move on, write a later version in the file; where it says `>=`, name one with --to.",
        )
    if new < old:
        raise StateError(
            f"the data of {part} is of PostgreSQL {old}, and there is no way back to {new}",
            hint=f"Write `postgres: {old}` again. `stackyard upgrade --undo` puts back what was before an upgrade. "
            "Nothing was changed.",
        )
    if old < OLDEST:
        raise StateError(
            f"the data of {part} is of PostgreSQL {old}, which is too old to be upgraded here",
            hint=f"Upgrade it to {OLDEST} or later by hand first. Nothing was changed.",
        )


def decide(
    part: str,
    new: int,
    server: str,
    facts: Facts,
    *,
    free: int,
    available: frozenset[str],
    given: frozenset[str],
    replicas: int = 0,
) -> UpgradePlan:
    """Decide. `available` are the extensions that lie beside the new `server`, `given` the settings of the file."""
    needed = int(facts.size * (_NEW_SIZE + _DUMP_SIZE)) + _LEAST
    return UpgradePlan(
        part=part,
        old=facts.version,
        new=new,
        server=server,
        size=facts.size,
        needed=needed,
        free=free,
        expected=_FIXED + facts.size / _RATE,
        problems=(*_problems(new, facts, available, given), *_room(needed, free), *_followers(replicas)),
        notices=tuple(_notices(facts)),
    )


def _room(needed: int, free: int) -> Iterator[str]:
    if needed > free:
        yield f"it needs {needed / 1e6:.0f} MB beside the old data, and {free / 1e6:.0f} MB are free"


def _followers(replicas: int) -> Iterator[str]:
    if replicas:
        yield (
            "replicas follow it, and are copied anew: take `replicas` out of the file, `stackyard up`, upgrade, and "
            "put it back"
        )


def _problems(new: int, facts: Facts, available: frozenset[str], given: frozenset[str]) -> Iterator[str]:
    for name in sorted(facts.extensions - available - {"plpgsql"}):
        yield f"the extension {name} is used, and is not beside the new server"
    for name in sorted(facts.extensions & OWN_WAYS):
        yield f"the extension {name} has its own way to a new version, which a dump is not"
    for name in sorted(given | facts.settings):
        since = REMOVED_SETTINGS.get(name)
        if since is not None and facts.version < since <= new:
            where = "the file gives" if name in given else "a role or a database has"
            yield f"{where} the setting {name}, which PostgreSQL {since} removed"
    if facts.prepared:
        yield f"{facts.prepared} prepared transactions wait for their end, and would be lost"
    if facts.tablespaces:
        yield f"there are tablespaces outside of the data folder: {', '.join(facts.tablespaces)}"
    if new >= 18 > facts.version and facts.unlogged:
        yield f"PostgreSQL 18 has no unlogged tables with partitions: {', '.join(facts.unlogged)}"


def _notices(facts: Facts) -> Iterator[str]:
    if facts.views:
        yield (
            f"{', '.join(facts.views)} read the server's own statistics, whose columns change between versions: should "
            "one not be understood any more, the upgrade ends and the old data stays"
        )
    slots = [name for name in facts.slots if not name.startswith(_OUR_SLOTS)]
    if slots:
        yield f"slots of replication do not come along: {', '.join(slots)}"
    if facts.subscriptions:
        yield f"subscriptions come along switched off: {', '.join(facts.subscriptions)}"
