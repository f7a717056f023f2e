"""Starting, restarting, reloading and stopping the containers of a plan, and saying why one is not ready."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.errors import PartError, StackyardError
from stackyard.model.system import Redis
from stackyard.plan.step import Step, Verb
from stackyard.runner import Asker, Command
from stackyard.targets.compose import cache, commands, complaints, drift, reloading, verdicts
from stackyard.targets.compose.ahead import at_once
from stackyard.targets.compose.rendering import LABEL_MARK
from stackyard.targets.compose.rendering import Container as Wanted
from stackyard.targets.compose.snapshot import Container
from stackyard.targets.compose.verdicts import now
from stackyard.targets.local import redis_settings

if TYPE_CHECKING:
    from stackyard.targets.compose.target import ComposeTarget

_LINES = 12
_USUAL = 120.0
_STARTED = 120.0
_MORE = 30.0
"""Seconds beyond the start limit of a health check: the engine itself says when it gives up."""


def perform(target: ComposeTarget, step: Step) -> None:
    """Start, restart, reload or stop the containers of a step. Raises PartError with their last log lines."""
    name = step.element.partition(":")[2]
    if step.verb is Verb.STOP:
        remove(target, target.eye.containers(target.project.name), name)
        return
    wanted = target.blueprint.container(step.element)
    containers = _there(target, name)
    if step.verb is Verb.RELOAD:
        if len(containers) != wanted.replicas:
            target.together.submit(name)
            await_ready(target, [wanted])
        reloading.reload(target, wanted, _own(target.eye.containers(target.project.name), name))
        return
    if step.verb is Verb.START:
        target.started.append(name)
    _save_data(target, step, containers)
    _clear(target, step, wanted, containers)
    _free_ports(target, name)
    target.together.submit(name)
    await_ready(target, [wanted])


def start(target: ComposeTarget, names: tuple[str, ...]) -> None:
    """Have Compose create or bring in line these services, and start them. Raises StackyardError."""
    target.renew_networks()
    made = target.ahead.take(names)
    _create_and_start(target, tuple(name for name in names if name not in made))
    at_once(lambda one: _start_created(target, names, one), (one for ids in made.values() for one in ids))
    target.ahead.begin()


def create(target: ComposeTarget, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Have Compose create the containers of services that have none; the ids of each. Raises StackyardError."""
    target.do(commands.create(target.project, names), names[0])
    found = target.eye.containers(target.project.name)
    return {name: ids for name in names if (ids := tuple(one.id for one in found if one.service == name))}


def _create_and_start(target: ComposeTarget, names: tuple[str, ...]) -> None:
    if not names:
        return
    log = target.layout.log / "up.txt"
    result = target.runner.run(
        Command(commands.up(target.project, names), target.project.folder, commands.environment(), log=log)
    )
    if not result.is_done:
        raise _unstartable(target, names, result.tail)


def _start_created(target: ComposeTarget, names: tuple[str, ...], container: str) -> None:
    answer = target.runner.ask(
        Command(commands.start_container(container), target.layout.folder, commands.environment(), timeout=_STARTED)
    )
    if not answer.is_good:
        raise _unstartable(target, names, answer.errors.splitlines())


def _unstartable(target: ComposeTarget, names: tuple[str, ...], said: Iterable[str]) -> StackyardError:
    what = f"{', '.join(names)} cannot be started"
    return complaints.general(what, said, part=names[0], owner=target.port_owner)


def start_anew(target: ComposeTarget, name: str) -> None:
    """Stop and start the containers of a service as they are. Raises PartError with their last log lines."""
    ids = [one.id for one in _own(target.eye.containers(target.project.name), name)]
    target.do(commands.restart(target.project, [name]) if ids else commands.up(target.project, [name]), name)
    await_ready(target, [target.blueprint.rendered.containers[name]])


def remove(target: ComposeTarget, containers: Sequence[Container], service: str) -> None:
    """Stop and remove the containers of a service that the project no longer knows."""
    ids = [one.id for one in _own(containers, service)]
    if ids:
        target.do(commands.stop_containers(ids), service)
        target.do(commands.remove_containers(ids), service)


