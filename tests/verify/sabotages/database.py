"""Harm to the database: to who may do what, how it is entered, what it runs with, and what is in it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from stackyard.backup import upkeep
from stackyard.backup.upkeep.record import note
from stackyard.resources.certificates import ensure_authority, ensure_leaf, hosts_of
from stackyard.targets.names import NATIVE
from tests.e2e.conftest import eventually
from tests.verify.sabotage import LAST, Ground, Sabotage

_PLANNED = "topology.as-described"


def _sql(name: str, breaks: set[str], *statements: str, undo: str = "", is_planned: bool = True) -> Sabotage:
    """Statements of the superuser; where `up` cannot put them right by their nature, `undo` does."""

    def harm(ground: Ground) -> None:
        for statement in statements:
            ground.sql(statement)

    return Sabotage(
        name,
        frozenset(breaks | ({_PLANNED} if is_planned else set())),
        harm,
        system="everything",
        undo=(lambda ground: ground.sql(undo)) if undo else None,
    )


def _setting(name: str, breaks: set[str], setting: str, value: str) -> Sabotage:
    """ALTER SYSTEM, taken in by the server."""

    def harm(ground: Ground) -> None:
        ground.sql(f"ALTER SYSTEM SET {setting} = '{value}'")
        _reload(ground)
        eventually(lambda: _value(ground, setting) == value)

    return Sabotage(name, frozenset({*breaks, "database.settings", _PLANNED}), harm, system="everything")


def _value(ground: Ground, setting: str) -> str:
    with ground.view.database(ground.view.system.resource("db")) as connection:  # type: ignore[arg-type]
        row = connection.execute(f"SHOW {setting}".encode()).fetchone()
    assert row is not None
    return str(row[0])


def _reload(ground: Ground) -> None:
    """Have the server read its files, and wait until it has."""
    with ground.view.database(ground.view.system.resource("db")) as connection:  # type: ignore[arg-type]
        (before,) = connection.execute("SELECT pg_conf_load_time()").fetchone() or (None,)
        connection.execute("SELECT pg_reload_conf()")
        eventually(lambda: connection.execute("SELECT pg_conf_load_time()").fetchone() != (before,))
    # A session learns of it before the server has read its rules; who is let in anew comes after that.
    ground.sql("SELECT")


def _rules(old: str, new: str, *, back: bool = False) -> Callable[[Ground], None]:
    """Other rules, read by the server; with `back` the file is then as it was, and only the server knows."""

    def harm(ground: Ground) -> None:
        ground.edit("db/pg_hba.conf", old, new)
        _reload(ground)
        if back:
            ground.edit("db/pg_hba.conf", new, old)

    return harm


def _stop_vacuum(ground: Ground) -> None:
    ground.sql("ALTER SYSTEM SET autovacuum = off")
    _reload(ground)
    asked = "SELECT FROM pg_stat_activity WHERE backend_type = 'autovacuum launcher'"
    with ground.view.database(ground.view.system.resource("db")) as connection:  # type: ignore[arg-type]
        eventually(lambda: not connection.execute(asked.encode()).fetchall())


def _swap_certificate(ground: Ground) -> None:
    """A certificate that our authority did not sign."""
    now, hosts = datetime.now(UTC), hosts_of("localhost", tenants=False)
    with tempfile.TemporaryDirectory(prefix="stackyard-") as strange:
        pair, _ = ensure_leaf(Path(strange, "leaf"), ensure_authority(Path(strange), now, hosts), hosts, now)
        ground.certify("db", pair)
    _reload(ground)


def _forget_migration(ground: Ground) -> None:
    """The record says that another code's migration was run last."""
    file: Path = ground.home / ("state.json" if ground.target == NATIVE else "compose.json")
    data = json.loads(file.read_text())
    data["made"]["migration:api"]["source"] = "0" * 64
    file.write_text(json.dumps(data))


def _fail_upkeep(ground: Ground) -> None:
    """What was tried did not work."""
    sql = "REINDEX INDEX CONCURRENTLY public.words_pkey"
    action = upkeep.Action(upkeep.Kind.BLOATED_INDEX, "public.words_pkey", sql, error="could not extend file")
    begun = datetime.now(UTC).isoformat(timespec="seconds")
    note(ground.home / "backups" / upkeep.FILE, upkeep.Report("db", "everything", begun, actions=(action,)))


def _on_replica(ground: Ground, *statements: str) -> None:
    with ground.view.replica("db-replica-1") as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _pause(ground: Ground) -> None:
    """The replica receives everything, and lets nobody see it."""
    _on_replica(ground, "SELECT pg_wal_replay_pause()")
    ground.sql("SELECT pg_logical_emit_message(true, 'sabotage', 'not seen')")


