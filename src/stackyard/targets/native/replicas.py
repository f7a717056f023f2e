"""Replicas on this machine: copied from their primary, watched while they follow it, copied anew when they cannot."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.errors import PartError, StateError
from stackyard.model.system import Postgres
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.postgres.replication import (
    MARK,
    REPLICA_ROLE,
    STANDBY_SIGNAL,
    Replica,
    is_slot_of,
    slot_of,
)
from stackyard.resources.secrets import password_secret
from stackyard.runner import Command
from stackyard.targets.local import replication, secrets
from stackyard.targets.local.postgres_catalog import Server
from stackyard.targets.native import postgres_settings, processes
from stackyard.targets.native.backup_tools import client_key
from stackyard.targets.native.layout import Layout

if TYPE_CHECKING:
    from stackyard.targets.native.target import NativeTarget

_LIMIT = 15.0
"""Seconds that a replica which was just started is given for that."""
_LONGEST = 86_400.0
"""Seconds that a copy may take."""


def server(layout: Layout, replica: Replica, port: int) -> Server:
    """Where the superuser reaches a replica; its password is that of the primary. Raises StateError."""
    password = secrets.read(layout.secrets, password_secret(replica.primary, SUPERUSER))
    return Server(replica.name, layout.sockets, port, password)


def guard(layout: Layout, replica: Replica) -> None:
    """Raise StateError when the data of a replica was a server of its own: it may hold what nobody else has."""
    folder, primary = layout.data(replica.name), replica.primary.name
    if not (folder / STANDBY_SIGNAL).exists():
        raise StateError(
            f"{folder} is no replica of {primary}: it was a server of its own, and may hold what {primary} has not",
            hint="Look into it, then move it away; `stackyard up` copies the replica anew. Nothing was changed.",
        )


def guard_last_copy(layout: Layout, replicas: tuple[Replica, ...]) -> None:
    """Raise StateError when a primary without data would be made anew although a replica still has a copy of it."""
    for replica in replicas:
        if (layout.data(replica.name) / "PG_VERSION").exists():
            raise StateError(
                f"the data of {replica.primary.name} is gone, and {replica.name} has a copy of it",
                hint=f"`stackyard switchover {replica.primary.name} --force` makes {replica.name} the primary. "
                f"To begin anew without it, move {layout.data(replica.name)} away.",
            )


def why_strange(layout: Layout, replica: Replica) -> str:
    """Why the data of a replica is none of its primary's, as after a restore of that, or ""."""
    is_of_it = mark_in(layout.data(replica.name)) == mark_in(layout.data(replica.primary.name))
    return "" if is_of_it else f"it is a copy of another {replica.primary.name} than the one that is here"


def mark_in(folder: Path) -> str:
    """The mark in a data folder, "" for none."""
    try:
        return (folder / MARK).read_text().strip()
    except OSError:
        return ""


def copy(target: NativeTarget, replica: Replica) -> None:
    """Copy the primary for a replica, beside what there is, and put it in its place. Raises PartError, StateError.

    What a replica has that merely fell behind goes, and what a primary has of which the data is kept, as after a
    restore; what has another reason to be replaced is set aside.
    """
    target.copied_anew.add(replica.name)
    folder = target.layout.data(replica.name)
    if folder.is_dir():
        guard(target.layout, replica)
    primary = target.database(replica.primary).server
    runs = target.runs(replica.name)
    is_needless = _is_kept_above(folder, replica) or (folder.is_dir() and runs and _is_prefix(target, primary, replica))
    if runs:
        assert target.client is not None
        target.client.stop([[replica.name]])
    beside = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        _prepare(primary, replica)
        _base_backup(target, replica, beside)
        _replace(folder, beside, is_needless=is_needless)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    postgres_settings.forget_overrides(target, replica.server)
    if runs:
        processes.start_again(target, replica.name)
        see_following(target, replica)


def _is_prefix(target: NativeTarget, primary: Server, replica: Replica) -> bool:
    """Whether all that a running replica has is in its primary, too."""
    follower = server(target.layout, replica, target.machine.ports[replica.name])
    with replication.asking(primary) as above, replication.asking(follower) as below:
        is_behind = replication.why_stuck(above, replication.position(below)) == replication.FELL_BEHIND
        return is_behind and not replication.has_diverged(above, below)


