"""A database on this machine: where it is reached, how it differs from the stack file, how that is put right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stackyard.model.system import Postgres, System
from stackyard.resources.postgres.catalog import Catalog, catalog
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.postgres.reconcile import Statement, reconcile
from stackyard.resources.postgres.scram import wanted_verifiers
from stackyard.resources.secrets import password_secret
from stackyard.targets.local import secrets
from stackyard.targets.local.postgres_catalog import Server, apply, observe_catalog


@dataclass(frozen=True)
class Database:
    """The database of `system` in `resource`. Its server answers at `port` in the folder `sockets`.

    `secrets` is the folder that its passwords are in.
    """

    system: System
    resource: Postgres
    secrets: Path
    sockets: Path
    port: int

    @property
    def catalog(self) -> Catalog:
        return catalog(self.system, self.resource)

    @property
    def server(self) -> Server:
        return Server(self.resource.name, self.sockets, self.port, self.password(SUPERUSER))

    def password(self, role: str) -> str:
        """The password that the role should have. Raises StateError when there is none."""
        return secrets.read(self.secrets, password_secret(self.resource, role))

    def differences(self) -> tuple[Statement, ...]:
        """What would have to be run so that the database is as the file wants it. Raises PartError."""
        desired = self.catalog
        observed = observe_catalog(self.server, desired.database)
        passwords = {role: self.password(role) for role in desired.logins}
        return reconcile(desired, observed, wanted_verifiers(observed.verifiers, passwords))

    def put_right(self) -> tuple[Statement, ...]:
        """Run the differences, and return them. Raises PartError."""
        statements = self.differences()
        if statements:
            apply(self.server, self.catalog.database, statements)
        return statements
