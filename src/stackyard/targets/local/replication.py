"""How replicas stand: read over connections to a primary and to a replica, and written only where a mark is made."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stackyard.backup.segments import lsn, lsn_text
from stackyard.errors import PartError
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.postgres.replication import MARK, Replica
from stackyard.resources.postgres.sql import literal
from stackyard.targets.local.postgres_catalog import Server

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_STANDINGS = """
SELECT n.name, coalesce(r.state, ''), coalesce(s.wal_status, ''),
       pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(r.replay_lsn, s.restart_lsn))::bigint,
       extract(epoch FROM r.replay_lag)::float
FROM unnest(%s::text[], %s::text[]) n(name, slot)
LEFT JOIN pg_stat_replication r ON r.application_name = n.name
LEFT JOIN pg_replication_slots s ON s.slot_name = n.slot
"""
_POSITION = """
SELECT pg_is_in_recovery(), greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::text,
       pg_last_wal_replay_lsn()::text, extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float
"""
_WAITS = """
SELECT coalesce(bool_and(wait_event IN ('RecoveryWalStream', 'RecoveryRetrieveRetryInterval')), true)
FROM pg_stat_activity WHERE backend_type = 'startup'
"""
"""Who replays waits for more to come: from its primary, or until it looks again."""
_SOON = 5.0
"""Seconds in which a replica that both sides are ready for connects to its primary."""
_LINGERS = 5.0
"""Seconds in which the sender of a replica notices that it has ended."""
AHEAD = "it is ahead of its primary, which must have lost what it has"
DIVERGED = "its primary went another way from before where it is, as after a restore"
FELL_BEHIND = "it fell too far behind: its primary no longer has what it lacks"

_IS_AHEAD = "SELECT pg_wal_lsn_diff(%s, pg_current_wal_lsn()) > 0"
_SEGMENTS = """
SELECT (SELECT min(right(name, 16)) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'),
       right(pg_walfile_name(%s::pg_lsn + 1), 16)
"""

_TIMELINE = "SELECT max(left(name, 8)) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'"
_HISTORY = """
SELECT t.now, coalesce(pg_read_file('pg_wal/' || t.now || '.history', 0, 1000000, true), '')
FROM (SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)) t(now)
"""
_UNSTARTABLE = "requested timeline"
"""What a server ends with that was told to follow a timeline on which its own data does not lie."""


@dataclass(frozen=True)
class Standing:
    """How a replica stands, as its primary sees it.

    `state` is "streaming" when it follows, "" when it does not. `slot` is what became of its slot: reserved, extended,
    unreserved, lost, or "" for none. `bytes` is how much it has still to replay, `seconds` for how long; None unknown.
    """

    replica: str
    state: str
    slot: str
    bytes: int | None
    seconds: float | None

    @property
    def follows(self) -> bool:
        return self.state == "streaming"


@dataclass(frozen=True)
class Position:
    """Where a server is: `received` and `replayed` are positions in the log (None on a primary).

    `age` is the age in seconds of the last transaction that it replayed.
    """

    in_recovery: bool
    received: int | None
    replayed: int | None
    age: float | None


@contextlib.contextmanager
def asking(server: Server, database: str = "postgres", user: str = SUPERUSER) -> Iterator[Connection]:
    """A connection to a server; what that refuses is raised as PartError."""
    import psycopg

    with server.connect(database, user) as connection:
        try:
            yield connection
        except psycopg.Error as error:
            text = " ".join(str(error).split())
            raise PartError(server.part, f"{server.part} did not say how it stands", details=(text,)) from error


def standings(primary: Connection, replicas: Iterable[tuple[str, str]]) -> tuple[Standing, ...]:
    """How each replica (its name and its slot) stands. `primary` may be the monitor role's. Raises psycopg.Error."""
    names, slots = zip(*replicas, strict=True)
    rows = primary.execute(_STANDINGS, (list(names), list(slots))).fetchall()
    return tuple(_standing(*row) for row in rows)


def _standing(name: str, state: str, slot: str, behind: int | None, seconds: float | None) -> Standing:
    # The lag of one that has replayed everything is no longer measured after a while.
    is_level = state == "streaming" and behind is not None and behind <= 0
    return Standing(name, state, slot, max(0, behind) if behind is not None else None, 0.0 if is_level else seconds)


def position(server: Connection) -> Position:
    """Where the server is. Raises psycopg.Error."""
    recovering, received, replayed, age = server.execute(_POSITION).fetchone() or (False, None, None, None)
    return Position(recovering, lsn(received) if received else None, lsn(replayed) if replayed else None, age)


def has_replayed_all(server: Connection) -> bool:
    """Whether the server has replayed all of the log that it has. The connection is the superuser's.

    Raises psycopg.Error.
    """
    row = server.execute(_WAITS).fetchone()
    return bool(row and row[0])


