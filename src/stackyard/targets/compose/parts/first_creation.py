"""The first creation of a database by its container alone: what Stackyard would do, as a script for the entry point.

It is the very catalogue that is reconciled later, against a server that has nothing yet; so `up` finds it right.
"""

from __future__ import annotations

from importlib import resources
from pathlib import PurePosixPath

from stackyard.model.system import Postgres, System
from stackyard.resources.postgres.catalog import Catalog, catalog
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.postgres.observed import PUBLIC, ObservedCatalog, ObservedRole
from stackyard.resources.postgres.reconcile import SECRET, Statement, reconcile
from stackyard.resources.postgres.sql import identifier
from stackyard.resources.secrets import password_secret
from stackyard.targets.compose.draft import Config, SecretMount, rendered
from stackyard.targets.compose.names import ETC
from stackyard.targets.compose.rendering import Piece, SecretFile, SecretPiece

_ENTRY_POINT = "/docker-entrypoint-initdb.d/10-stackyard.sh"

MARK = "creating"
"""A file in the volume that says: the first creation has begun, and is not done."""

_NAMES = """
    amcheck autoinc bloom btree_gin btree_gist citext cube dblink dict_int dict_xsyn earthdistance file_fdw
    fuzzystrmatch hstore insert_username intagg intarray isn lo ltree moddatetime pageinspect pg_buffercache
    pg_freespacemap pg_prewarm pg_stat_statements pg_surgery pg_trgm pg_visibility pg_walinspect pgcrypto pgrowlocks
    pgstattuple plpgsql postgres_fdw refint seg sslinfo tablefunc tcn tsm_system_rows tsm_system_time unaccent
    uuid-ossp xml2
"""
_CONTRIB = frozenset(_NAMES.split())
"""The extensions of the official image."""

_MAINTENANCE = {
    "postgres": frozenset({(PUBLIC, "CONNECT"), (PUBLIC, "TEMPORARY")}),
    "template1": frozenset({(PUBLIC, "CONNECT")}),
}
"""Who may do what with the databases that every server has, as initdb leaves them."""


def available(system: System, resource: Postgres) -> frozenset[str]:
    """The extensions that the image has: an image of the user's own is taken to have what the file asks of it."""
    return _CONTRIB | frozenset(catalog(system, resource).extensions) if resource.image else _CONTRIB


def configs(system: System, resource: Postgres, volume: str) -> tuple[Config, ...]:
    """The script, and the SQL that it runs; MARK goes from the volume when all of it is done.

    Raises PartError for an extension that the official image lacks.
    """
    head = f"creating='{volume}/{MARK}'\n"
    script = head + (resources.files("stackyard.targets.compose") / "scripts/roles.sh").read_text(encoding="utf-8")
    return (
        rendered(resource.name, "roles.sh", _ENTRY_POINT, script),
        rendered(resource.name, "catalog.sql", f"{ETC}/catalog.sql", _sql(system, resource)),
    )


def passwords(system: System, resource: Postgres) -> SecretMount:
    """The passwords of all roles, for the script."""
    wanted = catalog(system, resource)
    entries: tuple[tuple[str, tuple[Piece, ...]], ...] = (
        ("STACKYARD_DATABASE", (wanted.database,)),
        ("STACKYARD_OWNER", (wanted.owner,)),
        ("STACKYARD_PASSWORD", (SecretPiece(password_secret(resource, wanted.owner)),)),
        *((_variable(wanted, role), (SecretPiece(password_secret(resource, role)),)) for role in _roles(wanted)),
    )
    path = PurePosixPath("secrets", f"{resource.name}.roles")
    file = SecretFile(path, system.environment, resource.name, "environment", entries)
    return SecretMount(path.name, file, "roles")


def _roles(wanted: Catalog) -> tuple[str, ...]:
    return tuple(role for role in wanted.logins if role != SUPERUSER)


def _variable(wanted: Catalog, role: str) -> str:
    return f"PASSWORD_{_roles(wanted).index(role) + 1}"


def _sql(system: System, resource: Postgres) -> str:
    wanted = catalog(system, resource)
    # The entry point has set the superuser's password already.
    observed = ObservedCatalog(
        major=resource.version.numbers[0],
        roles={SUPERUSER: ObservedRole(login=True, verifier=SUPERUSER)},
        available=dict.fromkeys(available(system, resource), ""),
        maintenance=_MAINTENANCE,
    )
    verifiers = {role: _variable(wanted, role) for role in _roles(wanted)} | {SUPERUSER: SUPERUSER}
    statements = reconcile(wanted, observed, verifiers)
    alone = [_written(one) for one in statements if one.alone]
    together = [_written(one) for one in statements if not one.alone]
    return "\n".join(
        (
            "-- The catalogue of a new database. Passwords come from the environment, and no log keeps them.",
            *(f"\\getenv {variable} {variable}" for role, variable in verifiers.items() if role != SUPERUSER),
            "SET log_statement = 'none'; SET log_min_duration_statement = -1; SET log_min_error_statement = 'panic';",
            *alone,
            f"\\connect {identifier(wanted.database)}",
            "SET log_statement = 'none'; SET log_min_duration_statement = -1; SET log_min_error_statement = 'panic';",
            "BEGIN;",
            *together,
            "COMMIT;",
            "",
        )
    )


def _written(statement: Statement) -> str:
    return statement.sql.replace(SECRET, f":'{statement.secret}'") + ";"
