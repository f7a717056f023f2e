"""Programs inside the containers of a system: a command as a service runs it, statistics and a shell of a database."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.errors import PartError, StateError, UsageError
from stackyard.model.system import Postgres, System
from stackyard.observe.database import DatabaseStats
from stackyard.operate.databases import chosen, stats
from stackyard.operate.terminal import in_terminal
from stackyard.resources.postgres.catalog import database_name, owner_role
from stackyard.resources.secrets import password_secret
from stackyard.targets.compose import commands
from stackyard.targets.compose.target import ComposeTarget
from stackyard.targets.local import secrets

if TYPE_CHECKING:
    from stackyard.backup.events import Tell
    from stackyard.backup.upkeep import Report

_TERMINAL = ("TERM", "COLUMNS", "LINES")


def run(system: System, name: str, argv: tuple[str, ...], *, owner: bool) -> int:
    """Run `argv` in one more container of the service, with our terminal; its exit code.

    With `owner`, databases are reached as their owner. Raises UsageError for a service that is none, PartError for one
    that was never built.
    """
    if name not in {one.name for one in system.services if not one.is_static}:
        there = ", ".join(one.name for one in system.services if not one.is_static)
        raise UsageError(f"there is no service {name} to run a command in", hint=f"There are: {there}.")
    target = ComposeTarget(system)
    service = f"{name}-migrate" if owner and system.service(name).migrate else name
    if not target.is_built(service):
        raise PartError(name, f"the image of {name} is not built yet", hint="`stackyard up` builds it.")
    known = [one for one in _TERMINAL if one in os.environ]
    command = commands.run(target.project, service, argv, terminal=sys.stdin.isatty(), variables=known)
    return in_terminal(command, commands.environment())


@dataclass(frozen=True)
class ComposeInside:
    """See `Inside` of the verbs."""

    target: ComposeTarget
    resource: Postgres

    def stats(self) -> DatabaseStats:
        with self.target.database(self.resource) as database:
            return stats(database)

    def keep_up(self, tell: Tell, *, dry: bool) -> Report:
        from stackyard.operate.upkeep import keep_up

        with self.target.database(self.resource) as database:
            return keep_up(database, self.target.layout.backups, tell, dry=dry)

    def kept_up(self) -> Report | None:
        from stackyard.observe.upkeep import on_compose

        return on_compose(self.target, self.resource.name)

    def shell(self, *, writing: bool, arguments: tuple[str, ...]) -> int:
        """The psql of the container itself. The password goes through its environment, never over a command line."""
        system = self.target.system
        role = owner_role(system)
        password = secrets.read(self.target.layout.secrets, password_secret(self.resource, role))
        variables: Mapping[str, str] = {
            "PGHOST": "127.0.0.1",
            "PGUSER": role,
            "PGDATABASE": database_name(system),
            "PGPASSWORD": password,
            # It keeps from slips, not from intent: the next words of psql may switch it off.
            "PGOPTIONS": "" if writing else "-c default_transaction_read_only=on",
            **{key: os.environ[key] for key in _TERMINAL if key in os.environ},
        }
        container = self.target.container(self.resource.name)
        argv = commands.execute(container, ("psql", *arguments), variables=variables, terminal=sys.stdin.isatty())
        return in_terminal(argv, {**commands.environment(), **variables}, folder=Path("/"))


def database_of(system: System, name: str | None) -> ComposeInside:
    """The database of that name, the only one without a name.

    Raises UsageError for none or several, StateError when it does not run here.
    """
    resource = chosen(system, name)
    target = ComposeTarget(system)
    if not target.container(resource.name):
        raise StateError(f"{resource.name} does not run here ({system.environment})", hint="`stackyard up` starts it.")
    return ComposeInside(target, resource)
