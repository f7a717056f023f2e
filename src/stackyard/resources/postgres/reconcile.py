"""What makes an observed catalogue the desired one: statements, each with its cause. Pure; nothing to do is ()."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackyard.resources.postgres import backup_rights, privileges
from stackyard.resources.postgres.catalog import PRIVATE_SCHEMA, Area, Catalog, Role
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.postgres.extensions import extension_changes
from stackyard.resources.postgres.observed import ObservedCatalog, ObservedDatabase, ObservedRole, fresh_database
from stackyard.resources.postgres.replication import is_slot_of
from stackyard.resources.postgres.sql import identifier, literal
from stackyard.resources.postgres.statement import SECRET, Statement

__all__ = ["SECRET", "Statement", "reconcile"]

MARK = "stackyard: "
"""Begins the comment of every role that we made, by which one that nobody uses any more is known."""

RECORD_TABLE = f"{PRIVATE_SCHEMA}.init_scripts"
COMPLETE = "*"
"""The entry that says: whatever init scripts there were have run."""

_OUR_SETTINGS = frozenset(
    {
        "search_path",
        "statement_timeout",
        "idle_in_transaction_session_timeout",
        "lock_timeout",
        "role",
        "default_transaction_read_only",
    }
)
_SETTLED = _OUR_SETTINGS | {"synchronous_commit", "log_min_duration_statement"}
"""What a role or a database may not be set to by hand: the file, or the configuration of the server, says it."""


def reconcile(desired: Catalog, observed: ObservedCatalog, verifiers: Mapping[str, str]) -> tuple[Statement, ...]:
    """The statements to run, in order, as the superuser.

    `verifiers` holds what each role with a login should have for a password (scram.wanted_verifiers). The statement
    that creates the database runs alone; all others belong into one transaction on that database, so that a crash
    leaves nothing half-done. Raises PartError when the server lacks an extension.
    """
    database = observed.database or fresh_database(observed.major)
    return (
        *_creation(desired, observed),
        *_slots(desired, observed),
        *_roles(desired, observed, verifiers),
        *_retirements(desired, observed),
        *_ownership(desired, database),
        *_local_settings(desired, database),
        *_records(database),
        *_schemas(desired, database),
        *extension_changes(desired, observed.available, database.extensions),
        *privileges.changes(desired, observed, database),
        *backup_rights.changes(desired, database),
    )


def _creation(desired: Catalog, observed: ObservedCatalog) -> Iterator[Statement]:
    if observed.database is None:
        sql = f"CREATE DATABASE {identifier(desired.database)}"
        yield Statement(sql, f"database {desired.database}", "there is none yet", alone=True)


def _slots(desired: Catalog, observed: ObservedCatalog) -> Iterator[Statement]:
    """A slot keeps what its replica lacks; one that no replica uses any more would keep everything for ever."""
    for slot in desired.slots:
        if slot not in observed.slots:
            sql = f"SELECT pg_create_physical_replication_slot({literal(slot)}, true)"
            yield Statement(sql, f"slot {slot}", "there is none yet", alone=True)
    for slot, is_used in sorted(observed.slots.items()):
        if is_slot_of(desired.resource, slot) and slot not in desired.slots and not is_used:
            sql = f"SELECT pg_drop_replication_slot({literal(slot)})"
            yield Statement(sql, f"slot {slot}", "no replica uses it any more", alone=True)


def _roles(desired: Catalog, observed: ObservedCatalog, verifiers: Mapping[str, str]) -> Iterator[Statement]:
    # All of them first, for some are members of later ones.
    for role in desired.roles:
        if role.name not in observed.roles:
            yield Statement(f"CREATE ROLE {identifier(role.name)}", f"role {role.name}", f"new: {role.purpose}")
    superuser = observed.roles.get(SUPERUSER, ObservedRole())
    yield from _password(SUPERUSER, superuser, verifiers)
    for role in desired.roles:
        found = observed.roles.get(role.name, ObservedRole())
        yield from _attributes(role, found)
        if role.login:
            yield from _password(role.name, found, verifiers)
        yield from _settings(role, found)
        yield from _memberships(role, found)
        if found.mark != MARK + role.purpose:
            sql = f"COMMENT ON ROLE {identifier(role.name)} IS {literal(MARK + role.purpose)}"
            yield Statement(sql, f"role {role.name}", "its comment says what it is for")


def _attributes(role: Role, found: ObservedRole) -> Iterator[Statement]:
    options: list[str] = [f"NO{power}" for power in sorted(found.powers - role.powers)]
    causes = [f"it must not have {power}" for power in sorted(found.powers - role.powers)]
    options += sorted(role.powers - found.powers)
    causes += [f"it must have {power}" for power in sorted(role.powers - found.powers)]
    if found.login != role.login:
        options.append("LOGIN" if role.login else "NOLOGIN")
        causes.append("it logs in" if role.login else "it must not log in")
    if not found.inherits:
        options.append("INHERIT")
        causes.append("it did not inherit what its groups may do")
    if found.connections != role.connections:
        options.append(f"CONNECTION LIMIT {role.connections}")
        causes.append(f"its limit was {_limit(found.connections)} and should be {_limit(role.connections)}")
    if found.expires:
        options.append("VALID UNTIL 'infinity'")
        causes.append("its password had an end")
    if options:
        sql = f"ALTER ROLE {identifier(role.name)} {' '.join(options)}"
        yield Statement(sql, f"role {role.name}", "; ".join(causes))


def _limit(count: int) -> str:
    return "none" if count < 0 else f"{count} connections"


def _password(name: str, found: ObservedRole, verifiers: Mapping[str, str]) -> Iterator[Statement]:
    if verifiers[name] != found.verifier:
        cause = "it has another password" if found.verifier else "it has no password"
        sql = f"ALTER ROLE {identifier(name)} PASSWORD {SECRET}"
        yield Statement(sql, f"role {name}", cause, secret=verifiers[name])


def _settings(role: Role, found: ObservedRole) -> Iterator[Statement]:
    alter = f"ALTER ROLE {identifier(role.name)}"
    for name, value in role.settings.items():
        if _plain(found.settings.get(name)) != _plain(value):
            written = value if name == "search_path" else literal(value)
            yield Statement(f"{alter} SET {name} = {written}", f"role {role.name}", f"{name} should be {_plain(value)}")
    for name in sorted(_SETTLED & found.settings.keys() - role.settings.keys()):
        yield Statement(f"{alter} RESET {name}", f"role {role.name}", f"{name} should not be set")


def _plain(value: str | None) -> str | None:
    """A setting's value as the server keeps it: names in a list are quoted only where they must be."""
    return None if value is None else value.replace('"', "")