def why_stuck(primary: Connection, replica: Position) -> str:
    """Why the replica can never follow, as the end of a sentence about it, or "". Raises psycopg.Error."""
    at = replica.received
    if at is None:
        return ""
    where = lsn_text(at)
    ((is_ahead,),) = primary.execute(_IS_AHEAD, (where,)).fetchall()
    if is_ahead:
        return AHEAD
    ((oldest, needed),) = primary.execute(_SEGMENTS, (where,)).fetchall()
    is_gone = oldest is not None and needed < oldest
    return FELL_BEHIND if is_gone else ""


def has_diverged(primary: Connection, follower: Connection) -> bool:
    """Whether a replica has what is not in the history of its primary: for a moment it may seem to follow all the same.

    Raises psycopg.Error.
    """
    ((own,),) = follower.execute(_TIMELINE).fetchall()
    ((now, history),) = primary.execute(_HISTORY).fetchall()
    if own is None or own == now or not history:
        return False
    forks = {int(words[0]): lsn(words[1]) for line in history.splitlines() if len(words := line.split()) > 1}
    fork, at = forks.get(int(own, 16)), position(follower).received
    return fork is None or (at is not None and at > fork)


def is_unstartable(error: PartError) -> bool:
    """Whether a replica did not start because its data is of another history than what it was told to follow."""
    return any(_UNSTARTABLE in line for line in error.details)


def why_never_following(primary: Server, follower: Server, replica: Replica) -> str:
    """Why a replica can never follow again, both servers being up, as a sentence; "" when it may. Raises PartError."""
    with asking(primary) as above, asking(follower) as below:
        if has_diverged(above, below):
            return DIVERGED
        (standing,) = standings(above, [(replica.name, replica.slot)])
        if standing.follows:
            return ""
        lost = "its slot was lost: its primary no longer has what it lacks" if standing.slot == "lost" else ""
        return why_stuck(above, position(below)) or lost


def why_not_following(primary: Server, follower: Server, replica: Replica, patience: float = _SOON) -> str:
    """Why a replica does not follow within so many seconds, as a sentence; "" when it does. Raises PartError."""
    deadline = time.monotonic() + patience
    while True:
        with asking(primary) as above:
            (standing,) = standings(above, [(replica.name, replica.slot)])
        if reason := why_never_following(primary, follower, replica):
            return reason
        if standing.follows:
            return ""
        if time.monotonic() > deadline:
            return "it does not follow its primary"
        time.sleep(0.05)


def mark(server: Connection) -> str:
    """The mark in the data of a server, "" where it has none. The connection is the superuser's."""
    row = server.execute(f"SELECT coalesce(pg_read_file({literal(MARK)}, 0, 100, true), '')").fetchone()
    return str(row[0]).strip() if row else ""


def make_mark(primary: Connection) -> str:
    """The mark in the data of a primary, made when it has none: its base backups will have it, too."""
    found = mark(primary)
    if found:
        return found
    ((folder,),) = primary.execute("SELECT current_setting('data_directory')").fetchall()
    primary.execute(f"COPY (SELECT gen_random_uuid()) TO {literal(f'{folder}/{MARK}')}")
    return mark(primary)


def renew_slot(primary: Connection, name: str) -> None:
    """Have the slot, holding the log from now on; one that lost what it held is made anew."""
    row = primary.execute(
        "SELECT coalesce(wal_status, 'lost') FROM pg_replication_slots WHERE slot_name = %s", (name,)
    ).fetchone()
    if row is not None and row[0] == "lost":
        primary.execute("SELECT pg_drop_replication_slot(%s)", (name,))
    if row is None or row[0] == "lost":
        primary.execute("SELECT pg_create_physical_replication_slot(%s, true)", (name,))


def drop_slot(primary: Connection, name: str) -> None:
    """Drop a slot whose replica has ended; nothing when there is none, or when it is in use for longer than that."""
    deadline = time.monotonic() + _LINGERS
    while rows := primary.execute("SELECT active FROM pg_replication_slots WHERE slot_name = %s", (name,)).fetchall():
        if not rows[0][0]:
            primary.execute("SELECT pg_drop_replication_slot(%s)", (name,))
            return
        if time.monotonic() > deadline:
            return
        time.sleep(0.02)


def own_slots(standby: Connection) -> tuple[str, ...]:
    """The slots of a server that follows which nobody uses."""
    rows = standby.execute("SELECT slot_name::text FROM pg_replication_slots WHERE NOT active").fetchall()
    return tuple(str(row[0]) for row in rows)


def drop_own_slots(standby: Connection) -> None:
    """Drop the slots of a server that follows: nobody follows it, and they would keep its log for ever."""
    for name in own_slots(standby):
        standby.execute("SELECT pg_drop_replication_slot(%s)", (name,))


def copy_slots(primary: Connection, standby: Connection) -> None:
    """Have every slot of the primary on a replica, too: when it leads, those who follow find what they lack."""
    named = "SELECT slot_name::text FROM pg_replication_slots WHERE slot_type = 'physical' AND NOT temporary"
    there = {row[0] for row in standby.execute(named).fetchall()}
    for (name,) in primary.execute(named).fetchall():
        if name not in there:
            standby.execute("SELECT pg_create_physical_replication_slot(%s, true)", (name,))
