"""An upgrade carried out: everything is copied into a new place and compared there, and only then swapped in.

The system is away from the moment that the copy begins, for what was written meanwhile would be lost. Until the swap
the old data is only read; whatever goes wrong, it is in place and in use again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from stackyard.backup.events import Tell
from stackyard.backup.sets import new_id, now
from stackyard.backup.steps import Steps
from stackyard.errors import StackyardError, StateError, UsageError
from stackyard.operate.restoring.settle import swap_back, swap_in
from stackyard.operate.restoring.swap import VERSION, Exchange, Phase, Swap
from stackyard.operate.upgrading import contents, transfer
from stackyard.operate.upgrading.ground import Ground, Servers
from stackyard.operate.upgrading.planning import UpgradePlan


@dataclass(frozen=True)
class Upgraded:
    """What became of it. `seconds` is all that it took, `away` how long the system did not answer.

    `safety` is the set that was made before and `made` the one after it, "" when there was none. `rows` were compared,
    each with its contents.
    """

    swap: Swap
    seconds: float
    away: float
    safety: str = ""
    made: str = ""
    rows: int = 0
    notices: tuple[str, ...] = ()


def upgrade(ground: Ground, plan: UpgradePlan, servers: Servers, tell: Tell) -> Upgraded:
    """Carry the plan out. Raises StackyardError, or KeyboardInterrupt, with the old data in place and in use."""
    if plan.problems:
        raise StateError(
            f"{plan.part} cannot be upgraded as it is: {plan.problems[0]}",
            hint="Put it right and try again. Nothing was changed.",
            details=plan.problems[1:],
        )
    begun = time.monotonic()
    clear(ground)
    with Steps(tell).step("the programs of both versions"):
        servers.prepare()
    safety, notices = ground.make_safe(tell)
    swap, scratch = _swap(ground, plan)
    place = swap.exchanges[0].incoming
    ran = ground.is_running()
    ground.journal.write(swap)
    try:
        with Steps(tell).step(f"an empty cluster of PostgreSQL {plan.new}"):
            servers.create(place)
        away = time.monotonic()
        ground.journal.write(swap.at(Phase.STOPPING))
        with Steps(tell).step("stop the system"):
            ground.stop(())
        rows = _copy(ground, plan, servers, place, scratch, tell)
    except BaseException as error:
        _give_up(ground, swap, error, tell, ran=ran)
        raise
    exchange(ground, swap, tell, ran=ran)
    over = time.monotonic()
    made, more = ground.make_new(tell)
    return Upgraded(swap, time.monotonic() - begun, over - away, safety, made, rows, (*notices, *more))


def clear(ground: Ground) -> None:
    """Remove what was begun and given up before its swap."""
    for place in ground.leftovers():
        ground.remove(place)


def exchange(ground: Ground, swap: Swap, tell: Tell, *, ran: bool) -> None:
    """Swap in what was made, start the system, and keep what was there before. Nothing may run.

    Raises StackyardError with the old data in place, and in use where the system `ran`.
    """
    try:
        with Steps(tell).step("swap"):
            swap = swap_in(ground, swap)
        with Steps(tell).step("start"):
            ground.start()
    except BaseException as error:
        with Steps(tell).step("take it back"):
            ground.stop(())
            swap_back(ground, swap)
        _give_up(ground, swap, error, tell, ran=ran)
        raise
    ground.journal.keep(swap)


def _swap(ground: Ground, plan: UpgradePlan) -> tuple[Swap, str]:
    """The swap, and a place for the dump: it is known as a leftover should we be killed."""
    taken = {one.id for one in ground.journal.kept()}
    id = new_id(taken)
    live, incoming, outgoing = (
        ground.live(plan.part), ground.beside(plan.part, "restored", id), ground.beside(plan.part, "before", id),
    )  # fmt: skip
    words = f"{VERSION}{plan.new} (before: {plan.old})"
    seat = ground.seat(plan.part, plan.new)
    one = Exchange(plan.part, "db", live, incoming, outgoing, seat="" if seat == live else seat)
    scratch = ground.beside(plan.part, "restored", new_id({*taken, id}))
    return Swap(id, "upgrade", str(plan.old), words, now(), Phase.PREPARING, (one,)), scratch


def _copy(ground: Ground, plan: UpgradePlan, servers: Servers, place: str, scratch: str, tell: Tell) -> int:
    """Copy and compare; how many rows there are. Raises StateError when the two sides are not the same."""
    with servers.old() as old, servers.new(place) as new:
        with ground.scratch(scratch) as folder:
            transfer.copy(plan.part, old, new, servers.clients, folder, tell)
        with Steps(tell).step("compare both sides"):
            before, after = contents.read(old.connect), contents.read(new.connect)
    found = contents.differences(before, after)
    if found:
        raise StateError(
            f"the copy of {plan.part} is not the same as the original: {found[0]}",
            hint="Please report it as a defect.",
            details=found[1:],
        )
    return sum(one.rows for name, one in before.items() if name != contents.ROLES)


def _give_up(ground: Ground, swap: Swap, error: BaseException, tell: Tell, *, ran: bool) -> None:
    """The old data is in place: have it in use again, and remove the copy of an upgrade.

    Raises StateError instead of an error for people.
    """
    state = "The old data is in place, unchanged"
    with Steps(tell).step("give it up"):
        ground.journal.drop()
        if ran:
            state += _start_again(ground)
        if swap.verb == "upgrade":
            clear(ground)
    if isinstance(error, StackyardError) and not isinstance(error, UsageError):
        what = f"the {swap.noun} was given up: {error.what}"
        raise StateError(what, hint=f"{state}. {error.hint}".strip(), details=error.details) from error


def _start_again(ground: Ground) -> str:
    try:
        ground.start()
    except StackyardError as problem:
        return f", but did not start: {problem.what}"
    return ", and runs again"