def _memberships(role: Role, found: ObservedRole) -> Iterator[Statement]:
    for group in sorted(found.member_of - role.member_of):
        sql = f"REVOKE {identifier(group)} FROM {identifier(role.name)}"
        yield Statement(sql, f"role {role.name}", f"it must not be a member of {group}")
    for group in sorted(role.member_of - found.member_of):
        sql = f"GRANT {identifier(group)} TO {identifier(role.name)}"
        yield Statement(sql, f"role {role.name}", f"it was no member of {group}")


def _retirements(desired: Catalog, observed: ObservedCatalog) -> Iterator[Statement]:
    wanted = {role.name for role in desired.roles}
    for name, role in sorted(observed.roles.items()):
        if role.mark.startswith(MARK) and role.login and name not in wanted:
            cause = "nothing uses it any more; what it owns stays"
            yield Statement(f"ALTER ROLE {identifier(name)} NOLOGIN", f"role {name}", cause)


def _ownership(desired: Catalog, database: ObservedDatabase) -> Iterator[Statement]:
    if database.owner != desired.owner:
        sql = f"ALTER DATABASE {identifier(desired.database)} OWNER TO {identifier(desired.owner)}"
        yield Statement(sql, f"database {desired.database}", f"it belonged to {database.owner}")
    owners = {schema: area.owner for area in desired.areas for schema in area.schemas}
    services = {role.name for role in desired.roles if role.login and role.name != desired.owner}
    for name, (schema, owner) in sorted(database.owned.items()):
        if owner in services and schema in owners:
            sql = f"ALTER TABLE {name} OWNER TO {identifier(owners[schema])}"
            yield Statement(sql, f"table {name}", f"it belonged to {owner}, who could then do anything with it")


def _local_settings(desired: Catalog, database: ObservedDatabase) -> Iterator[Statement]:
    """Settings of a role in one database win over those of the role."""
    within = f"DATABASE {identifier(desired.database)}"
    ours = {role.name for role in desired.roles}
    for role, settings in sorted(database.settings.items()):
        if role and role not in ours:
            continue
        whose = f"ALTER ROLE {identifier(role)} IN {within}" if role else f"ALTER {within}"
        for name in sorted((_SETTLED if role else _SETTLED - _OUR_SETTINGS) & settings.keys()):
            subject = f"role {role}" if role else f"database {desired.database}"
            yield Statement(f"{whose} RESET {name}", subject, f"{name} should not be set in {desired.database}")


def _records(database: ObservedDatabase) -> Iterator[Statement]:
    if database.is_recorded:
        return
    subject, cause = f"schema {PRIVATE_SCHEMA}", "it records which init scripts have run"
    yield Statement(f"CREATE SCHEMA IF NOT EXISTS {PRIVATE_SCHEMA}", subject, cause)
    columns = (
        "script text PRIMARY KEY, sha256 text NOT NULL, xid xid8, begun timestamptz DEFAULT now(), done timestamptz"
    )
    yield Statement(f"CREATE TABLE {RECORD_TABLE} ({columns})", subject, cause)
    if database.is_used:
        sql = f"INSERT INTO {RECORD_TABLE} (script, sha256, done) VALUES ('{COMPLETE}', '', now())"
        yield Statement(sql, subject, "the database was here before: init scripts are for new ones only")


def _schemas(desired: Catalog, database: ObservedDatabase) -> Iterator[Statement]:
    for area in desired.areas:
        for schema in area.schemas:
            yield from _schema(schema, area, database)


def _schema(schema: str, area: Area, database: ObservedDatabase) -> Iterator[Statement]:
    name, owner = identifier(schema), identifier(area.owner)
    found = database.schemas.get(schema)
    if found is None:
        yield Statement(f"CREATE SCHEMA {name} AUTHORIZATION {owner}", f"schema {schema}", "there is none yet")
    elif schema != "public" and found.owner != area.owner:
        sql = f"ALTER SCHEMA {name} OWNER TO {owner}"
        yield Statement(sql, f"schema {schema}", f"it belonged to {found.owner}")
