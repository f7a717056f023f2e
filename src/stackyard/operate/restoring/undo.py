"""The way back from a restore, and the end of what it kept."""

from __future__ import annotations

import time
from dataclasses import dataclass

from stackyard.backup.events import Tell
from stackyard.backup.sets import new_id, now
from stackyard.errors import StateError, UsageError
from stackyard.operate.restoring.effects import Effects
from stackyard.operate.restoring.restore import Restored, clear, exchange, make_safe, new_set
from stackyard.operate.restoring.swap import Exchange, Phase, Swap


@dataclass(frozen=True)
class Kept:
    """Old data that is kept: the place, the restore that put it there, and its size in bytes."""

    place: str
    swap: Swap
    size: int


def undoable(effects: Effects) -> Swap:
    """The last restore. Raises UsageError when there is none, or nothing was there before it."""
    restores = [one for one in effects.journal.kept() if one.verb == "restore"]
    if not restores:
        raise UsageError("there is no restore to undo", hint="Once finished, only a safety set leads back.")
    last = restores[-1]
    if not any(one.had_live for one in last.exchanges):
        raise UsageError(f"nothing was there before the restore {last.id}: there is no way back from it")
    gone = [one.outgoing for one in last.exchanges if one.had_live and not effects.exists(one.outgoing)]
    if gone:
        raise StateError(f"the data from before the restore {last.id} is gone: {', '.join(gone)}")
    return last


def undo(effects: Effects, last: Swap, tell: Tell) -> Restored:
    """Put the data from before that restore in place; what it restored is kept. Raises as `restore` does."""
    begun = time.monotonic()
    with effects.backups.held(tell):
        clear(effects)
        safety, notices = make_safe(effects, tell)
        swap = _way_back(effects, last)
        notices += [f"{one.part} stays: nothing was there before" for one in last.exchanges if not one.had_live]
        effects.journal.write(swap)
        away = exchange(effects, swap, tell)
        made = new_set(effects, notices, tell)
        return Restored(swap, time.monotonic() - begun, away, safety, made, {}, tuple(notices))


def _way_back(effects: Effects, last: Swap) -> Swap:
    id = new_id({one.id for one in effects.journal.kept()})
    parts = {one.name: one for one in effects.parts()}
    exchanges = tuple(
        Exchange(one.part, one.kind, one.live, one.outgoing, effects.beside(parts[one.part], "undone", id))
        for one in last.exchanges
        if one.had_live and one.part in parts
    )
    words = f"{_BEFORE}{last.id}"
    return Swap(id, "undo", "", words, now(), Phase.PREPARING, exchanges, undoes=last.id)


def kept(effects: Effects) -> tuple[Kept, ...]:
    """What is kept of earlier restores and their undoing."""
    return tuple(
        Kept(one.outgoing, swap, effects.size(one.outgoing))
        for swap in effects.journal.kept()
        for one in swap.exchanges
        if _is_ours(swap) and effects.exists(one.outgoing)
    )


def _is_ours(swap: Swap) -> bool:
    """False for upgrades and their undoing, which write into the same journal and have an end of their own."""
    return swap.verb == "restore" or swap.target.startswith(_BEFORE)


_BEFORE = "before the restore "


def finish(effects: Effects, wanted: tuple[Kept, ...]) -> int:
    """Remove these for good; the bytes that are free again. From then on there is no way back."""
    for one in wanted:
        effects.remove(one.place)
    effects.journal.forget({swap.id for swap in effects.journal.kept() if _is_ours(swap)})
    clear(effects)
    return sum(one.size for one in wanted)