def _unfollow(ground: Ground) -> None:
    _on_replica(ground, "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
    asked = "SELECT FROM pg_stat_replication WHERE application_name = 'db-replica-1'"
    with ground.view.database(ground.view.system.resource("db")) as connection:  # type: ignore[arg-type]
        eventually(lambda: not connection.execute(asked.encode()).fetchall())


def _lock_readers_out(ground: Ground) -> None:
    ground.edit("db-replica-1/pg_hba.conf", "scram-sha-256", "reject")
    ground.edit("db-replica-1/pg_hba.conf", "local    all          all                          reject", _LOCAL)
    with ground.view.replica("db-replica-1") as connection:
        (before,) = connection.execute("SELECT pg_conf_load_time()").fetchone() or (None,)
        connection.execute("SELECT pg_reload_conf()")
        eventually(lambda: connection.execute("SELECT pg_conf_load_time()").fetchone() != (before,))


_LOCAL = "local    all          all                          scram-sha-256"

SABOTAGES = (
    Sabotage(
        "a replica replays nothing",
        frozenset({"database.replicas"}),
        _pause,
        system="everything",
        undo=lambda ground: _on_replica(ground, "SELECT pg_wal_replay_resume()"),
    ),
    Sabotage(
        "a replica follows nobody",
        frozenset({"database.replicas", _PLANNED}),
        _unfollow,
        system="everything",
    ),
    Sabotage(
        "a replica lets nobody read",
        frozenset({"database.read-endpoint", _PLANNED}),
        _lock_readers_out,
        system="everything",
    ),
    _sql(
        "a superuser nobody knows",
        {"database.powers"},
        "CREATE ROLE stranger SUPERUSER",
        undo="DROP ROLE stranger",
        is_planned=False,
    ),
    _sql("a service's role gets powers", {"database.powers"}, "ALTER ROLE everything_api CREATEDB BYPASSRLS"),
    _sql(
        "a service may read files of the machine",
        {"database.least-privilege"},
        "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO everything_api",
    ),
    _sql(
        "a service may read password hashes",
        {"database.least-privilege"},
        "GRANT SELECT ON pg_authid TO everything_api",
    ),
    _sql(
        "a service may make tables", {"database.least-privilege"}, "GRANT CREATE ON SCHEMA public TO everything_writer"
    ),
    _sql("a service owns a table", {"database.least-privilege"}, "ALTER TABLE words OWNER TO everything_api"),
    _sql(
        "a service sees into another's schema",
        {"database.isolation"},
        "GRANT USAGE ON SCHEMA worker TO everything_api",
    ),
    _sql("a reader may insert", {"database.read-only"}, "GRANT INSERT ON words TO everything_reader_service"),
    _sql("everybody may update a column", {"database.read-only"}, "GRANT UPDATE (word) ON words TO PUBLIC"),
    _sql(
        "a reader's transactions may write",
        {"database.read-only"},
        "ALTER ROLE everything_reader_service IN DATABASE everything SET default_transaction_read_only = off",
    ),
    _sql(
        "a service may open any number of connections",
        {"database.connections"},
        "ALTER ROLE everything_api CONNECTION LIMIT -1",
    ),
    _sql(
        "a table's owner sees every tenant",
        {"database.row-security"},
        "ALTER TABLE notes NO FORCE ROW LEVEL SECURITY",
        undo="ALTER TABLE notes FORCE ROW LEVEL SECURITY",
        is_planned=False,
    ),
    Sabotage(
        "the database trusts everybody",
        frozenset({"database.login", "database.rules", _PLANNED}),
        _rules("scram-sha-256", "trust"),
        system="everything",
    ),
    Sabotage(
        "the database trusts everybody, and its file does not show it",
        frozenset({"database.login", "database.rules", _PLANNED}),
        _rules("scram-sha-256", "trust", back=True),
        system="everything",
        turn=LAST,
    ),
    _sql("another password in the database", {"database.passwords"}, "ALTER ROLE everything_owner PASSWORD 'another'"),
    Sabotage(
        "the database takes plain connections",
        frozenset({"database.encrypted", "database.rules", _PLANNED}),
        _rules("hostssl ", "host    "),
        system="everything",
    ),
    Sabotage(
        "a certificate that nobody signed",
        frozenset({"database.encrypted", _PLANNED}),
        _swap_certificate,
        system="everything",
    ),
    _setting("settings tuned by hand", set(), "work_mem", "1MB"),
    _sql(
        "commits that do not wait for the disk",
        {"database.durability"},
        "ALTER DATABASE everything SET synchronous_commit = off",
    ),
    Sabotage(
        "autovacuum is off",
        frozenset({"database.autovacuum", "database.settings", _PLANNED}),
        _stop_vacuum,
        system="everything",
    ),
    Sabotage(
        "the last upkeep failed",
        frozenset({"database.upkeep"}),
        _fail_upkeep,
        system="everything",
        undo=lambda ground: (ground.home / "backups" / upkeep.FILE).unlink(),
    ),
    _sql(
        "an index that nobody can use",
        {"database.indexes"},
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'words_pkey'::regclass",
        undo="UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'words_pkey'::regclass",
        is_planned=False,
    ),
    _sql(
        "no partition for the next period",
        {"database.partitions"},
        "ALTER TABLE visits DETACH PARTITION visits_late",
        undo="ALTER TABLE visits ATTACH PARTITION visits_late FOR VALUES FROM ('2050-01-01') TO ('2100-01-01')",
        is_planned=False,
    ),
    _sql(
        "a row that no partition takes",
        {"database.partitions"},
        "INSERT INTO visits VALUES ('1900-01-01')",
        undo="DELETE FROM visits WHERE at < '1950-01-01'",
        is_planned=False,
    ),
    _sql(
        "slow queries of a service are hidden",
        {"database.slow-queries"},
        "ALTER ROLE everything_api SET log_min_duration_statement = -1",
    ),
    _setting("slow queries are not logged", {"database.slow-queries"}, "log_min_duration_statement", "-1"),
    _setting("queries are not counted", {"database.statements"}, "pg_stat_statements.track", "none"),
    _sql("an extension is dropped", {"database.extensions"}, "DROP EXTENSION ltree"),
    _sql(
        "an init script that never ended",
        {"database.init"},
        "UPDATE stackyard.init_scripts SET done = NULL WHERE script = '20-words.sql'",
        undo="UPDATE stackyard.init_scripts SET done = now() WHERE done IS NULL",
        is_planned=False,
    ),
    Sabotage(
        "code runs whose migration was not run",
        frozenset({"database.migrations", _PLANNED}),
        _forget_migration,
    ),
)
