"""Which set a restore begins with. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stackyard.backup import targets
from stackyard.backup.moments import seconds
from stackyard.backup.sets import BackupSet, State
from stackyard.errors import StateError, UsageError


def choose(
    sets: Sequence[BackupSet],
    wanted: str,
    target: targets.Target | None,
    database: str,
    left: Mapping[str, float] | None = None,
) -> BackupSet:
    """The set of that id, or for "latest" the newest good one from which the target of `database` can be reached.

    A `target` of None is the moment of the set itself. `sets` come newest first. `left` are sets of moments that the
    system has left behind, by going back to one before, and since when (seconds since the epoch): what is newer than
    that is not to be had from them. Raises UsageError for an id that is none, StateError or BackupError when no good
    set fits.
    """
    left = left or {}
    if wanted != "latest":
        return _named(sets, wanted, target, database)
    good = [one for one in sets if one.is_good]
    if not good:
        raise StateError("there is no good backup to restore from", hint=_advice(sets))
    present = [one for one in good if one.id not in left]
    if target is None or isinstance(target, targets.Latest):
        return (present or good)[0]
    if isinstance(target, targets.Time):
        then = seconds(target.iso)
        return targets.choose([one for one in good if then < left.get(one.id, then + 1)], target, database)
    if isinstance(target, targets.BeforeTransaction):
        # Who goes back gives out the same ids again: the ones of today are meant.
        good = [*present, *(one for one in good if one.id in left)]
    return targets.choose(good, target, database)


def _named(sets: Sequence[BackupSet], wanted: str, target: targets.Target | None, database: str) -> BackupSet:
    found = [one for one in sets if one.id == wanted] or [one for one in sets if wanted and one.id.startswith(wanted)]
    if len(found) != 1:
        what = f"there is no set {wanted}" if not found else f"{wanted} is the beginning of {len(found)} sets"
        raise UsageError(what, hint="`stackyard backup list` shows them.")
    (backup,) = found
    if backup.state is State.BROKEN:
        older = next((one.id for one in sets if one.is_good and one.id < backup.id), "")
        raise StateError(
            f"the set {backup.id} is broken",
            hint=f"The newest good one before it: `stackyard restore {older}`." if older else _advice(sets),
            details=tuple(f"{one.piece}: {one.what}" for one in backup.findings),
        )
    if target is not None and not targets.reaches(backup, target, database):
        raise UsageError(
            f"{targets.describe(target)} lies before the set {backup.id}",
            hint="Leave the set away: the right one is found.",
        )
    return backup


def _advice(sets: Sequence[BackupSet]) -> str:
    if not sets:
        return "No set was found. `stackyard backup create` makes one; --from names another repository."
    return f"The newest set is {sets[0].id} ({sets[0].state.value}); `stackyard backup verify` reads it back."
