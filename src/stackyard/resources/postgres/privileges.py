"""Privileges: what groups may do with the database, its schemas and what is in them, compared before it is changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackyard.resources.postgres import backup_rights
from stackyard.resources.postgres.catalog import BACKUP_ROLE, Area, Catalog
from stackyard.resources.postgres.observed import PUBLIC, Acl, ObservedCatalog, ObservedDatabase, ObservedSchema
from stackyard.resources.postgres.sql import identifier, identifiers
from stackyard.resources.postgres.statement import Statement

_READ = {"r": ("SELECT",), "S": ("SELECT",)}
_WRITE = {"r": ("DELETE", "INSERT", "SELECT", "UPDATE"), "S": ("SELECT", "USAGE")}
_KINDS = {"r": "TABLES", "S": "SEQUENCES"}


def changes(desired: Catalog, observed: ObservedCatalog, database: ObservedDatabase) -> Iterator[Statement]:
    """The grants and revokes that make the privileges of everybody, and of our roles, exactly the desired ones.

    Roles that are not ours keep what they have. On a table, only what never had a privilege is given some: what a
    migration took away stays taken.
    """
    ours = {PUBLIC, *(role.name for role in desired.roles)}
    subject = f"database {desired.database}"
    on = f"DATABASE {identifier(desired.database)}"
    yield from _difference(_connections(desired), _of(database.acl, ours), on, subject)
    for name, acl in sorted(observed.maintenance.items()):
        yield from _difference(frozenset(), _of(acl, ours), f"DATABASE {identifier(name)}", f"database {name}")
    for area in desired.areas:
        for schema in area.schemas:
            found = database.schemas.get(schema, ObservedSchema(area.owner))
            wanted = _usage(desired, area, schema, found)
            yield from _difference(wanted, _of(found.acl, ours), f"SCHEMA {identifier(schema)}", f"schema {schema}")
            yield from _defaults(area, schema, database, ours)
            yield from _bare(area, schema, found)
            yield from _late(area, schema, observed, database)
    yield from _single(desired, database)


def _single(desired: Catalog, database: ObservedDatabase) -> Iterator[Statement]:
    """Whoever reads, and everybody, may do no more than that; and what the server keeps to itself is nobody's of ours.

    What a migration gives to those who write stays.
    """
    readers = {area.reader for area in desired.areas}
    reading = readers | {role.name for role in desired.roles if role.member_of & readers} | {PUBLIC}
    ours = {PUBLIC, *(role.name for role in desired.roles)}
    wanted = backup_rights.grants(desired)
    for grant in database.grants:
        if grant in wanted:
            continue
        if grant.grantee in (ours if grant.is_of_server else reading):
            who = identifier(grant.grantee) if grant.grantee else "PUBLIC"
            sql = f"REVOKE {grant.privilege} ON {grant.kind} {grant.name} FROM {who}"
            subject = f"{grant.kind.lower()} {grant.name}"
            yield Statement(sql, subject, f"{grant.grantee or 'everybody'} must not have {grant.privilege}")


def _connections(desired: Catalog) -> Acl:
    """Everybody who works in the database may connect; who writes may make temporary tables, too."""
    writers = {name for area in desired.areas for name in (area.writer, area.owner) if name != desired.owner}
    readers = {area.reader for area in desired.areas}
    connect = {(name, "CONNECT") for name in writers | readers}
    connect |= {(name, "CONNECT") for name in _monitors(desired)}
    connect |= {(BACKUP_ROLE, "CONNECT")} if desired.is_backed_up else set()
    return frozenset(connect | {(name, "TEMPORARY") for name in writers})


def _monitors(desired: Catalog) -> set[str]:
    return {role.name for role in desired.roles if "pg_monitor" in role.member_of}


def _usage(desired: Catalog, area: Area, schema: str, found: ObservedSchema) -> Acl:
    groups = {area.reader, area.writer}
    if schema == "public":
        # Extensions live there, and everybody calls their functions.
        groups |= {name for other in desired.areas for name in (other.reader, other.writer, other.owner)}
        groups |= _monitors(desired)
    owner = found.owner if schema == "public" else area.owner
    creators = set(area.creators) - {owner}
    usage = {(name, "USAGE") for name in groups | creators}
    return frozenset(usage | {(name, "CREATE") for name in creators})


def _defaults(area: Area, schema: str, database: ObservedDatabase, ours: Iterable[str]) -> Iterator[Statement]:
    for creator in area.creators:
        for kind, noun in _KINDS.items():
            found = _of(database.defaults.get((creator, schema, kind), frozenset()), ours)
            given = {(area.reader, name) for name in _READ[kind]} | {(area.writer, name) for name in _WRITE[kind]}
            prefix = f"ALTER DEFAULT PRIVILEGES FOR ROLE {identifier(creator)} IN SCHEMA {identifier(schema)} "
            subject = f"schema {schema}, what {creator} creates"
            yield from _difference(frozenset(given), found, noun, subject, prefix)


def _bare(area: Area, schema: str, found: ObservedSchema) -> Iterator[Statement]:
    for kind, noun, names in (("r", "TABLE", found.bare_tables), ("S", "SEQUENCE", found.bare_sequences)):
        if names:
            on = ", ".join(f"{identifier(schema)}.{identifier(name)}" for name in names)
            cause = f"no privilege was ever given on {', '.join(names)}"
            for group, given in ((area.reader, _READ[kind]), (area.writer, _WRITE[kind])):
                sql = f"GRANT {', '.join(given)} ON {noun} {on} TO {identifier(group)}"
                yield Statement(sql, f"schema {schema}", cause)


def _late(area: Area, schema: str, observed: ObservedCatalog, database: ObservedDatabase) -> Iterator[Statement]:
    """A group that is made after the tables gets what it would have had, had it been there."""
    if not database.is_used or schema not in database.schemas:
        return
    for group, given in ((area.reader, _READ), (area.writer, _WRITE)):
        if group not in observed.roles:
            for kind, noun in _KINDS.items():
                sql = f"GRANT {', '.join(given[kind])} ON ALL {noun} IN SCHEMA {identifier(schema)}"
                yield Statement(f"{sql} TO {identifier(group)}", f"schema {schema}", f"{group} is new")


def _difference(wanted: Acl, found: Acl, on: str, subject: str, prefix: str = "") -> Iterator[Statement]:
    for grantee, names in _by_grantee(found - wanted):
        who = identifier(grantee) if grantee else "PUBLIC"
        sql = f"{prefix}REVOKE {', '.join(names)} ON {on} FROM {who}"
        yield Statement(sql, subject, f"{grantee or 'everybody'} must not have {', '.join(names)}")
    for grantee, names in _by_grantee(wanted - found):
        sql = f"{prefix}GRANT {', '.join(names)} ON {on} TO {identifiers([grantee])}"
        yield Statement(sql, subject, f"{grantee} needs {', '.join(names)}")


def _by_grantee(acl: Acl) -> Iterator[tuple[str, list[str]]]:
    for grantee in sorted({grantee for grantee, _ in acl}):
        yield grantee, sorted(name for who, name in acl if who == grantee)


def _of(acl: Acl, grantees: Iterable[str]) -> Acl:
    kept = set(grantees)
    return frozenset((grantee, name) for grantee, name in acl if grantee in kept)
