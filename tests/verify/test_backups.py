"""Judgements about backups that need none: what is overdue, beyond its time, unfinished, out of reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from stackyard.backup.drill_report import DrillReport
from stackyard.backup.health import Health, Last
from stackyard.backup.looks.chain import Chain
from stackyard.backup.looks.changes import Arrival
from stackyard.backup.looks.offsite import Copied
from stackyard.backup.looks.places import Places
from stackyard.backup.looks.reading import Read
from stackyard.backup.sets import State, to_text
from stackyard.observe.seen import CannotSeeError, KeptData, RestoresView
from stackyard.verify.backups import changes, keeping, order, proof, sets
from stackyard.verify.backups.asking import none_yet
from stackyard.verify.check import DoesNotApplyError, Seen
from tests.verify.backup_samples import (
    DUE,
    KINDS,
    MOMENT,
    NOON,
    REPORT,
    SYSTEM,
    WANTED,
    a_set,
    held,
    seen,
    snapshot,
)


def faults(found: Iterable[Seen]) -> list[str]:
    return [one.fault for one in found if one.fault]


def test_a_set_with_everything_is_whole() -> None:
    """BAK-01."""
    assert faults(sets.completeness(SYSTEM, a_set())) == []


@pytest.mark.parametrize("missing", [*KINDS, ("", "secrets")], ids=str)
def test_whatever_a_set_lacks_is_named(missing: tuple[str, str]) -> None:
    """BAK-01."""
    part, kind = missing
    less = replace(a_set(), pieces=tuple(one for one in a_set().pieces if (one.part, one.kind) != missing))
    assert faults(sets.completeness(SYSTEM, less)) == [f"the newest set lacks the {kind} of {part or 'the system'}"]


def test_a_set_that_changes_cannot_follow_is_tied_to_no_moment() -> None:
    """BAK-01: the file wants every moment, and this set begins none."""
    loose = a_set(databases=(replace(MOMENT, restore_point=""),))
    assert faults(sets.completeness(SYSTEM, loose)) == ["the newest set is tied to no moment of db"]


def test_a_set_since_the_last_scheduled_moment_is_recent() -> None:
    assert faults(sets.recency(seen(a_set()))) == []


def test_a_missed_night_is_told() -> None:
    """BAK-01, MON-03."""
    missed = seen(a_set("2026-03-04T02:00:00.000Z"))
    assert "no good set was made since" in faults(sets.recency(missed))[0]


def test_broken_sets_count_for_nothing() -> None:
    assert sets.is_overdue(seen(replace(a_set(), state=State.BROKEN)))


def test_a_keeper_that_was_just_started_catches_up_first() -> None:
    """The machine was off at night."""
    soon = Health(seen=NOON, next_backup=NOON + 200)
    assert not sets.is_overdue(seen(a_set("2026-03-04T02:00:00.000Z"), health=soon))
    failing = replace(soon, runs={"create": Last(NOON - 60, NOON - 30, 1, "no space")})
    assert sets.is_overdue(seen(a_set("2026-03-04T02:00:00.000Z"), health=failing))


def test_a_run_that_failed_is_told_though_a_set_is_there() -> None:
    run = Last(NOON - 60, NOON - 30, 2, "no space")
    told = replace(seen().health or Health(), runs={"create": run})
    assert faults(sets.recency(seen(a_set(), health=told))) == ["the last create failed: no space"]
    since = replace(told, runs={"create": replace(run, begun=DUE - 60, ended=DUE - 30)})
    assert faults(sets.recency(seen(a_set(), health=since))) == []


def test_figures_that_say_nothing_are_a_fault() -> None:
    """MON-03: alerts go by them."""
    assert "figures" in faults(sets.recency(seen(a_set(), figures="")))[0]


def test_before_the_first_set_it_is_said_when_it_comes() -> None:
    assert none_yet(seen()).startswith("there is no good set; the next is begun at 2026-03-0")


@pytest.mark.parametrize(
    ("health", "fault"),
    [
        (None, "never begun"),
        (Health(seen=NOON - 600, next_backup=NOON + 3600), "silent for 10 min"),
        (Health(seen=NOON, next_backup=0.0), "does not know when"),
    ],
)
def test_a_keeper_that_does_not_keep_is_found(health: Health | None, fault: str) -> None:
    """BAK-01."""
    assert fault in faults(sets.keeping(seen(a_set(), health=health), WANTED))[0]


def test_another_hour_than_that_of_the_file_is_found() -> None:
    assert faults(sets.keeping(seen(a_set()), replace(WANTED, at="04:00"))) != []


def test_old_sets_should_have_gone_with_the_last_run() -> None:
    """BAK-02, BAK-06: the newest before the time is kept, for the moments since begin with it."""
    old = [a_set(f"2026-01-0{day}T02:00:00.000Z") for day in (3, 2, 1)]
    (fault,) = faults(keeping.keeping_time(WANTED, seen(a_set(), *old)))
    assert fault == "20260101T020000Z, 20260102T020000Z should be gone by now"


def test_what_had_its_time_since_the_last_run_is_not_missed_yet() -> None:
    just = a_set("2026-02-03T06:00:00.000Z")
    assert faults(keeping.keeping_time(WANTED, seen(a_set(), just, a_set("2026-02-02T01:00:00.000Z")))) == []


def test_a_keeper_that_keeps_for_another_time_than_the_file_is_found() -> None:
    found = keeping.keeping_time(replace(WANTED, keep=86400.0), seen(a_set()))
    assert faults(found) == ["the keeper does not keep sets as long as the file says"]


PRIVATE = Places("/b", "/b/repository", 5, {}, {}, 9, 5000, 12, 4000, {}, {}, 1)


def test_whatever_is_plain_or_open_is_found() -> None:
    """BAK-02, SEC-01."""
    assert faults(keeping.encryption(PRIVATE, 9 << 20)) == faults(keeping.privacy(PRIVATE)) == []
    assert "not encrypted" in faults(keeping.encryption(replace(PRIVATE, plain={"data/x": "why"}), 9 << 20))[0]
    assert "larger than" in faults(keeping.encryption(replace(PRIVATE, bytes=10 << 20), 9 << 20))[0]
    assert "others can open" in faults(keeping.privacy(replace(PRIVATE, open={"/b": "0755"})))[0]
    assert "another user" in faults(keeping.privacy(replace(PRIVATE, owned={"/b": 7})))[0]
    assert "in the clear" in faults(keeping.privacy(replace(PRIVATE, beside={"/b/x": "a dump"})))[0]


def test_a_repository_elsewhere_cannot_be_looked_into() -> None:
    with pytest.raises(DoesNotApplyError, match="elsewhere"):
        list(keeping.encryption(replace(PRIVATE, repository=""), 9 << 20))


READ = Read("20260305T020000Z", 9, 9, (), (), {"db dump": ""}, 1, 0.5)


def test_secrets_are_for_those_whom_the_file_names() -> None:
    """BAK-02."""
    assert faults(keeping.sealing(WANTED, seen(a_set()), a_set(), READ, PRIVATE)) == []
    other = replace(WANTED, recipients=("age1two",))
    assert "others than" in faults(keeping.sealing(other, seen(a_set()), a_set(), READ, PRIVATE))[0]
    plain = replace(READ, recipients=-1)
    assert "not encrypted" in faults(keeping.sealing(WANTED, seen(a_set()), a_set(), plain, PRIVATE))[0]
    without = replace(PRIVATE, kit=None)
    assert "no recovery kit" in faults(keeping.sealing(WANTED, seen(a_set()), a_set(), READ, without))[0]


def test_what_is_not_off_site_is_named() -> None:
    """BAK-02."""
    copied = Copied("s3:x", 3, 3, (), "20260305T020000Z", "2026-03-05T02:01:00.000Z")
    assert faults(keeping.copying(copied)) == []
    assert "never copied" in faults(keeping.copying(replace(copied, told="")))[0]
    assert "1 snapshots" in faults(keeping.copying(replace(copied, missing=("set=x kind=base",))))[0]
    assert "does not answer" in faults(keeping.copying(Copied("s3:x", error="it does not answer")))[0]


def test_damage_is_found_however_it_shows() -> None:
    """BAK-03."""
    assert faults(proof.reading_back(READ)) == []
    assert "damaged: data/ab" in faults(proof.reading_back(replace(READ, spoiled=("data/ab",))))[0]
    assert faults(proof.reading_back(replace(READ, complaints=("pack x: not found",)))) == ["the repository is damaged"]
    assert "does not come back" in faults(proof.reading_back(replace(READ, pieces={"db dump": "it is short"})))[0]


def drilled(report: DrillReport | None, at: str = "") -> list[str]:
    return faults(proof.drilling(WANTED, seen(a_set(drilled=at), drill=report)))


def test_a_drill_counts_while_it_is_new_quick_and_whole() -> None:
    """BAK-03."""
    assert drilled(REPORT) == []
    assert drilled(replace(REPORT, rto=99999.0)) == [
        "restoring took 27 h 46 min",
    ]
    assert drilled(replace(REPORT, rpo=None)) == ["a disaster would have cost more work than the file allows"]
    assert "the file wants one weekly" in drilled(replace(REPORT, ended="2026-02-01T03:01:00.000Z"))[0]


def test_a_drill_that_is_told_of_has_a_report() -> None:
    """BAK-03."""
    assert drilled(None, "2026-03-05T03:01:00.000Z") == ["a drill was held, and its report is gone"]
    with pytest.raises(CannotSeeError, match="no drill was held yet: the first is due at"):
        drilled(None)


ARRIVAL = Arrival("db", "0/5000", 0.1, "000000010000000000000001.partial", True, True, False, 100)


def test_changes_come_in_through_an_active_slot() -> None:
    """BAK-04."""
    assert faults(changes.arriving(ARRIVAL)) == []
    assert faults(changes.arriving(replace(ARRIVAL, seconds=None))) == ["changes of db do not come in"]
    assert faults(changes.arriving(replace(ARRIVAL, is_lost=True))) == ["the slot of db: lost"]
    assert faults(changes.arriving(replace(ARRIVAL, has_slot=False))) == ["the slot of db: there is none"]
    assert faults(changes.arriving(replace(ARRIVAL, behind=1 << 30))) == ["the slot of db: active"]


CHAIN = Chain("db", "20260305T020000Z", (), 3, NOON - 5, "2026-03-05T11:59:00Z", {"before-import (0/6000)": True})


def test_a_chain_has_no_gap_and_reaches_named_moments() -> None:
    """BAK-04."""
    known_now = seen(a_set())
    assert faults(changes.whole(CHAIN, known_now)) == []
    assert "gap: 0001 is missing" in faults(changes.whole(replace(CHAIN, gaps=("0001 is missing",)), known_now))[0]
    assert "do not reach" in faults(changes.whole(replace(CHAIN, stored=""), known_now))[0]
    assert "do not reach" in faults(changes.whole(replace(CHAIN, stored="2026-03-05T10:00:00Z"), known_now))[0]
    lost = replace(CHAIN, marks={"before-import (0/6000)": False})
    assert faults(changes.whole(lost, known_now)) == ["the moment before-import (0/6000) cannot be gone back to"]


def test_the_list_is_that_of_the_repository() -> None:
    """BAK-06."""
    whole = held(a_set())
    assert faults(order.listing(whole)) == []
    strange = replace(whole, known=seen(a_set(), a_set("2026-03-04T02:00:00.000Z")))
    assert faults(order.listing(strange))[0] == "the list and the repository differ in 20260304T020000Z"
    less = replace(whole, snapshots=tuple(one for one in whole.snapshots if one.tags["kind"] != "dump"))
    assert faults(order.listing(less)) == ["db dump of 20260305T020000Z is not in the repository"]
    other = replace(whole, manifest=to_text(a_set(keys={"cache": 7})))
    assert faults(order.listing(other)) == ["the manifest of 20260305T020000Z is not the one in the repository"]
    damaged = replace(whole, known=seen(a_set(), damaged=("x.json",)))
    assert faults(order.listing(damaged)) == ["x.json cannot be read as a set"]


def test_where_a_copy_off_site_is_told_of_here_only_nothing_differs() -> None:
    copied = a_set(offsite="2026-03-05T02:01:00.000Z")
    assert faults(order.listing(held(copied, manifest=to_text(a_set())))) == []


def test_what_was_never_finished_is_found() -> None:
    """BAK-06."""
    assert faults(order.tidiness(held(a_set()))) == []
    cut_off = held(a_set(), more=(snapshot("b", set="20260305T110000Z", kind="base"),))
    assert "1 snapshots belong to no set" in faults(order.tidiness(cut_off))[0]
    left = replace(held(a_set()), known=seen(a_set(), left=("drill-7",)))
    assert faults(order.tidiness(left)) == ["drill-7 was left by a run that never ended"]


def test_restores_have_ended_and_what_they_kept_is_there() -> None:
    """BAK-05."""
    kept = KeptData("20260305T110000Z", "restore", "11:00", "db", "/d/db.before-x", True)
    assert faults(order.settlement(RestoresView("", (kept,), ()))) == []
    assert faults(order.settlement(RestoresView("restore x, swapping", (), ()))) == [
        "a restore was interrupted: restore x, swapping"
    ]
    gone = RestoresView("", (replace(kept, is_there=False),), ())
    assert faults(order.settlement(gone)) == ["the data of db from before the restore 20260305T110000Z is gone"]
    assert faults(order.settlement(RestoresView("", (), ("/d/db.restored-x",)))) != []
