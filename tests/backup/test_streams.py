"""Changes that were lost before they were received, and who makes the set that leads over them."""

from __future__ import annotations

from stackyard.backup.job import Job, PostgresPart, Repository
from stackyard.backup.moments import seconds
from stackyard.backup.sets import BackupSet, Kind, State
from stackyard.backup.streams import Receiver, is_to_bridge

LOST_AT = "2026-03-05T10:00:00.000Z"
BEFORE, AFTER = "2026-03-05T09:59:59.000Z", "2026-03-05T10:00:03.000Z"


def receivers(*lost: str) -> tuple[Receiver, ...]:
    """One a database, none of which receives anything; "" for one that has lost nothing."""
    job = Job("shop", "test", "/none", "/none", Repository("nowhere", "nothing"), "restic", "age", "", ())
    part = PostgresPart("db", "/none", 1, "shop", "u", "/none", "/none", "/none", "/none", "/none")
    made = tuple(Receiver(job, part, lambda: "", lambda _: None) for _ in lost)
    for one, at in zip(made, lost, strict=True):
        one.gap = seconds(at) if at else 0.0
    return made


def a_set(moment: str) -> BackupSet:
    return BackupSet(
        "20260305T100000Z", "shop", "test", Kind.MANUAL, BEFORE, moment, AFTER, (), (), state=State.VERIFIED
    )


def test_lost_changes_ask_for_one_set() -> None:
    """BAK-04: from a set of a later moment on every moment can be had again."""
    streams = receivers("", LOST_AT)
    assert is_to_bridge(streams, a_set(BEFORE))
    assert not is_to_bridge(streams, a_set(BEFORE)), "it is being made"
    assert is_to_bridge(receivers(LOST_AT), None)


def test_a_set_that_somebody_made_since_is_enough() -> None:
    """After a restore a set is made at once: the keeper does not make another beside it."""
    streams = receivers(LOST_AT, "")
    assert not is_to_bridge(streams, a_set(AFTER))
    assert not is_to_bridge(streams, a_set(BEFORE)), "that is answered for"


def test_the_last_loss_counts() -> None:
    assert is_to_bridge(receivers(LOST_AT, "2026-03-05T10:00:04.000Z"), a_set(AFTER))


def test_where_nothing_was_lost_nothing_is_asked_for() -> None:
    assert not is_to_bridge(receivers("", ""), None)
