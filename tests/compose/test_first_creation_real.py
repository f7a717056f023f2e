"""A database that its container makes alone is the one that Stackyard would have made."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stackyard.model.system import Postgres
from stackyard.resources.environment import SecretPiece
from stackyard.targets.compose.entrance import assemble
from stackyard.targets.compose.parts import first_creation
from tests.resources.servers import Running
from tests.resources.systems import database, desired, differences, log_in, passwords, rows, service, system

pytestmark = pytest.mark.real

EXTENSIONS = ("uuid-ossp", "pgcrypto", "pg_trgm", "ltree")


def test_the_reconciler_finds_nothing_to_do_after_it(cluster: Running, tmp_path: Path) -> None:
    """DB-01, DB-02, SEC-01: roles, schemas and extensions, and no password on a command line or in the log."""
    psql = cluster.tool.folder / "psql"
    if not psql.exists():
        pytest.skip("this PostgreSQL came without psql")
    own = database(extensions=EXTENSIONS, schemas=("sales", "stock"))
    alone = system("alone", [service("api", migrate=("m",)), service("stock", migrate=("m",))], [own])
    made = {config.key: config.content or "" for config in first_creation.configs(alone, own, "/v")}
    secrets = {f"db.{role}": value for role, value in passwords(desired(alone), cluster.server.password).items()}
    file = first_creation.passwords(alone, own).file
    environment = dict(line.split("=", 1) for line in assemble(file, secrets.__getitem__).replace("'", "").splitlines())
    connection = {
        "PGHOST": str(cluster.server.sockets),
        "PGPORT": str(cluster.server.port),
        "PGPASSWORD": cluster.server.password,
    }
    done = subprocess.run(
        [str(psql), "-X", "--quiet", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "postgres", "-f", "-"],
        input=made["db-catalog.sql"],
        env={**cluster.tool.environment, **connection, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [
        str(one) for one in differences(cluster.server, alone, passwords(desired(alone), cluster.server.password))
    ] == []
    with log_in(cluster.server, alone, "alone_api") as connected:
        assert rows(connected, "SELECT current_user") == [("alone_api",)]
    assert not any(value in made["db-catalog.sql"] + cluster.said() for value in secrets.values())


def test_the_passwords_are_in_no_file_that_is_rendered() -> None:
    """SEC-01: the SQL names variables, which come from the assembled file."""
    own = database(image="example/postgres:16", extensions=("timescaledb",))
    alone = system("alone", [service("api", migrate=("m",))], [own])
    assert isinstance(own, Postgres)
    entries = dict(first_creation.passwords(alone, own).file.entries)
    assert entries["STACKYARD_PASSWORD"] == (SecretPiece("db.alone_owner"),)
    sql = next(one.content or "" for one in first_creation.configs(alone, own, "/v") if one.key == "db-catalog.sql")
    for name, (piece,) in entries.items():
        if isinstance(piece, SecretPiece) and name != "STACKYARD_PASSWORD":
            assert f"PASSWORD :'{name}';" in sql
    assert 'CREATE EXTENSION "timescaledb"' in sql
