"""Replicas: they follow their primary, closely, and whoever reads there finds what was written, and writes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from stackyard.backup.segments import lsn, lsn_text
from stackyard.model.system import Postgres, System
from stackyard.observe.view import View
from stackyard.resources.postgres.catalog import database_name
from stackyard.resources.postgres.replication import Replica, replicas_of
from stackyard.targets.local import replication
from stackyard.targets.local.replication import Standing
from stackyard.verify.check import Check, Look, Seen, saw
from stackyard.verify.database.asking import databases, has_none, over_tcp, users

if TYPE_CHECKING:
    from stackyard.verify.database.asking import Connection

MOST_SECONDS = 10.0
MOST_BYTES = 64 * 1024**2
"""How far a replica may be behind while it is in use."""
_SOON = 5.0
"""Seconds for what was written before a look to be replayed."""


def _following(view: View) -> Iterator[Seen]:
    for resource in databases(view.system):
        names = [(one.name, one.slot) for one in replicas_of(resource)]
        if not names:
            continue
        with view.database(resource) as primary:
            standings = replication.standings(primary, names)
            ((now,),) = primary.execute("SELECT pg_current_wal_lsn()::text").fetchall()
        for standing in standings:
            yield from judged(standing)
            yield _caught_up(view, standing.replica, str(now))


def judged(standing: Standing) -> Iterator[Seen]:
    """What a primary says of one of its replicas."""
    yield saw(
        f"what its primary says of {standing.replica}",
        f"{standing.state or 'not there'}, slot {standing.slot or 'none'}",
        fault=f"{standing.replica} does not follow its primary",
        unless=standing.follows and standing.slot in ("reserved", "extended"),
    )
    seconds, size = standing.seconds or 0.0, standing.bytes or 0
    yield saw(
        f"how far {standing.replica} is behind",
        f"{size} B, {seconds:.1f} s",
        fault=f"{standing.replica} is too far behind its primary",
        unless=seconds <= MOST_SECONDS and size <= MOST_BYTES,
    )


def _caught_up(view: View, name: str, wanted: str) -> Seen:
    deadline = time.monotonic() + _SOON
    with view.replica(name) as connection:
        while True:
            found = replication.position(connection)
            has_it = found.replayed is not None and found.replayed >= lsn(wanted)
            if has_it or time.monotonic() > deadline:
                break
            time.sleep(0.05)
    return saw(
        f"position {wanted} of its primary, on {name}",
        lsn_text(found.replayed or 0),
        fault=f"{name} does not replay what its primary has written",
        unless=has_it,
    )


def _reading(view: View) -> Iterator[Seen]:
    for resource in databases(view.system):
        for replica in replicas_of(resource):
            for service, role, _ in users(view.system, resource)[:1]:
                yield from _read_as(view, resource, replica, role, service.name)


def _read_as(view: View, resource: Postgres, replica: Replica, role: str, service: str) -> Iterator[Seen]:
    import psycopg

    host, port = view.place(replica.name)
    sent = f"log in to {replica.name} as {service}, with the password of the store"
    fault = f"{replica.name} does not let {service} read"
    try:
        with over_tcp(view, resource, role, database_name(view.system), host=host, port=str(port)) as connection:
            row = connection.execute("SELECT session_user::text, pg_is_in_recovery()").fetchone()
            who, follows = row if row else ("nobody", False)
            yield saw(sent, f"session_user {who}", fault=fault, unless=who == role)
            yield saw(
                f"whether {replica.name} leads",
                "it follows" if follows else "it leads",
                fault=f"{replica.name} takes writes of its own",
                unless=bool(follows),
            )
            yield _written(connection, replica.name)
    except psycopg.OperationalError as error:
        yield saw(sent, " ".join(str(error).split()).rpartition("FATAL: ")[2], fault=fault)


def _written(connection: Connection, name: str) -> Seen:
    import psycopg

    sent = f"CREATE TEMPORARY TABLE on {name}"
    try:
        connection.execute("CREATE TEMPORARY TABLE stackyard_verify (entry int)")
    except psycopg.errors.ReadOnlySqlTransaction as error:
        return saw(sent, error.diag.message_primary)
    except psycopg.Error as error:
        return saw(sent, error.diag.message_primary, fault=f"{name} refuses writes for another reason than following")
    return saw(sent, "done", fault=f"{name} takes writes of its own")


def _has_no_replica(system: System) -> str:
    if none := has_none(system):
        return none
    return "" if any(one.replicas for one in databases(system)) else "no database has a replica"


CHECKS = (
    Check(
        "database.replicas",
        ("DB-06",),
        "each replica follows its primary, and is hardly behind",
        Look.INSIDE,
        _following,
        _has_no_replica,
        next_step="`stackyard status` shows how far it is behind, `stackyard logs` what it says. One that somebody "
        "has paused goes on with: SELECT pg_wal_replay_resume().",
    ),
    Check(
        "database.read-endpoint",
        ("DB-06",),
        "a service can read from each replica, and nobody can write there",
        Look.OUTSIDE,
        _reading,
        _has_no_replica,
    ),
)
