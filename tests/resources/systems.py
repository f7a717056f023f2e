"""Small systems for these tests, and bringing their databases up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psycopg

from stackyard.model.system import Access, Need, Postgres, PythonSource, Resource, Secret, Service, System
from stackyard.model.values import Position, Version
from stackyard.resources.postgres.catalog import Catalog, catalog
from stackyard.resources.postgres.reconcile import Statement, reconcile
from stackyard.resources.postgres.scram import wanted_verifiers
from stackyard.targets.local.postgres_catalog import Server, apply, observe_catalog

HERE = Position("stackyard.yaml", 7)
Connection = psycopg.Connection[tuple[Any, ...]]


def service(name: str, access: Access = Access.WRITE, **more: Any) -> Service:
    return Service(name, PythonSource(Path("/srv/app")), HERE, needs=(Need("db", access),), **more)


def database(**more: Any) -> Postgres:
    return Postgres("db", Version((15,)), HERE, **more)


def system(
    name: str,
    services: Iterable[Service],
    resources: Iterable[Resource] | None = None,
    environment: str = "development",
    secrets: tuple[Secret, ...] = (),
) -> System:
    parts = (database(),) if resources is None else tuple(resources)
    root = Path("/srv/app")
    return System(name, environment, root, root / "stackyard.yaml", tuple(services), parts, secrets=secrets)


def desired(one: System) -> Catalog:
    resource = one.resources[0]
    assert isinstance(resource, Postgres)
    return catalog(one, resource)


def passwords(wanted: Catalog, superuser: str) -> dict[str, str]:
    return {role: f"password-of-{role}-in-these-tests" for role in wanted.logins} | {"postgres": superuser}


def differences(server: Server, one: System, secrets: Mapping[str, str] | None = None) -> tuple[Statement, ...]:
    """What would change the server's catalogue into that of the system."""
    wanted = desired(one)
    observed = observe_catalog(server, wanted.database)
    verifiers = wanted_verifiers(observed.verifiers, secrets or passwords(wanted, server.password))
    return reconcile(wanted, observed, verifiers)


def bring_up(server: Server, one: System) -> tuple[Statement, ...]:
    """Make the catalogue that of the system; what that took."""
    statements = differences(server, one)
    apply(server, desired(one).database, statements)
    return statements


def log_in(server: Server, one: System, role: str, database: str = "") -> Connection:
    """A connection as a service makes it: over TCP, with its password."""
    wanted = desired(one)
    return psycopg.connect(
        host="127.0.0.1", port=server.port, dbname=database or wanted.database, user=role,
        password=passwords(wanted, "")[role], autocommit=True, connect_timeout=5,
    )  # fmt: skip


def rows(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()
