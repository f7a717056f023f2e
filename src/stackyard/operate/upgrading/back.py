"""The way back from an upgrade, and its end."""

from __future__ import annotations

import time

from stackyard.backup.events import Tell
from stackyard.backup.sets import new_id, now
from stackyard.backup.steps import Steps
from stackyard.errors import StateError, UsageError
from stackyard.operate.restoring.swap import VERSION, Exchange, Phase, Swap
from stackyard.operate.restoring.undo import Kept
from stackyard.operate.upgrading.ground import Ground
from stackyard.operate.upgrading.upgrade import Upgraded, clear, exchange


def undoable(ground: Ground, part: str) -> Swap:
    """The last upgrade of that database. Raises UsageError when there is none, StateError when its old data is gone."""
    upgrades = [one for one in ground.journal.kept() if one.verb == "upgrade" and part in one.parts]
    if not upgrades:
        raise UsageError(f"there is no upgrade of {part} to undo", hint="Once finished, only a backup leads back.")
    last = upgrades[-1]
    if not ground.exists(last.exchanges[0].outgoing):
        raise StateError(f"the data from before the upgrade is gone: {last.exchanges[0].outgoing}")
    return last


def undo(ground: Ground, last: Swap, tell: Tell) -> Upgraded:
    """Put the data from before that upgrade in place; what was written since stays in the data that is put away.

    Raises StackyardError with the upgraded data in place and in use.
    """
    begun = time.monotonic()
    clear(ground)
    safety, notices = ground.make_safe(tell)
    part = last.parts[0]
    id = new_id({one.id for one in ground.journal.kept()})
    old = last.exchanges[0]
    seat = old.live if old.seat else ""
    one = Exchange(part, "db", old.goal, old.outgoing, ground.beside(part, "undone", id), seat=seat)
    swap = Swap(id, "undo", "", f"{VERSION}{last.source}", now(), Phase.PREPARING, (one,), undoes=last.id)
    ran = ground.is_running()
    ground.journal.write(swap.at(Phase.STOPPING))
    away = time.monotonic()
    with Steps(tell).step("stop the system"):
        ground.stop(())
    exchange(ground, swap, tell, ran=ran)
    over = time.monotonic()
    made, more = ground.make_new(tell)
    return Upgraded(swap, time.monotonic() - begun, over - away, safety, made, 0, (*notices, *more))


def kept(ground: Ground, part: str) -> tuple[Kept, ...]:
    """What is kept of upgrades of that database, and of their undoing."""
    return tuple(
        Kept(one.outgoing, swap, ground.size(one.outgoing))
        for swap in ground.journal.kept()
        for one in swap.exchanges
        if one.part == part and swap.is_of_versions and ground.exists(one.outgoing)
    )


def finish(ground: Ground, wanted: tuple[Kept, ...]) -> int:
    """Remove these for good; the bytes that are free again. From then on there is no way back."""
    for one in wanted:
        ground.remove(one.place)
    ground.journal.forget({one.swap.id for one in wanted})
    clear(ground)
    return sum(one.size for one in wanted)
