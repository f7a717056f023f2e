"""Which sets have had their time. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from stackyard.backup.job import Policy
from stackyard.backup.sets import BackupSet


def made_at(backup: BackupSet) -> datetime:
    """When the set was begun, as its id says."""
    return datetime.strptime(backup.id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def expired(
    sets: Sequence[BackupSet], policy: Policy, now: datetime, *, continuous: bool = False
) -> tuple[BackupSet, ...]:
    """The sets that may go, oldest first.

    All good ones within `policy.keep` stay, and beyond it the newest of each of the last `weekly` weeks and `monthly`
    months that have one. The last good set always stays. With `continuous` WAL so does the newest good set older than
    `keep`: recovery to the first moments within `keep` begins there. What is not good goes when a later good set is
    there.
    """
    good = sorted((one for one in sets if one.is_good), key=lambda one: one.id, reverse=True)
    newest_good = good[0].id if good else ""
    border = now - timedelta(seconds=policy.keep)
    beyond = [one for one in good if made_at(one) < border]
    kept = {one.id for one in good if made_at(one) >= border} | {newest_good}
    kept |= {one.id for one in beyond[: 1 if continuous else 0]}
    kept |= _newest_of_each(beyond, policy.weekly, lambda moment: moment.isocalendar()[:2])
    kept |= _newest_of_each(beyond, policy.monthly, lambda moment: (moment.year, moment.month))
    gone = (one for one in sets if one.id not in kept and (one.is_good or one.id < newest_good))
    return tuple(sorted(gone, key=lambda one: one.id))


def anchor(sets: Sequence[BackupSet], policy: Policy, now: datetime) -> str:
    """The good set from which every moment since can be recovered, as far as the policy promises; "" without any.

    WAL from it on stays in one chain. A set before it that is kept can be recovered to its own moment only.
    """
    border = now - timedelta(seconds=policy.keep)
    good = [one for one in sets if one.is_good]
    older = (one.id for one in good if made_at(one) < border)
    return max(older, default=min((one.id for one in good), default=""))


def _newest_of_each(
    newest_first: Sequence[BackupSet], most: int, period: Callable[[datetime], tuple[int, int]]
) -> set[str]:
    chosen: dict[tuple[int, int], str] = {}
    for one in newest_first:
        chosen.setdefault(period(made_at(one)), one.id)
    return set(list(chosen.values())[:most])
