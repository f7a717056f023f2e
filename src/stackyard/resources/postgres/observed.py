"""The catalogue that a server has, as far as we decide about it: one frozen snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stackyard.resources.postgres.config import SUPERUSER

Acl = frozenset[tuple[str, str]]
"""Who has which privilege: ("", "CONNECT") is everybody's, the owner's own are left out."""

PUBLIC = ""


@dataclass(frozen=True)
class ObservedRole:
    """A role. `powers` are the attributes that it has beyond a login, as ALTER ROLE gives and takes them.

    `expires` is true when its password ends some day; `mark` its comment.
    """

    login: bool = False
    powers: frozenset[str] = frozenset()
    inherits: bool = True
    connections: int = -1
    expires: bool = False
    verifier: str = field(default="", repr=False)
    member_of: frozenset[str] = frozenset()
    settings: Mapping[str, str] = field(default_factory=dict)
    mark: str = ""


@dataclass(frozen=True)
class ObservedSchema:
    """A schema. On `bare_tables` and `bare_sequences` no privilege was ever given or taken: they are their owner's."""

    owner: str
    acl: Acl = frozenset()
    bare_tables: tuple[str, ...] = ()
    bare_sequences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grant:
    """A privilege on one object, which stands in SQL as `kind` and `name` (TABLE, "public"."orders"). ""  is everybody.

    `is_of_server`: the object is the server's own, and did not come with this privilege.
    """

    kind: str
    name: str
    grantee: str
    privilege: str
    is_of_server: bool = False


@dataclass(frozen=True)
class ObservedDatabase:
    """A database. `defaults` are default privileges by (creator, schema, kind), the kind "r" tables or "S" sequences.

    `is_recorded`: it has our private schema. `is_used`: somebody has made a table in it. `settings` are those that hold
    in this database only, by role, "" for everybody's. `grants` are privileges on single objects that let more than
    read. `owned` are relations of ours by name in SQL, with schema and owner. `holder` is what stands in
    the database of the function by which backups hold writers (backup_rights.SEEN), "" where there is none.
    """

    owner: str
    acl: Acl
    schemas: Mapping[str, ObservedSchema]
    extensions: Mapping[str, str]
    defaults: Mapping[tuple[str, str, str], Acl] = field(default_factory=dict)
    is_recorded: bool = False
    is_used: bool = False
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    grants: tuple[Grant, ...] = ()
    owned: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    holder: str = ""


@dataclass(frozen=True)
class ObservedCatalog:
    """A server: its major version, roles, the extensions it could create with their versions, and our database, if any.

    `maintenance` holds who may do what with the server's own databases, `slots` the physical replication slots and
    whether each is in use.
    """

    major: int
    roles: Mapping[str, ObservedRole]
    available: Mapping[str, str]
    maintenance: Mapping[str, Acl]
    database: ObservedDatabase | None = None
    slots: Mapping[str, bool] = field(default_factory=dict)

    @property
    def verifiers(self) -> dict[str, str]:
        """What the server keeps of each role's password."""
        return {name: role.verifier for name, role in self.roles.items()}


def fresh_database(major: int) -> ObservedDatabase:
    """What CREATE DATABASE makes out of the server's own template."""
    public = {(PUBLIC, "USAGE")} if major >= 15 else {(PUBLIC, "USAGE"), (PUBLIC, "CREATE")}
    return ObservedDatabase(
        owner=SUPERUSER,
        acl=frozenset({(PUBLIC, "CONNECT"), (PUBLIC, "TEMPORARY")}),
        schemas={"public": ObservedSchema("pg_database_owner" if major >= 15 else SUPERUSER, frozenset(public))},
        extensions={},
    )
