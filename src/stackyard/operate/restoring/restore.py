"""A restore: made and examined beside what runs, swapped in within a short window, kept for the way back.

Whatever goes wrong before the swap leaves the system as it was; whatever goes wrong after it swaps the old data back.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from stackyard.backup.events import Tell
from stackyard.backup.sets import new_id, now
from stackyard.backup.steps import Steps
from stackyard.backup.targets import Latest, RestorePoint, Target
from stackyard.errors import StackyardError, StateError
from stackyard.operate.restoring.effects import Effects, Part
from stackyard.operate.restoring.plan import RestorePlan
from stackyard.operate.restoring.settle import swap_back, swap_in
from stackyard.operate.restoring.swap import Exchange, Phase, Swap


@dataclass(frozen=True)
class Restored:
    """What became of it. `seconds` is all that it took, `away` how long the system did not answer.

    `safety` is the set that was made before, "" when there was none; `made` the one that was made after it.
    `last` is the last change that each database has (UTC, ISO 8601). `notices` are sentences for whoever asked.
    """

    swap: Swap
    seconds: float
    away: float
    safety: str
    made: str
    last: dict[str, str]
    notices: tuple[str, ...]


def restore(effects: Effects, plan: RestorePlan, tell: Tell) -> Restored:
    """Carry the plan out. Raises StackyardError, or KeyboardInterrupt, with the old data in place and in use."""
    with effects.backups.held(tell):
        return _restore(effects, plan, tell)


def _restore(effects: Effects, plan: RestorePlan, tell: Tell) -> Restored:
    begun = time.monotonic()
    clear(effects)
    safety, notices = make_safe(effects, tell)
    swap = _swap(effects, plan)
    effects.journal.write(swap)
    last: dict[str, str] = {}
    try:
        with Steps(tell).step("put what is newer into the repository"):
            push(effects, notices)
        for part in plan.parts:
            recovered = _recover(effects, plan, swap, part, tell)
            last |= {part.name: recovered} if recovered else {}
        swap = _with_tables(effects, plan, swap)
    except BaseException:
        _give_up(effects)
        raise
    away = exchange(effects, swap, tell)
    made = new_set(effects, notices, tell)
    return Restored(swap, time.monotonic() - begun, away, safety, made, last, tuple(notices))


def clear(effects: Effects) -> None:
    """Remove what restores have left that were interrupted before their swap."""
    for place in effects.leftovers():
        effects.remove(place)


def make_safe(effects: Effects, tell: Tell) -> tuple[str, list[str]]:
    """A set of what is there now, while it can be asked; its id, and a sentence when there is none."""
    filled = [one for one in effects.parts() if effects.is_filled(one)]
    if not filled:
        return "", []
    silent = [one.name for one in filled if one.kind == "db" and not effects.answers(one.name)]
    if silent:
        return "", [f"{', '.join(silent)} does not answer, so no safety set was made: the old data itself is kept"]
    try:
        with Steps(tell).step("safety set"):
            return effects.backups.make("safety", _within(tell, "safety set")).id, []
    except StackyardError as error:
        return "", [f"no safety set could be made ({error.what}): the old data itself is kept"]


def exchange(effects: Effects, swap: Swap, tell: Tell) -> float:
    """The window: stop, swap, start, look; how many seconds it took. Raises with the old data in place and in use."""
    begun = time.monotonic()
    ran = effects.is_running()
    try:
        effects.journal.write(swap.at(Phase.STOPPING))
    except BaseException:
        _give_up(effects)
        raise
    whole = any(one.kind == "db" for one in swap.exchanges)
    try:
        with Steps(tell).step("stop the services" if whole else f"stop {', '.join(swap.parts)}"):
            effects.stop(() if whole else swap.parts)
        with Steps(tell).step("swap"):
            swap = swap_in(effects, swap)
        with Steps(tell).step("start"):
            effects.start()
        with Steps(tell).step("look at what runs"):
            _look(effects, swap)
    except BaseException as error:
        _take_back(effects, swap, error, tell, ran=ran)
        raise
    effects.journal.keep(swap)
    return time.monotonic() - begun


def _give_up(effects: Effects) -> None:
    """Nothing was stopped or moved yet: what was prepared goes."""
    effects.journal.drop()
    clear(effects)


def _take_back(effects: Effects, swap: Swap, error: BaseException, tell: Tell, *, ran: bool) -> None:
    """Have the old data in place and in use again, then say so. Raises StateError instead of an error for people."""
    with Steps(tell).step("take it back"):
        effects.stop(() if any(one.kind == "db" for one in swap.exchanges) else swap.parts)
        swap_back(effects, swap)
    state = "The old data is in place"
    if ran:
        try:
            with Steps(tell).step("start the old system"):
                effects.start()
            state += " and runs again."
            clear(effects)
        except StackyardError as again:
            state += f", but it did not start: {again.what}"
    if isinstance(error, StackyardError):
        raise StateError(
            f"the {swap.noun} was taken back: {error.what}", hint=f"{state} {error.hint}".strip(), details=error.details
        ) from error


def _look(effects: Effects, swap: Swap) -> None:
    """See that the databases that answer now hold the tables that were restored. Raises StateError."""
    for part, tables in swap.tables.items():
        missing = sorted(set(tables) - set(effects.living_tables(part)))
        if missing:
            raise StateError(f"{part} runs, but lacks tables that were restored: {', '.join(missing[:5])}")


def _swap(effects: Effects, plan: RestorePlan) -> Swap:
    known = {one.id for one in effects.journal.kept()}
    id = new_id(known)
    exchanges = tuple(
        Exchange(
            part.name,
            part.kind,
            part.live,
            effects.beside(part, "restored", id),
            effects.beside(part, "before", id),
            had_live=effects.exists(part.live),
        )
        for part in plan.parts
    )
    words = plan.moment.words if plan.moment.kind != "set" else f"{plan.backup.moment} (set {plan.backup.id})"
    return Swap(id, "restore", plan.backup.id, words, now(), Phase.PREPARING, exchanges)


def _recover(effects: Effects, plan: RestorePlan, swap: Swap, part: Part, tell: Tell) -> str:
    """Restore one part into its place and examine it; the time of its last change where it is a database."""
    place = next(one.incoming for one in swap.exchanges if one.part == part.name)
    return recover_into(effects, plan, part, place, tell)


def recover_into(effects: Effects, plan: RestorePlan, part: Part, place: str, tell: Tell) -> str:
    """Restore one part into any place and examine it; the time of its last change where it is a database.

    Raises BackupError, and StateError with what is wrong with the copy.
    """
    backup, copies = plan.backup, effects.copies
    if part.kind == "files":
        copies.files(backup, part.name, place, tell)
        return ""
    if part.kind == "cache":
        copies.cache(backup, part.name, place, tell)
        return ""
    recovered = copies.database(backup, part.name, _target(effects, plan, part), place, tell)
    with Steps(tell).step(f"examine {part.name}"):
        findings = copies.examine(backup, part.name, place, is_moment=plan.moment.kind == "set")
    if findings:
        raise StateError(
            f"what was restored of {part.name} is not sound: {findings[0].what}",
            hint="Nothing was changed. `stackyard backup list` shows older sets.",
            details=tuple(f"{one.piece}: {one.what}" for one in findings),
        )
    return recovered.last_commit


def _target(effects: Effects, plan: RestorePlan, part: Part) -> Target:
    """Where the recovery of the part has to stop. Raises StateError for a set that does not hold the database."""
    target = plan.moment.target(part.name)
    if target is not None:
        return target
    database = plan.backup.database(part.name)
    if database is None:
        raise StateError(f"the set {plan.backup.id} says nothing of {part.name}")
    # Without changes beyond it, the end of the base backup is all that there is.
    has_more = effects.backups.has_wal(part.name) and database.restore_point
    return RestorePoint(database.restore_point, database.lsn) if has_more else Latest()


def _with_tables(effects: Effects, plan: RestorePlan, swap: Swap) -> Swap:
    """The swap, with the tables that must be there afterwards: not where migrations will bring others about."""
    found = {}
    for one in swap.exchanges:
        held = plan.backup.database(one.part)
        if held is not None and held.migration == effects.code(one.part).head:
            found[one.part] = list(effects.copies.tables(one.part, one.incoming))
    return replace(swap, tables=found)


def push(effects: Effects, notices: list[str]) -> None:
    """Have the newest changes in the repository; a restore goes on without."""
    try:
        effects.backups.push()
    except StackyardError as error:
        notices.append(f"the newest changes stay on this machine for now: {error.what}")


def new_set(effects: Effects, notices: list[str], tell: Tell) -> str:
    """A set of what runs now: changes from here on follow it, and no earlier one."""
    try:
        with Steps(tell).step("new set"):
            return effects.backups.make("manual", _within(tell, "new set")).id
    except StackyardError as error:
        notices.append(f"no set could be made of the restored system: {error.what} `stackyard backup create` does")
        return ""


def _within(tell: Tell, work: str) -> Tell:
    """Tells steps as those of a larger piece of work."""
    return lambda event: tell(replace(event, step=f"{work}: {event.step}"))
