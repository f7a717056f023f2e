"""Replicas in containers: whether they run with their files and follow, and how they are brought to it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.errors import PartError
from stackyard.model.system import System
from stackyard.resources.postgres.config import CONFIG
from stackyard.resources.postgres.replication import Replica
from stackyard.targets.compose import commands, database, processes
from stackyard.targets.compose.names import ETC
from stackyard.targets.compose.parts.postgres import volume
from stackyard.targets.compose.parts.replica import ANEW
from stackyard.targets.local import postgres_settings, replication
from stackyard.targets.local.postgres_catalog import Server

if TYPE_CHECKING:
    from stackyard.targets.compose.target import ComposeTarget

_LIMIT = 60.0
"""Seconds for a replica that was started to follow; a copy is waited for as long as its container is starting."""


@contextlib.contextmanager
def both(system: System, replica: Replica, store: Path, ids: Sequence[str]) -> Iterator[tuple[Server, Server]]:
    """The servers of a primary and of its replica, in the containers `ids`. Raises PartError."""
    with (
        database.reached(system, replica.primary, store, ids[0]) as above,
        database.reached(system, replica.primary, store, ids[1]) as below,
    ):
        yield above.server, below.server


def fault(system: System, replica: Replica, store: Path, ids: Sequence[str], config: str) -> str:
    """What is wrong with a running replica, "" for nothing. `config` is what it should run with. Raises PartError."""
    with both(system, replica, store, ids) as (primary, follower):
        with replication.asking(follower) as connection:
            found = postgres_settings.differences(connection, config, f"{ETC}/{CONFIG}")
        told = "; ".join(one.sentence for one in found)
        return told or replication.why_not_following(primary, follower, replica)


def put_right(target: ComposeTarget, replica: Replica) -> None:
    """Have a replica run with its files and follow, by a new copy where nothing else helps. Raises PartError."""
    ids = (target.container(replica.primary.name), target.container(replica.name))
    with both(target.system, replica, target.layout.secrets, ids) as (_, below), replication.asking(below) as follower:
        follower.execute("ALTER SYSTEM RESET ALL")
        follower.execute("SELECT pg_reload_conf()")
        replication.drop_own_slots(follower)
    if not fault(target.system, replica, target.layout.secrets, ids, _config(target, replica)):
        return
    processes.start_anew(target, replica.name)
    see_following(target, replica)


def start(target: ComposeTarget, replica: Replica, perform: Callable[[], None]) -> None:
    """Start a replica and see that it follows; one whose data has no way to its primary is copied first.

    Raises PartError.
    """
    try:
        perform()
    except PartError as error:
        if not replication.is_unstartable(error):
            raise
        _copy_anew(target, replica)
    see_following(target, replica)


def see_following(target: ComposeTarget, replica: Replica) -> None:
    """See that a replica which was started follows; one that cannot is copied anew. Raises PartError."""
    if _why_not_following(target, replica):
        _copy_anew(target, replica)
        if reason := _why_not_following(target, replica):
            hint = f"`stackyard logs {replica.name}` shows what it said."
            raise PartError(replica.name, f"{replica.name}: {reason}", hint=hint)


def _config(target: ComposeTarget, replica: Replica) -> str:
    path = Path("config", replica.name, str(CONFIG))
    return next(file.content for file in target.blueprint.files if Path(file.path) == path)


def _why_not_following(target: ComposeTarget, replica: Replica) -> str:
    ids = (target.container(replica.primary.name), target.container(replica.name))
    with both(target.system, replica, target.layout.secrets, ids) as (primary, follower):
        return replication.why_not_following(primary, follower, replica, _LIMIT / 4)


def _copy_anew(target: ComposeTarget, replica: Replica) -> None:
    """The next start of the container copies the primary again; what it has stays beside until that is done."""
    with target.database(replica.primary) as found, replication.asking(found.server) as connection:
        replication.renew_slot(connection, replica.slot)
    distrust(target, replica)
    processes.start_anew(target, replica.name)


def distrust(target: ComposeTarget, replica: Replica) -> None:
    """Have the next start of a replica copy its primary, whatever is in its volume by now. Raises StackyardError."""
    rendered, place = target.blueprint.rendered, volume(replica.primary)
    name = next(one.name for one in rendered.volumes if one.part == replica.name)
    image = rendered.containers[replica.name].image
    argv = commands.apart(image, ("touch", f"{place}/{ANEW}"), {name: place}, user=database.USER)
    target.do(argv, replica.name, what=f"{replica.name} cannot be copied anew")
