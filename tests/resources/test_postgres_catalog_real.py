"""A catalogue on real servers: made, found right, sabotaged, put right again, and what its roles may do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from stackyard.errors import PartError
from stackyard.model.system import Access, Backups
from stackyard.resources.postgres.catalog import BACKUP_ROLE
from stackyard.resources.postgres.reconcile import MARK
from stackyard.targets.local.postgres_catalog import PasswordError

from .servers import Running
from .systems import HERE, bring_up, database, desired, differences, log_in, rows, service, system

pytestmark = pytest.mark.real

EXTENSIONS = ("uuid-ossp", "pgcrypto", "pg_trgm", "ltree")


def test_a_second_run_finds_nothing_to_do(cluster: Running) -> None:
    """DB-01: the extensions of a system are there, and stay as they are."""
    shop = system("shop", [service("api", migrate=("m",))], [database(extensions=EXTENSIONS, schemas=("sales",))])
    assert bring_up(cluster.server, shop)
    assert differences(cluster.server, shop) == ()
    with cluster.server.connect("shop") as connection:
        installed = {row[0] for row in rows(connection, "SELECT extname FROM pg_extension")}
    assert installed >= {*EXTENSIONS, "pg_stat_statements"}


def test_a_server_that_goes_away_in_between_is_told_in_a_sentence(cluster: Running) -> None:
    def be_ended() -> None:
        with cluster.server.connect() as connection:
            with cluster.server.connect() as other:
                other.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
            connection.execute("SELECT 1")

    def be_refused() -> None:
        with cluster.server.connect() as connection:
            connection.execute("SET statement_timeout = '10ms'")
            connection.execute("SELECT pg_sleep(5)")

    with pytest.raises(PartError, match="went away while it was being talked to") as caught:
        be_ended()
    assert "terminating connection" in caught.value.details[0]
    # What the server says to a connection that lives is the caller's to judge.
    with pytest.raises(psycopg.errors.QueryCanceled):
        be_refused()


def test_sabotage_is_answered_with_exactly_the_right_statements(cluster: Running) -> None:
    """DB-02: roles are put right on every up, and nothing else is touched."""
    mill = system("mill", [service("api", migrate=("m",))], [database(extensions=("pgcrypto",))])
    bring_up(cluster.server, mill)
    with cluster.server.connect("mill") as connection:
        for sql in (
            "ALTER ROLE mill_api PASSWORD 'another'",
            "ALTER ROLE mill_api SUPERUSER CONNECTION LIMIT 3 VALID UNTIL '2020-01-01'",
            "GRANT pg_read_all_data TO mill_api",
            "REVOKE mill_writer FROM mill_api",
            "ALTER ROLE mill_api SET statement_timeout = 0",
            "DROP EXTENSION pgcrypto",
            "GRANT CREATE ON SCHEMA public TO PUBLIC",
            "REVOKE CONNECT ON DATABASE mill FROM mill_writer",
            "GRANT TEMPORARY ON DATABASE mill TO PUBLIC",
            "ALTER DEFAULT PRIVILEGES FOR ROLE mill_owner IN SCHEMA public REVOKE SELECT ON TABLES FROM mill_reader",
        ):
            connection.execute(sql)
    statements = differences(cluster.server, mill)
    assert [statement.sql for statement in statements] == [
        "ALTER ROLE \"mill_api\" NOSUPERUSER CONNECTION LIMIT 40 VALID UNTIL 'infinity'",
        'ALTER ROLE "mill_api" PASSWORD <secret>',
        "ALTER ROLE \"mill_api\" SET statement_timeout = '15min'",
        'REVOKE "pg_read_all_data" FROM "mill_api"',
        'GRANT "mill_writer" TO "mill_api"',
        'CREATE EXTENSION "pgcrypto" CASCADE',
        'REVOKE TEMPORARY ON DATABASE "mill" FROM PUBLIC',
        'GRANT CONNECT ON DATABASE "mill" TO "mill_writer"',
        'REVOKE CREATE ON SCHEMA "public" FROM PUBLIC',
        'ALTER DEFAULT PRIVILEGES FOR ROLE "mill_owner" IN SCHEMA "public" GRANT SELECT ON TABLES TO "mill_reader"',
    ]
    assert str(statements[1]) == "role mill_api: it has another password"
    bring_up(cluster.server, mill)
    assert differences(cluster.server, mill) == ()
    log_in(cluster.server, mill, "mill_api").close()


def test_privileges_that_were_given_by_hand_are_taken_away(cluster: Running) -> None:
    """DB-02: on single tables, columns and functions of the server, and settings and owners that open a way around."""
    farm = system("farm", [service("api", migrate=("m",)), service("report", Access.READ)])
    bring_up(cluster.server, farm)
    with log_in(cluster.server, farm, "farm_owner") as owner:
        owner.execute("CREATE TABLE field (id int, name text); CREATE TABLE crop (id int)")
        owner.execute("GRANT TRUNCATE ON crop TO farm_api")
    with cluster.server.connect("farm") as connection:
        for sql in (
            "GRANT INSERT ON field TO farm_report",
            "GRANT UPDATE (name) ON field TO PUBLIC",
            "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO farm_api",
            "GRANT SELECT ON pg_authid TO farm_api",
            "ALTER TABLE crop OWNER TO farm_api",
            "ALTER ROLE farm_report IN DATABASE farm SET default_transaction_read_only = off",
            "ALTER DATABASE farm SET synchronous_commit = off",
            "ALTER DATABASE farm SET timezone = 'Europe/Lisbon'",
        ):
            connection.execute(sql.encode())
    assert {statement.sql for statement in differences(cluster.server, farm)} == {
        'REVOKE INSERT ON TABLE public.field FROM "farm_report"',
        "REVOKE UPDATE ON TABLE public.field FROM PUBLIC",
        'REVOKE EXECUTE ON FUNCTION pg_read_file(text) FROM "farm_api"',
        'REVOKE SELECT ON TABLE pg_catalog.pg_authid FROM "farm_api"',
        'ALTER TABLE public.crop OWNER TO "farm_owner"',
        'ALTER ROLE "farm_report" IN DATABASE "farm" RESET default_transaction_read_only',
        'ALTER DATABASE "farm" RESET synchronous_commit',
    }
    bring_up(cluster.server, farm)
    assert differences(cluster.server, farm) == ()


def test_a_service_works_with_what_the_owner_made_and_makes_nothing_itself(cluster: Running) -> None:
    """DB-02: least privilege: no CREATE TABLE for who writes, no writing for who reads, nothing outside."""
    bank = system("bank", [service("api", migrate=("m",)), service("report", Access.READ)])
    bring_up(cluster.server, bank)
    with log_in(cluster.server, bank, "bank_owner") as owner:
        owner.execute("CREATE TABLE account (id serial PRIMARY KEY, name text)")
    with log_in(cluster.server, bank, "bank_api") as api:
        api.execute("INSERT INTO account (name) VALUES ('first')")
        for forbidden in ("CREATE TABLE mine (id int)", "DROP TABLE account", "TRUNCATE account", "CREATE SCHEMA mine"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                api.execute(forbidden)
    with log_in(cluster.server, bank, "bank_report") as report:
        assert rows(report, "SELECT name FROM account") == [("first",)]
        report.execute("SET default_transaction_read_only = off")
        for forbidden in ("INSERT INTO account (name) VALUES ('x')", "DELETE FROM account", "CREATE TEMP TABLE t ()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                report.execute(forbidden)
    for elsewhere in ("postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            log_in(cluster.server, bank, "bank_api", elsewhere)


def test_a_schema_that_bears_a_services_name_is_its_own(cluster: Running) -> None:
    """DB-02: ledger and treasury do not see each other; a worker of the ledger does."""
    services = [service("ledger", migrate=("m",)), service("ledger-worker"), service("treasury", migrate=("m",))]
    money = system("money", services, [database(schemas=("ledger", "treasury", "shared"))])
    bring_up(cluster.server, money)
    with log_in(cluster.server, money, "money_owner") as owner:
        owner.execute("CREATE TABLE ledger.entry (id int); CREATE TABLE treasury.account (id int)")
    for role in ("money_ledger", "money_ledger_worker"):
        with log_in(cluster.server, money, role) as ledger:
            ledger.execute("INSERT INTO entry VALUES (1)")
            for table in ("treasury.account", "shared.anything"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    ledger.execute(f"SELECT * FROM {table}")
    assert differences(cluster.server, money) == ()


def test_where_nobody_migrates_services_own_their_tables_together(cluster: Running) -> None:
    small = system("small", [service("api"), service("worker"), service("report", Access.READ)])
    bring_up(cluster.server, small)
    with log_in(cluster.server, small, "small_api") as api:
        api.execute("CREATE TABLE note (text text); INSERT INTO note VALUES ('hello')")
    with log_in(cluster.server, small, "small_worker") as worker:
        worker.execute("ALTER TABLE note ADD COLUMN at timestamptz")
    with log_in(cluster.server, small, "small_report") as report:
        assert rows(report, "SELECT text FROM note") == [("hello",)]


def test_what_a_migration_took_away_stays_taken(cluster: Running) -> None:
    """DB-12: an audit trail that nobody may rewrite is not opened again by the next up, nor for a new service."""
    audited = system("audited", [service("api", migrate=("m",))])
    bring_up(cluster.server, audited)
    with log_in(cluster.server, audited, "audited_owner") as owner:
        owner.execute("CREATE TABLE audit (what text); REVOKE UPDATE, DELETE ON audit FROM audited_writer")
    grown = system("audited", [service("api", migrate=("m",)), service("worker")])
    bring_up(cluster.server, grown)
    for role in ("audited_api", "audited_worker"):
        with log_in(cluster.server, grown, role) as connection:
            connection.execute("INSERT INTO audit VALUES ('done')")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("DELETE FROM audit")


def test_tables_that_never_had_a_privilege_are_given_theirs(cluster: Running) -> None:
    old = system("old", [service("api", migrate=("m",))])
    bring_up(cluster.server, old)
    with cluster.server.connect("old") as superuser:
        superuser.execute("CREATE TABLE restored (id int); CREATE SEQUENCE numbers")
    assert [statement.sql for statement in bring_up(cluster.server, old)] == [
        'GRANT SELECT ON TABLE "public"."restored" TO "old_reader"',
        'GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."restored" TO "old_writer"',
        'GRANT SELECT ON SEQUENCE "public"."numbers" TO "old_reader"',
        'GRANT SELECT, USAGE ON SEQUENCE "public"."numbers" TO "old_writer"',
    ]
    assert differences(cluster.server, old) == ()


def test_a_schema_that_becomes_a_services_own_takes_its_tables_along(cluster: Running) -> None:
    before = system("split", [service("api", migrate=("m",))], [database(schemas=("ledger",))])
    bring_up(cluster.server, before)
    with log_in(cluster.server, before, "split_owner") as owner:
        owner.execute("CREATE TABLE ledger.entry (id int)")
    services = [service("api", migrate=("m",)), service("ledger")]
    after = system("split", services, [database(schemas=("ledger",))])
    bring_up(cluster.server, after)
    assert differences(cluster.server, after) == ()
    with log_in(cluster.server, after, "split_ledger") as ledger:
        ledger.execute("INSERT INTO entry VALUES (1)")
    with (
        log_in(cluster.server, after, "split_api") as api,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        api.execute("SELECT * FROM ledger.entry")


def test_a_service_that_is_gone_can_no_longer_log_in_and_can_come_back(cluster: Running) -> None:
    both = system("moving", [service("api", migrate=("m",)), service("worker")])
    one = system("moving", [service("api", migrate=("m",))])
    bring_up(cluster.server, both)
    assert [str(statement) for statement in bring_up(cluster.server, one) if "moving" in statement.sql] == [
        "role moving_worker: nothing uses it any more; what it owns stays"
    ]
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        log_in(cluster.server, both, "moving_worker")
    bring_up(cluster.server, both)
    log_in(cluster.server, both, "moving_worker").close()


def test_an_extension_that_the_server_lacks_is_named_with_its_place(cluster: Running) -> None:
    """DB-01: an unknown extension is an error, and nothing is made."""
    wrong = system("wrong", [service("api")], [database(extensions=("pg_trgm", "nosuch", "northis"))])
    with pytest.raises(PartError) as caught:
        bring_up(cluster.server, wrong)
    assert "stackyard.yaml:7" in caught.value.what
    assert "nosuch, northis" in caught.value.what
    with cluster.server.connect() as connection:
        assert rows(connection, "SELECT FROM pg_database WHERE datname = 'wrong'") == []


def test_no_password_ever_stands_in_the_servers_log(cluster: Running) -> None:
    """SEC-01: not even when every statement is logged."""
    with cluster.server.connect() as connection:
        connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        connection.execute("SELECT pg_reload_conf()")
    try:
        loud = system("loud", [service("api", migrate=("m",))])
        bring_up(cluster.server, loud)
        log_in(cluster.server, loud, "loud_api").close()
    finally:
        with cluster.server.connect() as connection:
            connection.execute("ALTER SYSTEM RESET log_statement")
            connection.execute("SELECT pg_reload_conf()")
    said = cluster.said()
    assert "CREATE DATABASE" in said
    assert "in-these-tests" not in said
    assert "SCRAM-SHA-256$4096" not in said
    with cluster.server.connect("loud") as connection:
        seen = rows(connection, "SELECT query FROM pg_stat_statements WHERE query LIKE '%SCRAM-SHA%'")
    assert seen == []


def test_the_superuser_has_no_way_in_but_the_private_socket(cluster: Running) -> None:
    with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf rejects"):
        psycopg.connect(
            host="127.0.0.1",
            port=cluster.server.port,
            user="postgres",
            password=cluster.server.password,
            dbname="postgres",
        )
    with pytest.raises(PasswordError):
        cluster.server.connect(password="not the password")
    assert not Path(cluster.server.sockets).stat().st_mode & 0o077


def test_our_roles_say_what_they_are_for(cluster: Running) -> None:
    named = system("named", [service("api", migrate=("m",))])
    bring_up(cluster.server, named)
    with cluster.server.connect() as connection:
        marks = dict(
            rows(
                connection,
                "SELECT rolname, shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname ~ '^named_'",
            )
        )
    assert marks == {role.name: MARK + role.purpose for role in desired(named).roles}
    assert marks["named_api"] == "stackyard: service api"


def test_the_role_of_backups_reads_all_rows_holds_writers_for_a_moment_and_writes_nothing(cluster: Running) -> None:
    """BAK-01, DB-02: a second run finds nothing to do, and a sabotage is put right."""
    vault = replace(system("vault", [service("api", migrate=("m",))], [database()]), backups=Backups(HERE))
    bring_up(cluster.server, vault)
    assert differences(cluster.server, vault) == ()
    with cluster.server.connect("vault") as connection:
        connection.execute("CREATE TABLE coins (n int); INSERT INTO coins VALUES (1), (2)")
        connection.execute("ALTER TABLE coins ENABLE ROW LEVEL SECURITY; ALTER TABLE coins FORCE ROW LEVEL SECURITY")
    with log_in(cluster.server, vault, BACKUP_ROLE) as backup:
        assert rows(backup, "SELECT count(*) FROM coins") == [(2,)]
        assert rows(backup, "SELECT pg_create_restore_point('here') IS NOT NULL, pg_switch_wal() IS NOT NULL")
        for sql in (
            "INSERT INTO coins VALUES (3)",
            "DO 'BEGIN LOCK TABLE coins IN SHARE MODE; END'",
            "CREATE TABLE mine ()",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                backup.execute(sql)
        with backup.transaction():
            assert rows(backup, "SELECT stackyard_backup.hold_writers() > 0") == [(True,)]
            with cluster.server.connect("vault") as writer:
                writer.execute("SET lock_timeout = '50ms'")
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    writer.execute("INSERT INTO coins VALUES (3)")
    with log_in(cluster.server, vault, "vault_api") as api, pytest.raises(psycopg.errors.InsufficientPrivilege):
        api.execute("SELECT stackyard_backup.hold_writers()")


def test_a_function_that_somebody_changed_or_opened_is_made_anew(cluster: Running) -> None:
    """DB-02: what runs with the superuser's rights is what we wrote."""
    vault = replace(system("tampered", [service("api", migrate=("m",))], [database()]), backups=Backups(HERE))
    bring_up(cluster.server, vault)
    for sabotage in (
        "GRANT EXECUTE ON FUNCTION stackyard_backup.hold_writers() TO PUBLIC",
        "ALTER FUNCTION stackyard_backup.hold_writers() RESET search_path",
        "ALTER SCHEMA stackyard_backup OWNER TO tampered_owner",
        "CREATE OR REPLACE FUNCTION stackyard_backup.hold_writers() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "REVOKE EXECUTE ON FUNCTION pg_create_restore_point(text) FROM stackyard_backup",
        "ALTER ROLE stackyard_backup SUPERUSER NOREPLICATION",
    ):
        with cluster.server.connect("tampered") as connection:
            connection.execute(sabotage.encode())
        assert bring_up(cluster.server, vault), sabotage
        assert differences(cluster.server, vault) == (), sabotage
