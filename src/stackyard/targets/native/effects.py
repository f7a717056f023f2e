"""What each step of a plan does on this machine. Nothing is decided here: a step says what, the blueprint says how."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.model.system import Objects, Postgres, PythonSource, Redis
from stackyard.plan.element import Kind
from stackyard.plan.step import Step, Verb
from stackyard.resources.objects import bucket_folder
from stackyard.resources.postgres.catalog import owner_role
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.runner import Command
from stackyard.targets.local import certificate, migrating, secrets
from stackyard.targets.local.layout import user_cache
from stackyard.targets.local.postgres_init import Initialisation, run_init_scripts
from stackyard.targets.local.state import write_whole
from stackyard.targets.native import (
    access,
    environments,
    postgres,
    postgres_settings,
    processes,
    redis_settings,
    replicas,
    service_programs,
    sites,
    toolchain,
)
from stackyard.targets.native.blueprint import LOGS
from stackyard.targets.native.layout import KEEPER
from stackyard.targets.native.program import Piece, SecretPiece
from stackyard.targets.native.toolchain import Fetch

if TYPE_CHECKING:
    from stackyard.targets.native.target import NativeTarget


def perform(target: NativeTarget, step: Step) -> None:
    """Make the element of the step right. Raises StackyardError, with evidence, when that fails."""
    _EFFECTS[step.kind](target, step)


def _fetch(target: NativeTarget, step: Step) -> None:
    planned = target.machine.tools[step.part]
    assert isinstance(planned, Fetch)
    target.take_tool(step.part, toolchain.fetch(planned))


def _write(target: NativeTarget, step: Step) -> None:
    if step.part == "secrets":
        secrets.ensure(target.system, target.layout.secrets)
        return
    if step.element == LOGS:
        access.make_private(target.layout.log)
        return
    folder = target.layout.etc(step.part)
    for file in target.blueprint.files[step.part]:
        path = folder / file.path
        write_whole(path, file.content, file.mode)
        if step.part != KEEPER:
            target.give(path)
    if step.part == KEEPER:
        # What backups run as root is for root to say.
        _backup_folders(target)
        return
    target.give(folder)


def _backup_folders(target: NativeTarget) -> None:
    target.layout.backups.mkdir(mode=0o700, exist_ok=True)
    access.make_private(target.layout.backups)
    target.layout.scratch.mkdir(mode=0o711, exist_ok=True)


def _issue(target: NativeTarget, step: Step) -> None:
    certificate.issue(target.system, target.layout, step.part, target.give)


def _data(target: NativeTarget, step: Step) -> None:
    folder = target.layout.data(step.part)
    if folder.is_dir():
        folder.chmod(0o700)
        target.give(folder)
    if step.part in target.replicas:
        if step.verb is Verb.CREATE:
            replicas.copy(target, target.replicas[step.part])
        return
    resource = target.system.resource(step.part)
    if not isinstance(resource, Postgres):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.give(folder)
        if isinstance(resource, Objects):
            bucket = bucket_folder(folder, resource)
            bucket.mkdir(exist_ok=True)
            target.give(bucket)
        return
    if target.runs(resource.name):
        # Its password can only be set in a database that is stopped: that waits for the next start.
        return
    database = target.database(resource)
    cluster = postgres.cluster_of(target.system)
    tool = target.machine.tool(step.part)
    workshop = postgres.Workshop(tool, target.machine.identity, target.runner, user_cache() / "templates")
    password = database.password(SUPERUSER)
    if not postgres.create_data(step.part, workshop, folder, cluster, password, database.catalog.database):
        # Old data beside a new secret: the superuser's way in is made to fit; the other roles follow once it runs.
        postgres.set_superuser_password(step.part, workshop, folder, password)


def _install(target: NativeTarget, step: Step) -> None:
    service = target.system.service(step.part)
    assert isinstance(service.source, PythonSource)
    python = target.machine.sources[step.part].python
    assert python is not None
    folder = service_programs.virtual_environment(service, target.machine)
    log = target.layout.log / f"install-{step.part}.txt"
    environments.install_environment(step.part, service.source.path, folder, python.path, log, target.runner)
    if target.machine.identity.drop:
        environments.compile_source(service.source.path, folder / "bin" / "python", target.runner)


def _build(target: NativeTarget, step: Step) -> None:
    service = target.system.service(step.part)
    npm = target.machine.tool("npm").path if "npm" in target.machine.tools else None
    log = target.layout.log / f"build-{step.part}.txt"
    digest = target.machine.sources[step.part].source
    folder = target.layout.site(step.part)
    sites.build_site(service, folder, digest, log, npm, target.runner)
    target.record.note(f"built:{step.part}", sites.stamp(folder / "current"))


def _reconcile(target: NativeTarget, step: Step) -> None:
    resource = target.system.resource(step.part)
    assert isinstance(resource, Postgres)
    if target.database(resource).put_right():
        target.alter(step.element)


def _settle(target: NativeTarget, step: Step) -> None:
    if step.part in target.replicas:
        replicas.settle(target, target.replicas[step.part])
        return
    resource = target.system.resource(step.part)
    if isinstance(resource, Redis):
        redis_settings.put_right(target, resource, lambda: processes.start_anew(target, step.part))
        return
    assert isinstance(resource, Postgres)
    postgres_settings.put_right(target, resource, lambda: processes.start_anew(target, step.part))


def _process(target: NativeTarget, step: Step) -> None:
    replica = target.replicas.get(step.part)
    if replica is None:
        processes.perform(target, step)
        if step.verb is Verb.STOP:
            replicas.dismiss(target, step.part)
    else:
        postgres_settings.forget_overrides(target, replica.server)
        replicas.start(target, replica, lambda: processes.perform(target, step))


def _init(target: NativeTarget, step: Step) -> None:
    resource = target.system.resource(step.part)
    assert isinstance(resource, Postgres)
    database = target.database(resource)
    owner = owner_role(target.system)
    tool = target.machine.tool(step.part)
    psql = tool.folder / "psql"
    run_init_scripts(
        resource.init,
        Initialisation(
            server=database.server,
            database=database.catalog.database,
            owner=owner,
            password=database.password(owner),
            identity=target.machine.identity,
            runner=target.runner,
            log=target.layout.log / f"init-{step.part}.txt",
            psql=psql if psql.is_file() else _which("psql"),
            environment=tool.environment,
        ),
    )


def _migrate(target: NativeTarget, step: Step) -> None:
    service = target.system.service(step.part)
    assert isinstance(service.source, PythonSource)
    variables = service_programs.environment(target.system, service, target.machine, migrating=True)
    log = target.layout.log / f"migrate-{step.part}.txt"
    identity = target.machine.identity
    uid, gid = (identity.uid, identity.gid) if identity.drop else (None, None)
    result = target.runner.run(Command(service.migrate, service.source.path, plain(variables), uid, gid, log))
    if not result.is_done:
        raise migrating.failure(service, result.code, log, result.tail)


def plain(variables: Mapping[str, tuple[Piece, ...]]) -> dict[str, str]:
    """An environment with its secrets read, for a command that runs at once."""
    return {key: "".join(_text(piece) for piece in pieces) for key, pieces in variables.items()}


def _text(piece: Piece) -> str:
    if not isinstance(piece, SecretPiece):
        return piece
    from urllib.parse import quote

    path = Path(piece.path)
    value = secrets.read(path.parent, path.name)
    return quote(value, safe="") if piece.quoted else value


def _which(name: str) -> Path | None:
    found = shutil.which(name, path=os.environ.get("PATH", os.defpath))
    return None if found is None else Path(found)


_EFFECTS: Mapping[Kind, Callable[[NativeTarget, Step], None]] = {
    Kind.TOOL: _fetch,
    Kind.FILES: _write,
    Kind.DATA: _data,
    Kind.CERTIFICATE: _issue,
    Kind.ENVIRONMENT: _install,
    Kind.SITE: _build,
    Kind.CATALOG: _reconcile,
    Kind.SETTINGS: _settle,
    Kind.INIT: _init,
    Kind.MIGRATION: _migrate,
    Kind.PROCESS: _process,
}
