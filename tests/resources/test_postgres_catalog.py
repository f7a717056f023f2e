"""The desired catalogue of small systems, and the statements that lead there: literals, no server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.backup import job
from stackyard.errors import PartError
from stackyard.model.system import Access, Backups, Service
from stackyard.model.values import Ref
from stackyard.resources.postgres import backup_rights
from stackyard.resources.postgres.catalog import (
    BACKUP_ROLE,
    Catalog,
    access,
    database_name,
    growth,
    owner_role,
    service_role,
)
from stackyard.resources.postgres.extensions import extension_notes
from stackyard.resources.postgres.observed import ObservedCatalog, ObservedRole
from stackyard.resources.postgres.reconcile import reconcile

from .systems import HERE, database, desired, service, system

AVAILABLE = {"pg_stat_statements": "1.10", "pg_trgm": "1.6"}
EMPTY = ObservedCatalog(16, {"postgres": ObservedRole(login=True, verifier="v")}, AVAILABLE, {})


def verifiers(catalog: Catalog) -> dict[str, str]:
    return dict.fromkeys(catalog.logins, "v")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("inventr", "inventr"), ("company-directory", "company_directory"), ("postgres", "postgres_db")],
)
def test_the_database_is_called_like_the_system(name: str, expected: str) -> None:
    assert database_name(system(name, [])) == expected


def test_roles_are_called_like_the_services_and_never_like_ours() -> None:
    shop = system("the-shop", [])
    names = ["api", "order-worker", "owner", "ledger-writer", "owner-service", "a" * 80, "a" * 79 + "b"]
    roles = [service_role(shop, service(name)) for name in names]
    assert roles[:5] == [
        "the_shop_api",
        "the_shop_order_worker",
        "the_shop_owner_service",
        "the_shop_ledger_writer_service",
        "the_shop_owner_service_service",
    ]
    assert len(set(roles)) == len(roles)
    assert max(len(role) for role in roles) == 63
    assert owner_role(shop) == "the_shop_owner"


@pytest.mark.parametrize(
    ("asked", "migrates", "init", "expected"),
    [
        (Access.WRITE, True, False, Access.WRITE),
        (Access.WRITE, False, True, Access.WRITE),
        (Access.WRITE, False, False, Access.OWN),
        (Access.READ, False, False, Access.READ),
        (Access.OWN, True, True, Access.OWN),
    ],
)
def test_a_service_owns_only_when_it_says_so_or_nobody_tends_the_schema(
    asked: Access, migrates: bool, init: bool, expected: Access
) -> None:
    other = service("web", migrate=("alembic",) if migrates else ())
    resource = database(init=Path("/srv/init") if init else None)
    api = service("api", asked)
    assert access(system("shop", [api, other], [resource]), resource, api) is expected


def test_services_that_only_refer_to_the_database_have_a_role_too() -> None:
    plain = service("plain")
    refers = replace(plain, name="refers", needs=(), environment={"DSN": (Ref("db", "url"),)})
    stranger: Service = replace(plain, name="stranger", needs=())
    names = {role.name for role in desired(system("shop", [refers, stranger])).roles}
    assert "shop_refers" in names
    assert "shop_stranger" not in names


def test_a_role_may_open_its_pool_twice_for_the_deploy() -> None:
    """DB-05: the pool of a service bounds its connections."""
    one = desired(system("shop", [service("api", replicas=3)], [database(pool=5)]))
    assert next(role.connections for role in one.roles if role.name == "shop_api") == 30
    assert one.connections == 30 + 10 + 5


@pytest.mark.parametrize(("replicas", "room"), [(1, 8), (3, 8), (8, 8), (9, 16), (17, 32)])
def test_there_is_room_for_more_of_a_service_before_it_is_there(replicas: int, room: int) -> None:
    """DB-05, EDGE-07: what a service may grow to counts from the beginning, so that growing changes nothing."""
    db = database(pool=5)
    one = system("shop", [service("api", replicas=replicas), service("nightly", schedule="0 3 * * *")], [db])
    fixed = 10 + 5 + 2 * 5
    assert desired(one).connections + growth(one, db) == 2 * 5 * room + fixed


def test_a_new_server_gets_everything_in_order() -> None:
    catalog = desired(system("shop", [service("api", migrate=("m",), port=8000)]))
    statements = reconcile(catalog, EMPTY, verifiers(catalog))
    assert statements[0].sql == 'CREATE DATABASE "shop"'
    assert [statement.alone for statement in statements].count(True) == 1
    texts = [statement.sql for statement in statements]
    assert "ALTER ROLE \"shop_api\" SET statement_timeout = '30s'" in texts
    assert 'REVOKE CONNECT, TEMPORARY ON DATABASE "shop" FROM PUBLIC' in texts
    assert texts.index('CREATE ROLE "shop_writer"') < texts.index('GRANT "shop_writer" TO "shop_api"')


def test_a_statement_never_shows_its_secret() -> None:
    """SEC-01: what is printed, logged or compared holds a placeholder."""
    catalog = desired(system("shop", [service("api")]))
    statements = reconcile(catalog, EMPTY, dict.fromkeys(catalog.logins, "SCRAM-SHA-256$of-somebody"))
    secret = [statement for statement in statements if statement.secret]
    assert len(secret) == len(catalog.logins)
    assert not [statement for statement in statements if "of-somebody" in repr(statement) + statement.sql]


def test_timescaledb_is_done_without_and_that_is_said() -> None:
    """DB-01: where the platform lacks TimescaleDB, native partitioning is used and the output says so."""
    catalog = desired(system("shop", [], [database(extensions=("timescaledb", "pg_trgm"))]))
    statements = reconcile(catalog, EMPTY, verifiers(catalog))
    assert not [statement for statement in statements if "timescaledb" in statement.sql]
    assert extension_notes(catalog, AVAILABLE) == (
        "TimescaleDB is not on this server: tables are partitioned natively instead",
    )
    assert extension_notes(catalog, {**AVAILABLE, "timescaledb": "2.17"}) == ()


def test_a_missing_extension_is_an_error_with_its_place() -> None:
    """DB-01: an extension that cannot be had is never left out in silence."""
    catalog = desired(system("shop", [], [database(extensions=("vector",))]))
    with pytest.raises(PartError, match=r"stackyard.yaml:7: .* does not have the extension vector"):
        reconcile(catalog, EMPTY, verifiers(catalog))


def test_names_cannot_break_out_of_a_statement() -> None:
    catalog = desired(system('x";drop', [], [database(schemas=('s"; DROP TABLE x; --',))]))
    texts = [statement.sql for statement in reconcile(catalog, EMPTY, verifiers(catalog))]
    assert texts[0] == 'CREATE DATABASE "x"";drop"'
    assert 'CREATE SCHEMA "s""; DROP TABLE x; --" AUTHORIZATION "x"";drop_owner"' in texts


def _backed_up() -> Catalog:
    return desired(replace(system("shop", [service("api")]), backups=Backups(HERE)))


def test_without_backups_there_is_no_role_for_them() -> None:
    assert BACKUP_ROLE not in {role.name for role in desired(system("shop", [service("api")])).roles}


def test_the_role_of_backups_reads_everything_replicates_and_is_in_no_group_that_writes() -> None:
    """BAK-01, DB-02: what may read everything may write nothing."""
    (role,) = (role for role in _backed_up().roles if role.name == BACKUP_ROLE)
    assert role.powers == {"REPLICATION", "BYPASSRLS"}
    assert role.member_of == {"pg_read_all_data"}


def test_what_backups_are_called_is_the_same_where_they_are_made() -> None:
    """The program that makes them runs where the catalogue is not installed."""
    assert (job.BACKUP_ROLE, job.SCHEMA) == (BACKUP_ROLE, backup_rights.SCHEMA)


def test_writers_are_held_by_one_function_that_nobody_else_may_call() -> None:
    """DB-02: a function with the superuser's rights has a path of its own, and one caller."""
    statements = [one.sql for one in reconcile(_backed_up(), EMPTY, verifiers(_backed_up()))]
    made = next(sql for sql in statements if sql.startswith("CREATE FUNCTION stackyard_backup.hold_writers()"))
    assert "SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms'" in made
    assert "REVOKE ALL ON FUNCTION stackyard_backup.hold_writers() FROM PUBLIC" in statements
    granted = [sql for sql in statements if sql.startswith("GRANT EXECUTE")]
    assert len(granted) == 3
    assert all(sql.endswith(f"TO {BACKUP_ROLE}") for sql in granted)