def await_ready(target: ComposeTarget, services: Iterable[Wanted]) -> None:
    """Wait until all containers of the services are ready. Raises PartError saying which is not, and why."""
    wanted = tuple(services)
    deadline = time.monotonic() + max((patience(target, one) for one in wanted), default=0.0)
    before: dict[str, int] = {}

    def is_settled(containers: Sequence[Container]) -> bool:
        mine = {one.name: _own(containers, one.name) for one in wanted}
        every = [found for each in mine.values() for found in each]
        failed = any(verdicts.has_failed(found, now(), before.setdefault(found.id, found.restarts)) for found in every)
        return failed or all(verdicts.are_ready(mine[one.name], one, now()) for one in wanted)

    containers = target.watch.until(is_settled, deadline)
    for one in wanted:
        own = _own(containers, one.name)
        if not verdicts.are_ready(own, one, now()):
            raise failure(target.asker, one, own, patience(target, one))


def failure(asker: Asker, wanted: Wanted, containers: Sequence[Container], seconds: float) -> PartError:
    """Why a service is not as it should be, with the last words of the container that is to blame."""
    bad = next((one for one in containers if verdicts.trouble(one, now())), None)
    bad = bad or next((one for one in containers if not verdicts.is_ready(one, wanted, now())), None)
    hint = f"`stackyard logs {wanted.part}` shows everything that it said."
    if bad is None:
        what = f"{len(containers)} of {wanted.replicas} containers of {wanted.name} are there"
        return PartError(wanted.part, what, hint=hint)
    why = verdicts.trouble(bad, now()) or f"did not become ready within {seconds:.0f} s"
    return PartError(
        wanted.part, f"{verdicts.name_of(bad, wanted)} {why}", hint=hint, details=last_words(asker, bad.id)
    )


def last_words(asker: Asker, container: str, lines: int = _LINES) -> tuple[str, ...]:
    """The last lines that a container wrote, on both of its outputs, in their order."""
    answer = asker.ask(Command(commands.logs(container, lines), Path("/"), commands.environment(), timeout=10.0))
    rows = sorted((answer.output + answer.errors).splitlines())
    return tuple(row.partition(" ")[2] for row in rows)[-lines:]


def patience(target: ComposeTarget, wanted: Wanted) -> float:
    """Seconds to wait for a service."""
    service = target.system.services_by_name.get(wanted.part)
    probe = service.health if service is not None else None
    return (probe.start_timeout + probe.retries * probe.interval if probe else _USUAL) + _MORE


def _own(containers: Sequence[Container], service: str) -> tuple[Container, ...]:
    return tuple(one for one in containers if one.service == service and not one.is_one_off)


def _there(target: ComposeTarget, service: str) -> tuple[Container, ...]:
    """The containers of a service. Of which there were none, there are none yet: nobody else makes any."""
    if not target.snapshot.of(service):
        return ()
    return _own(target.eye.containers(target.project.name), service)


def _clear(target: ComposeTarget, step: Step, wanted: Wanted, containers: Sequence[Container]) -> None:
    """Remove what Compose would leave as it is, for it was made from the same files: what is ill, or stands still.

    And what is to be restarted, but was made just as it is to be: somebody has edited its files since.
    """
    rendered, folder = target.blueprint.rendered, target.layout.rendered
    ill = [
        one.id
        for one in containers
        if one.health == "unhealthy"
        or one.status in ("paused", "dead", "restarting")
        or (step.verb is Verb.RESTART and _is_made_so(one, wanted))
        or drift.has_drifted(one, rendered, folder, target.snapshot.images)
    ]
    if ill:
        target.do(commands.stop_containers(ill), "", is_vital=False)
        target.do(commands.remove_containers(ill), "")


def _is_made_so(container: Container, wanted: Wanted) -> bool:
    return all(container.labels.get(f"{LABEL_MARK}{name}", "") == mark for name, mark in wanted.facets.items())


def _free_ports(target: ComposeTarget, service: str) -> None:
    """Stop whoever of this system still publishes a port that now belongs to this service: its own step follows."""
    wanted = target.blueprint.published(service)
    if not any(one.service != service and wanted & set(one.ports) for one in target.snapshot.containers):
        return
    found = target.eye.containers(target.project.name)
    ids = [one.id for one in found if one.service != service and one.is_running and wanted & set(one.ports)]
    if ids:
        target.do(commands.stop_containers(ids), service)
        target.do(commands.remove_containers(ids), service)


def _save_data(target: ComposeTarget, step: Step, containers: Sequence[Container]) -> None:
    """Before a cache is made anew: what is only in its memory, because somebody switched its log off, goes to disk."""
    resource = target.system.resources_by_name.get(step.part)
    running = [one for one in containers if one.is_ready]
    if isinstance(resource, Redis) and running and step.verb is Verb.RESTART:
        with cache.reached(resource, target.layout.secrets, running[0].id) as connection:
            redis_settings.complete_log(connection, resource)
