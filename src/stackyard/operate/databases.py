"""Look into a database of the system: its statistics, a shell in it."""

from __future__ import annotations

import os

from stackyard.errors import StateError, UsageError
from stackyard.model.system import Postgres, System
from stackyard.observe.database import DatabaseStats, collect
from stackyard.operate.terminal import in_terminal
from stackyard.resources.postgres.catalog import monitor_role, owner_role
from stackyard.targets.local import ports
from stackyard.targets.local.databases import Database
from stackyard.targets.native.layout import Layout
from stackyard.targets.native.toolchain import Want, fetch, find, plan_fetch


def chosen(system: System, name: str | None) -> Postgres:
    """The database resource of that name, the only one without a name. Raises UsageError for none or several."""
    found = {part.name: part for part in system.resources if isinstance(part, Postgres)}
    if not found:
        raise UsageError(f"{system.name} has no database", hint="A resource such as `db: {postgres: 16}` is one.")
    if name is None and len(found) > 1:
        raise UsageError("which database?", hint=f"There are: {', '.join(found)}.")
    resource = found.get(name or next(iter(found)))
    if resource is None:
        raise UsageError(f"there is no database {name}", hint=f"There are: {', '.join(found)}.")
    return resource


def database_of(system: System, name: str | None) -> Database:
    """The database of that name, as `chosen` finds it. Raises UsageError, and StateError when it never ran here."""
    resource = chosen(system, name)
    layout = Layout(system.root, system.environment)
    port = ports.load(layout.ports_file).get(resource.name)
    if port is None:
        raise StateError(f"{resource.name} never ran here ({system.environment})", hint="`stackyard up` starts it.")
    return Database(system, resource, layout.secrets, layout.sockets, port)


def stats(database: Database) -> DatabaseStats:
    """Its statistics, read as the monitor role, which may do nothing else. Raises PartError when it does not answer."""
    role = monitor_role(database.system)
    with database.server.connect(database.catalog.database, role, database.password(role)) as connection:
        return collect(connection)


def shell(database: Database, *, writing: bool, arguments: tuple[str, ...] = ()) -> int:
    """psql in our terminal, as the owner of the database; read-only unless `writing`.

    The password goes through the environment, never over the command line. Without a psql on this machine one is
    fetched. Raises MachineError when none can be had.
    """
    want = Want("psql", None)
    tool = find(want) or fetch(plan_fetch(want))
    role = owner_role(database.system)
    environment = {
        **{key: os.environ[key] for key in ("TERM", "HOME", "PATH", "PAGER", "EDITOR", "LANG") if key in os.environ},
        **tool.environment,
        "PGHOST": "127.0.0.1",
        "PGPORT": str(database.port),
        "PGUSER": role,
        "PGDATABASE": database.catalog.database,
        "PGPASSWORD": database.password(role),
        "PGSSLMODE": "require" if database.resource.tls else "prefer",
        # It keeps from slips, not from intent: the next words of psql may switch it off.
        "PGOPTIONS": "" if writing else "-c default_transaction_read_only=on",
    }
    return in_terminal((str(tool.path), *arguments), environment)
