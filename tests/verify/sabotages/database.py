"""Harm to the database: to who may do what, how it is entered, what it runs with, and what is in it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

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


SABOTAGES = (
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
