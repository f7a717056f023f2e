"""Having a running container take in what was written anew, without a stop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.errors import PartError
from stackyard.model.system import Postgres, Redis
from stackyard.resources import nginx
from stackyard.resources.postgres.config import CONFIG as POSTGRES_CONFIG
from stackyard.resources.postgres.running import Deviation
from stackyard.resources.redis import CONFIG as REDIS_CONFIG
from stackyard.runner import Command
from stackyard.targets.compose import cache, commands, database, inspect
from stackyard.targets.compose.names import ETC, SECRETS
from stackyard.targets.compose.rendering import Container as Wanted
from stackyard.targets.compose.snapshot import Container
from stackyard.targets.local import postgres_settings, redis_settings
from stackyard.targets.names import EDGE

if TYPE_CHECKING:
    from stackyard.targets.compose.target import ComposeTarget

_LIMIT = 10.0
"""Seconds for a container to say what is in its files."""


def reload(target: ComposeTarget, wanted: Wanted, containers: Sequence[Container]) -> None:
    """Have the containers of a service take in their files, and record that they have. Raises PartError."""
    resource = target.system.resources_by_name.get(wanted.part)
    if not _sees_its_files(target, wanted, containers):
        # A file that was put in the place of another is one that a container sees only after a start.
        target.start_anew(wanted.name)
    elif wanted.name == EDGE:
        _edge(target, containers)
    elif isinstance(resource, Postgres | Redis):
        settle(target, wanted.part)
        if isinstance(resource, Postgres):
            # Its rules are no settings, and nobody can see whether it has read them.
            target.do(commands.signal(target.container(wanted.part), "HUP"), wanted.part)
    taken = {"containers": inspect.identities(tuple(containers)), **wanted.facets}
    target.record.note(inspect.taken_in(wanted.name), taken)


def _sees_its_files(target: ComposeTarget, wanted: Wanted, containers: Sequence[Container]) -> bool:
    paths = _mounted(target, wanted)
    text = "".join(path.read_text() for path in paths.values())
    for one in containers:
        argv = commands.execute(one.id, ("cat", *paths))
        answer = target.asker.ask(Command(argv, Path("/"), commands.environment(), timeout=_LIMIT))
        if answer.is_good and answer.output != text:
            return False
    return True


def _mounted(target: ComposeTarget, wanted: Wanted) -> dict[str, Path]:
    """The rendered files and the secrets of a service: where it sees them, and where they stand here."""
    document, folder = target.blueprint.rendered.document, target.layout.rendered
    body = document["services"][wanted.name]
    made = {mount["target"]: folder / document["configs"][mount["source"]]["file"] for mount in body.get("configs", ())}
    for mount in body.get("secrets", ()):
        place = mount["target"] if mount["target"].startswith("/") else f"{SECRETS}/{mount['target']}"
        made[place] = folder / document["secrets"][mount["source"]]["file"]
    return {place: path for place, path in made.items() if path.is_file()}


def settle(target: ComposeTarget, part: str) -> None:
    """Have a server run with its files and nothing else: without a stop where that is enough. Raises PartError."""
    resource = target.system.resource(part)
    container = target.container(part)
    if not container:
        raise PartError(part, f"{part} does not run", hint="`stackyard up` starts it.")
    if isinstance(resource, Redis):
        with cache.reached(resource, target.layout.secrets, container) as connection:
            config = target.rendered_file("config", part, str(REDIS_CONFIG))
            redis_settings.put_right(connection, resource, config, lambda: target.start_anew(part))
    else:
        assert isinstance(resource, Postgres)
        _postgres(target, resource, container)


def _edge(target: ComposeTarget, containers: Sequence[Container]) -> None:
    """Tested before it is told: an nginx keeps its old files, and says nothing, when the new ones are wrong."""
    test = (*nginx.command("nginx", ETC, "/tmp"), "-t")
    for one in containers:
        target.do(commands.execute(one.id, test), EDGE, what="the edge refuses its new files")
        target.do(commands.signal(one.id, "HUP"), EDGE)


def _postgres(target: ComposeTarget, resource: Postgres, container: str) -> None:
    if _deviations(target, resource, container, forget=True):
        target.do(commands.signal(container, "HUP"), resource.name)
    postgres_settings.await_taken_in(
        resource.name,
        lambda: _deviations(target, resource, container),
        lambda: target.start_anew(resource.name),
        # Each look is a process of the engine.
        pause=0.1,
    )


def _deviations(
    target: ComposeTarget, resource: Postgres, container: str, *, forget: bool = False
) -> tuple[Deviation, ...]:
    """How it runs otherwise than its files say. With `forget`, what ALTER SYSTEM has set is taken back first."""
    config = target.rendered_file("config", resource.name, str(POSTGRES_CONFIG))
    with (
        database.reached(target.system, resource, target.layout.secrets, container) as found,
        found.server.connect() as connection,
    ):
        if forget:
            connection.execute("ALTER SYSTEM RESET ALL")
        return postgres_settings.differences(connection, config, f"{ETC}/{POSTGRES_CONFIG}")
