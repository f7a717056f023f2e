"""The peer of a cold `up`: data folder, database, migration, service, by the shortest script that anybody would write.

What is made ready beforehand costs it nothing: a template of the data folder, with the superuser's password set, and
the empty folders. It makes the two roles that are used, one database and its extensions, and checks nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from bench.checkout import Checkout
from bench.peer import Orders
from stackyard.model.system import Postgres
from stackyard.operate.session import Session
from stackyard.resources.postgres.catalog import owner_role
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.postgres.sql import identifier, literal
from stackyard.spec.load import load
from stackyard.targets.local.layout import user_cache
from stackyard.targets.native import postgres, service_programs
from stackyard.targets.native.effects import plain
from stackyard.targets.native.program import Program
from stackyard.targets.native.supervisor import spawn
from stackyard.targets.native.target import NativeTarget


class ByHand:
    """A cold start of the reference system, of which nothing runs. `warm` are the orders of its bare warm start."""

    def __init__(self, checkout: Checkout, known: list[Program], warm: Orders) -> None:
        target = Session(load(checkout.folder, "development", ()), "plan").target
        self._target = target
        self._template = checkout.folder.parent / "template"
        self._data = target.layout.data("db")
        self._make_template()
        by_id = {program.id: program for program in known}
        log = str(Path(warm[0]["log"]).with_name("by-hand.log"))
        copy = ("cp", "-a", "--reflink=auto", f"{self._template}/.", str(self._data))
        service = target.system.service("api")
        variables = plain(service_programs.environment(target.system, service, target.machine, migrating=True))
        # In the environment: what has passwords in it stands on no command line.
        work = {**os.environ, "BY_HAND": json.dumps(_work(target))}
        jobs = [
            _job("data", (), by_id["db"], copy, dict(os.environ), log),
            _job("schema", ("db",), None, (sys.executable, "-c", _SCHEMA), work, log),
            _job("migration", ("schema",), by_id["api-1"], service.migrate, variables, log),
        ]
        more = {"db": "data", "api-1": "migration"}
        later = [{**one, "after": [*one["after"], *([more[one["id"]]] if one["id"] in more else [])]} for one in warm]
        self.orders: Orders = [*jobs, *later]

    def clear(self) -> None:
        """Throw the data away, and lay out empty folders."""
        shutil.rmtree(self._data.parent)
        for name in ("db", "cache"):
            folder = self._target.layout.data(name)
            folder.mkdir(mode=0o700, parents=True)
            self._target.give(folder)

    def _make_template(self) -> None:
        target = self._target
        cache = user_cache() / "templates"
        workshop = postgres.Workshop(target.machine.tool("db"), target.machine.identity, target.runner, cache)
        resource = target.system.resource("db")
        assert isinstance(resource, Postgres)
        password = target.database(resource).password(SUPERUSER)
        postgres.create_data("db", workshop, self._template, postgres.Cluster(), password)


def _work(target: NativeTarget) -> dict[str, Any]:
    """Where to connect, and the statements: those outside the new database, then those inside."""
    resource = target.system.resource("db")
    assert isinstance(resource, Postgres)
    database = target.database(resource)
    name, owner = identifier(database.catalog.database), owner_role(target.system)
    roles = [
        f"CREATE ROLE {identifier(role)} LOGIN PASSWORD {literal(database.password(role))}"
        for role in database.catalog.logins
        if role != SUPERUSER
    ]
    others = ", ".join(identifier(role) for role in database.catalog.logins if role not in (SUPERUSER, owner))
    privileges = f"ALTER DEFAULT PRIVILEGES FOR ROLE {identifier(owner)} GRANT ALL ON"
    server = database.server
    return {
        "connect": {"host": str(server.sockets), "port": server.port, "user": SUPERUSER, "password": server.password},
        "database": database.catalog.database,
        "outside": [*roles, f"CREATE DATABASE {name} OWNER {identifier(owner)}"],
        "inside": [
            *(f"CREATE EXTENSION {identifier(one)}" for one in resource.extensions),
            f"{privileges} TABLES TO {others}",
            f"{privileges} SEQUENCES TO {others}",
        ],
    }


_SCHEMA = """
import json, os, psycopg
work = json.loads(os.environ["BY_HAND"])
for database, part in (("postgres", "outside"), (work["database"], "inside")):
    with psycopg.connect(dbname=database, autocommit=True, **work["connect"]) as connection:
        for statement in work[part]:
            connection.execute(statement)
"""


def _job(
    name: str, after: tuple[str, ...], user: Program | None, argv: tuple[str, ...], env: dict[str, str], log: str
) -> dict[str, Any]:
    """An order that is ready when it has ended well. `user` is the program as whose user it runs; None is ours."""
    words = list(argv) if user is None else spawn.command_line(user, argv, env)
    cwd = user.cwd if user is not None else "/"
    return {
        "id": name, "after": list(after), "argv": words, "env": env, "cwd": cwd, "log": log, "probe": "exit",
        "stop_signal": "SIGTERM",
    }  # fmt: skip
