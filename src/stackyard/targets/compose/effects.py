"""What each step of a plan does. Nothing is decided here: a step says what, the blueprint says how."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.model.system import Postgres
from stackyard.plan.element import Kind
from stackyard.plan.step import Step, Verb
from stackyard.resources.postgres.catalog import owner_role
from stackyard.resources.postgres.replication import replicas as replicas_in
from stackyard.runner import Command
from stackyard.targets.compose import assembling, commands, complaints, database, disk, processes, reloading, replicas
from stackyard.targets.compose.blueprint import SECRETS
from stackyard.targets.compose.building import build_secrets
from stackyard.targets.compose.rendering import LABEL_ENVIRONMENT, LABEL_PART, LABEL_SOURCE, LABEL_SYSTEM
from stackyard.targets.local import certificate, migrating, secrets
from stackyard.targets.local.identity import Identity
from stackyard.targets.local.postgres_init import Initialisation, run_init_scripts

if TYPE_CHECKING:
    from stackyard.targets.compose.target import ComposeTarget

_BUILD_LIMIT = 3600.0
_MIGRATION_LIMIT = 3600.0


def perform(target: ComposeTarget, step: Step) -> None:
    """Make the element of the step right. Raises StackyardError, with evidence, when that fails."""
    _EFFECTS[step.kind](target, step)


def _write(target: ComposeTarget, step: Step) -> None:
    if step.element == SECRETS:
        secrets.ensure(target.system, target.layout.secrets)
        assembling.ensure_key(target.layout)
        return
    write_project(target)


def write_project(target: ComposeTarget) -> None:
    """Have the rendered files on the disk, and the secrets that their containers read. Raises StateError."""
    read = assembling.reader(target.system, target.layout)
    contents = assembling.contents(target.blueprint.secret_files, read)
    disk.write(target.layout.rendered, target.blueprint.files, contents)


def _issue(target: ComposeTarget, step: Step) -> None:
    certificate.issue(target.system, target.layout, step.part, certificate.take)


def _pull(target: ComposeTarget, step: Step) -> None:
    log = target.layout.log / f"pull-{re.sub(r'[^A-Za-z0-9.-]+', '-', step.part)}.txt"
    result = target.runner.run(
        Command(commands.pull(step.part), target.layout.folder, commands.environment(), log=log, timeout=_BUILD_LIMIT)
    )
    if not result.is_done:
        raise complaints.pull(step.part, result.tail)


def _build(target: ComposeTarget, step: Step) -> None:
    build_image(target, step.part, target.project.folder)


def build_image(target: ComposeTarget, service: str, folder: Path) -> None:
    """Build the image of a service from the rendered project in that folder. Raises StackyardError."""
    log = target.layout.log / f"build-{service}.txt"
    rendered = target.blueprint.rendered
    labels = dict(rendered.document["services"][service]["build"].get("labels", {}))
    # Its containers inherit it: so it can be seen of each whether its migration was run.
    labels[LABEL_SOURCE] = target.machine.sources.get(service, "")
    # Another environment has releases of its own.
    labels[LABEL_ENVIRONMENT] = target.system.environment
    result = target.runner.run(
        Command(
            commands.build(rendered.builds[service], folder, labels, build_secrets()),
            folder,
            commands.environment(),
            log=log,
            timeout=_BUILD_LIMIT,
        )
    )
    if not result.is_done:
        said = log.read_text(errors="replace").splitlines() if log.is_file() else result.tail
        raise complaints.build(service, said[-80:], str(log))


def _data(target: ComposeTarget, step: Step) -> None:
    """A volume of our own making: Compose then never offers to make one anew because its description has changed."""
    name = target.blueprint.element(step.element).facets["volume"]
    volume = next(one for one in target.blueprint.rendered.volumes if one.name == name)
    labels = {
        LABEL_SYSTEM: target.system.name,
        LABEL_ENVIRONMENT: target.system.environment,
        LABEL_PART: step.part,
        commands.PROJECT: target.project.name,
        commands.VOLUME: volume.key,
    }
    # Whoever is killed in between must not leave a new volume beside the record of what was done to an older one.
    target.record.forget(step.element)
    target.do(commands.create_volume(volume.name, labels), step.part)
    replica = replicas_in(target.system).get(step.part)
    if replica is not None and volume.name in target.snapshot.volumes:
        replicas.distrust(target, replica)
    with suppress(KeyError):
        job = target.blueprint.preparation(step.element)
        target.do(commands.run(target.project, job.name), step.part, what=f"the data of {step.part} cannot be prepared")


def _reconcile(target: ComposeTarget, step: Step) -> None:
    with target.database(_postgres(target, step)) as found:
        found.put_right()


def _settle(target: ComposeTarget, step: Step) -> None:
    followers = replicas_in(target.system)
    if step.part in followers:
        replicas.put_right(target, followers[step.part])
        return
    reloading.settle(target, step.part)


def _process(target: ComposeTarget, step: Step) -> None:
    replica = replicas_in(target.system).get(step.part)
    if replica is None or step.verb is Verb.STOP:
        processes.perform(target, step)
    else:
        replicas.start(target, replica, lambda: processes.perform(target, step))


def _init(target: ComposeTarget, step: Step) -> None:
    resource = _postgres(target, step)
    owner = owner_role(target.system)
    with target.database(resource) as found:
        run_init_scripts(
            resource.init,
            Initialisation(
                server=found.server,
                database=found.catalog.database,
                owner=owner,
                password=found.password(owner),
                # Whoever may talk to the engine is as good as root; there is nobody to become instead.
                identity=Identity(os.geteuid(), os.getegid(), pwd.getpwuid(os.geteuid()).pw_name, drop=False),
                runner=target.runner,
                log=target.layout.log / f"init-{step.part}.txt",
                psql=database.write_psql(found.sockets, target.container(step.part)),
                environment=commands.environment(),
            ),
        )


def _migrate(target: ComposeTarget, step: Step) -> None:
    service = target.system.service(step.part)
    job = target.blueprint.migration(step.part)
    # What is made at the same moment may make the same network.
    target.ahead.wait()
    made = [one for ids in target.ahead.take([job.name]).values() for one in ids]
    end_leftovers(target, job.name, without=made)
    name = f"{target.project.name}-{job.name}-run"
    argv = commands.run(target.project, job.name, name=name)
    log = target.layout.log / f"migrate-{step.part}.txt"
    result = target.runner.run(
        Command(
            commands.start_container(made[0], attached=True) if made else argv,
            target.project.folder,
            commands.environment(),
            log=log,
            timeout=_MIGRATION_LIMIT,
        )
    )
    if made:
        target.do(commands.remove_containers(made), job.name, is_vital=False)
    if not result.is_done:
        raise migrating.failure(service, result.code, log, complaints.telling(result.tail))


def end_leftovers(target: ComposeTarget, job: str, *, without: Collection[str] = ()) -> None:
    """Wait for a job that an interrupted `up` has left behind: two must not change one schema at once.

    `without` are containers that were made for this one.
    """
    for one in target.eye.containers(target.project.name):
        if one.service == job and one.is_one_off and one.id not in without:
            if one.is_running:
                target.do(commands.wait(one.id), job)
            target.do(commands.remove_containers([one.id]), job, is_vital=False)


def _postgres(target: ComposeTarget, step: Step) -> Postgres:
    resource = target.system.resource(step.part)
    assert isinstance(resource, Postgres)
    return resource


_EFFECTS: Mapping[Kind, Callable[[ComposeTarget, Step], None]] = {
    Kind.TOOL: _pull,
    Kind.FILES: _write,
    Kind.DATA: _data,
    Kind.CERTIFICATE: _issue,
    Kind.SITE: _build,
    Kind.CATALOG: _reconcile,
    Kind.SETTINGS: _settle,
    Kind.INIT: _init,
    Kind.MIGRATION: _migrate,
    Kind.PROCESS: _process,
}
