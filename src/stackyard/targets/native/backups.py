"""Backups on this machine: the system as a `Job`, and the program that keeps them up to date."""

from __future__ import annotations

import os
import sys
from pathlib import PurePosixPath

from stackyard import __version__
from stackyard.backup.job import FilesPart, Job, PostgresPart, RedisPart, Repository, to_text
from stackyard.model.files import File
from stackyard.model.system import Backups, Objects, Postgres, Redis, System
from stackyard.resources import redis
from stackyard.resources.objects import bucket_folder
from stackyard.resources.postgres.catalog import BACKUP_ROLE, database_name, owner_role
from stackyard.resources.postgres.config import CONFIG, SUPERUSER
from stackyard.resources.secrets import IDENTITY, needs_identity, password_secret
from stackyard.targets.local.backups import absolute, policy, repository
from stackyard.targets.names import LOOPBACK, NATIVE
from stackyard.targets.native import copies
from stackyard.targets.native.backup_tools import AGE_KEY, RESTIC_KEY, client_key
from stackyard.targets.native.layout import KEEPER, Layout
from stackyard.targets.native.machine import Machine
from stackyard.targets.native.program import Program, ProgramProbe
from stackyard.targets.native.toolchain import Fetch, Tool

JOB = PurePosixPath("job.json")


def tools(system: System) -> tuple[str, ...]:
    """The keys of the tools that backups of the system take."""
    servers = [part for part in system.resources if isinstance(part, Postgres | Redis)]
    return (RESTIC_KEY, AGE_KEY, *(client_key(part) for part in servers), *(part.name for part in servers))


def is_ready(system: System, machine: Machine) -> bool:
    """False while a tool is still to be fetched, or a secret still to be made."""
    if needs_identity(system) and not machine.recipient:
        return False
    return not any(isinstance(machine.tools[key], Fetch) for key in tools(system))


def files(system: System, machine: Machine) -> tuple[File, ...]:
    """The job, as the keeper reads it. It holds no secret, but names programs: its user alone may write it."""
    return (File(JOB, to_text(job(system, machine)) + "\n", 0o600),)


def job(system: System, machine: Machine) -> Job:
    """Everything that backups of the system need to know. Its tools must be on the machine."""
    wanted = system.backups
    assert wanted is not None
    layout = machine.layout
    own = str(layout.backups / "repository")
    return Job(
        system=system.name,
        environment=system.environment,
        folder=str(layout.backups),
        scratch=str(layout.scratch),
        repository=repository(wanted.to, absolute(wanted.to, system.root) if wanted.to else own, str(layout.secrets)),
        offsite=_offsite(system, wanted, layout),
        restic=str(machine.tool(RESTIC_KEY).path),
        age=str(machine.tool(AGE_KEY).path),
        secrets=str(layout.secrets) if wanted.encrypt else "",
        recipients=wanted.recipients or ((machine.recipient,) if machine.recipient else ()),
        identity=str(layout.secrets / IDENTITY) if needs_identity(system) else "",
        policy=policy(wanted),
        postgres=tuple(
            _database(system, wanted, one, machine) for one in system.resources if isinstance(one, Postgres)
        ),
        redis=tuple(_cache(one, machine) for one in system.resources if isinstance(one, Redis)),
        files=tuple(_store(system, one, machine) for one in system.resources if isinstance(one, Objects)),
        config={"stack-file": str(system.file), "etc": str(layout.etc("any").parent)},
        facts={"target": NATIVE, "stackyard": __version__},
        services=copies.services(system, machine),
        without_services="the system has no service that answers requests",
    )


def keeper(system: System, machine: Machine) -> Program:
    """The program that makes backups when they are due. It reads secrets, so it runs as who started the system."""
    return Program(
        id=KEEPER,
        part=KEEPER,
        argv=(sys.executable, "-m", "stackyard.backup", str(machine.layout.etc(KEEPER) / str(JOB)), "keep"),
        cwd=str(machine.layout.folder),
        env={key: (value,) for key, value in os.environ.items() if key in _KEEPS},
        nice=10,
        # It needs far longer than any pause until it could fail, and `up` has nothing else left to wait for.
        probe=ProgramProbe(starting_interval=0.01),
        stop_grace=20.0,
        log_size=system.logs.size,
    )


_KEEPS = frozenset({"PATH", "HOME", "LANG", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSH_AUTH_SOCK"})


def _offsite(system: System, wanted: Backups, layout: Layout) -> Repository | None:
    if not wanted.offsite:
        return None
    return repository(wanted.offsite, absolute(wanted.offsite, system.root), str(layout.secrets), "offsite-")


def _database(system: System, wanted: Backups, part: Postgres, machine: Machine) -> PostgresPart:
    layout = machine.layout
    server, clients = machine.tool(part.name), machine.tool(client_key(part))
    return PostgresPart(
        name=part.name,
        host=str(layout.sockets),
        port=machine.ports[part.name],
        database=database_name(system),
        user=BACKUP_ROLE,
        password_file=str(layout.secrets / password_secret(part, BACKUP_ROLE)),
        programs=str(clients.folder),
        server=str(server.folder),
        data=str(layout.data(part.name)),
        config=str(layout.etc(part.name) / str(CONFIG)),
        superuser=SUPERUSER,
        wal=wanted.wal,
        account=copies.account(machine),
        environment=dict(server.environment),
        programs_environment=dict(clients.environment),
        owner=owner_role(system),
        owner_password_file=str(layout.secrets / password_secret(part, owner_role(system))),
        upkeep_every=part.upkeep.every,
        upkeep_at=part.upkeep.at,
        roles=copies.roles(system, part, machine),
        certificate=str(layout.certificate(part.name)) if part.tls else "",
        key=str(layout.key(part.name)) if part.tls else "",
    )


def _cache(part: Redis, machine: Machine) -> RedisPart:
    layout = machine.layout
    server, client = machine.tool(part.name), machine.tool(client_key(part))
    return RedisPart(
        name=part.name,
        host=LOOPBACK,
        port=machine.ports[part.name],
        user=redis.ADMIN_USER,
        password_file=str(layout.secrets / password_secret(part, redis.ADMIN_USER)),
        cli=str(client.path),
        server=str(server.path),
        data=str(layout.data(part.name)),
        tls_ca=str(layout.certificate(part.name)) if part.tls else "",
        persistence=tuple(sorted(part.persistence, reverse=True)),
        account=copies.account(machine),
        environment=_libraries(server, client),
        config=str(layout.etc(part.name) / str(redis.CONFIG)),
        acl=str(layout.etc(part.name) / str(redis.ACL)),
    )


def _store(system: System, part: Objects, machine: Machine) -> FilesPart:
    return FilesPart(
        part.name,
        str(bucket_folder(machine.layout.data(part.name), part)),
        copies.account(machine),
        copies.store(system, part, machine),
    )


def _libraries(*used: Tool) -> dict[str, str]:
    """The environment of several tools at once: each finds its libraries, in folders that hold the same ones."""
    names = {name for tool in used for name in tool.environment}
    values = {
        name: dict.fromkeys(tool.environment[name] for tool in used if name in tool.environment) for name in names
    }
    return {name: ":".join(found) for name, found in values.items()}