def _is_kept_above(folder: Path, replica: Replica) -> bool:
    """Whether the primary that a replica followed lies beside: that had all that the replica has."""
    mark = mark_in(folder)
    return bool(mark) and any(mark_in(one) == mark for one in folder.parent.glob(f"{replica.primary.name}.*"))


def _prepare(primary: Server, replica: Replica) -> None:
    """A mark in the primary, and a slot that holds from here on what the replica will lack."""
    with replication.asking(primary) as connection:
        replication.make_mark(connection)
        replication.renew_slot(connection, replica.slot)


def _base_backup(target: NativeTarget, replica: Replica, into: Path) -> None:
    machine, layout = target.machine, target.layout
    tool = machine.tool(client_key(replica.primary))
    into.mkdir(mode=0o700, parents=True)
    target.give(into)
    argv = (
        str(tool.folder / "pg_basebackup"), "-h", str(layout.sockets), "-p", str(machine.ports[replica.primary.name]),
        "-U", REPLICA_ROLE, "-w", "-D", str(into), "-X", "stream", "-S", replica.slot, "-c", "fast",
        *(() if target.system.is_production else ("--no-sync",)),
    )  # fmt: skip
    password = secrets.read(layout.secrets, password_secret(replica.primary, REPLICA_ROLE))
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PGPASSWORD": password, **tool.environment}
    identity = machine.identity
    uid, gid = (identity.uid, identity.gid) if identity.drop else (None, None)
    log = layout.log / f"copy-{replica.name}.txt"
    result = target.runner.run(Command(argv, into, env, uid, gid, log, timeout=_LONGEST))
    if not result.is_done:
        raise PartError(
            replica.name,
            f"{replica.primary.name} could not be copied for {replica.name} (exit code {result.code})",
            hint="A full disk is the usual cause. The primary was not touched.",
            details=result.tail,
        )
    signal = into / STANDBY_SIGNAL
    signal.touch(mode=0o600)
    target.give(signal)


def _replace(folder: Path, beside: Path, *, is_needless: bool) -> None:
    if folder.is_dir():
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
        old = folder.with_name(f"{folder.name}.aside-{stamp}")
        folder.rename(old)
        beside.rename(folder)
        if is_needless:
            shutil.rmtree(old, ignore_errors=True)
        return
    beside.rename(folder)


def start(target: NativeTarget, replica: Replica, perform: Callable[[], None]) -> None:
    """Start a replica and see that it follows; one whose data has no way to its primary is copied first.

    Raises PartError, StateError.
    """
    try:
        perform()
    except PartError as error:
        if not replication.is_unstartable(error):
            raise
        assert target.client is not None
        target.client.stop([[replica.name]])
        target.notes.append(f"{replica.name} is copied anew: {replication.DIVERGED}")
        copy(target, replica)
        perform()
    see_following(target, replica)


def see_following(target: NativeTarget, replica: Replica) -> None:
    """See that a replica which was started follows; one that cannot is copied anew, once. Raises PartError."""
    primary = target.database(replica.primary).server
    follower = server(target.layout, replica, target.machine.ports[replica.name])
    with replication.asking(follower) as connection:
        # From when it led, or was about to.
        replication.drop_own_slots(connection)
    reason = replication.why_not_following(primary, follower, replica, _LIMIT)
    if reason and replica.name not in target.copied_anew:
        target.notes.append(f"{replica.name} is copied anew: {reason}")
        copy(target, replica)
    elif reason:
        raise PartError(
            replica.name,
            f"{replica.name}: {reason}",
            hint=f"`stackyard logs {replica.name}` shows what it said.",
        )


def dismiss(target: NativeTarget, part: str) -> None:
    """Drop the slot of a replica that was stopped for good: its primary would keep its log for ever. Raises PartError.

    Nothing where the part was no replica, or its primary does not run.
    """
    slot = slot_of(part)
    for resource in target.system.resources:
        if isinstance(resource, Postgres) and is_slot_of(resource.name, slot) and target.runs(resource.name):
            with replication.asking(target.database(resource).server) as connection:
                replication.drop_slot(connection, slot)


def settle(target: NativeTarget, replica: Replica) -> None:
    """Have a replica run with its files and nothing else, follow, and hold nothing for others. Raises PartError."""
    follower = server(target.layout, replica, target.machine.ports[replica.name])
    postgres_settings.put_right(
        target, replica.server, lambda: processes.start_anew(target, replica.name), server=follower
    )
    see_following(target, replica)
