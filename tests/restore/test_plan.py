"""What a restore decides before anything is touched, from literal facts."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from stackyard.backup.moments import seconds
from stackyard.backup.sets import BackupSet, Finding, Kind, Piece, State
from stackyard.backup.sets import Moment as Held
from stackyard.errors import StackyardError, StateError, UsageError
from stackyard.model.values import Version
from stackyard.operate.restoring.effects import Part, Space
from stackyard.operate.restoring.migrations import read
from stackyard.operate.restoring.moment import Moment
from stackyard.operate.restoring.plan import Code, Facts, Request, plan

MB = 1024**2
DB, CACHE = Part("db", "db", "data/db"), Part("cache", "cache", "data/cache")
PHOTOS = Part("photos", "files", "data/photos")
SIZES = (("db", "base", 100 * MB), ("db", "dump", 9 * MB), ("photos", "objects", 50 * MB), ("cache", "redis", MB))


def backup(id: str, moment: str, lsn: str, state: State = State.VERIFIED, migration: str = "0002") -> BackupSet:
    held = Held("db", "7", 1, "0/1000028", lsn, f"stackyard-{id}", moment, "16.4", MB, True, migration=migration)
    pieces = tuple(Piece(part, kind, "abc", "", size, size, "00", 1.0) for part, kind, size in SIZES)
    return BackupSet(id, "shop", "development", Kind.SCHEDULED, moment, moment, moment, pieces, (held,), state=state)


MONDAY = backup("20260302T020000Z", "2026-03-02T02:00:00Z", "0/3000000")
TUESDAY = backup("20260303T020000Z", "2026-03-03T02:00:00Z", "0/5000000")
BEFORE = Moment("time", "2026-03-02T10:00:00Z")
AFTER = Moment("time", "2026-03-03T08:00:00Z")
FACTS = Facts(
    sets=(TUESDAY, MONDAY),
    parts=(DB, PHOTOS, CACHE),
    filled=frozenset({"db", "photos", "cache"}),
    space=Space(1000 * MB, "/srv/shop/data"),
    newest={"db": "2026-03-03T09:00:00Z"},
    continuous=frozenset({"db"}),
    drilled=12.5,
    code={"db": Code("0002", frozenset({"0001", "0002"}))},
)


def test_without_a_word_everything_that_is_held_of_the_database_comes_back() -> None:
    """BAK-04: nothing is given up; what the set holds of files is older than what is there, so that stays."""
    found = plan(Request(), FACTS)
    assert found.backup == TUESDAY
    assert (found.moment.kind, found.parts, found.left) == ("latest", (DB,), ("photos", "cache"))
    assert found.lost == {"db": 0.0}
    assert found.expected == 12.5
    assert "photos stays as it is, for it may be newer than the set" in found.notices[0]


def test_whoever_goes_to_the_newest_moment_of_a_living_database_is_told_what_that_costs() -> None:
    facts = replace(FACTS, answering=frozenset({"db"}))
    said = "what is written to db while the restore is prepared is given up, too: stop what writes"
    assert said in plan(Request(), facts).notices
    assert said not in plan(Request(beside=True), facts).notices
    assert said not in plan(Request(MONDAY.id), facts).notices


def test_files_that_are_gone_come_back_with_the_database() -> None:
    found = plan(Request(), replace(FACTS, filled=frozenset({"cache"})))
    assert found.parts == (DB, PHOTOS)
    assert found.missing == {"db", "photos"}


def test_a_named_set_brings_back_its_own_moment_of_all_parts() -> None:
    found = plan(Request(MONDAY.id), FACTS)
    assert (found.backup, found.moment.kind, found.parts) == (MONDAY, "set", (DB, PHOTOS, CACHE))
    assert found.lost == {"db": 31 * 3600.0}
    assert found.needed == int(151 * MB * 1.1) + 64 * MB


def test_a_time_begins_with_the_newest_set_before_it() -> None:
    found = plan(Request(moment=Moment("time", "2026-03-03T01:59:59Z")), FACTS)
    assert found.backup == MONDAY
    assert found.lost == {"db": 7 * 3600 + 1.0}


def test_a_position_begins_with_the_newest_set_before_it() -> None:
    assert plan(Request(moment=Moment("lsn", "0/4FFFFFF")), FACTS).backup == MONDAY
    assert plan(Request(moment=Moment("lsn", "0/5000000")), FACTS).backup == TUESDAY


def test_a_transaction_begins_with_the_newest_set_before_it() -> None:
    """BAK-04: --before-transaction."""
    sets = tuple(
        replace(one, databases=(replace(one.databases[0], next_xid=xid),))
        for one, xid in ((TUESDAY, "900"), (MONDAY, "700"))
    )
    facts = replace(FACTS, sets=sets)
    assert plan(Request(moment=Moment("before", "901")), facts).backup.id == TUESDAY.id
    assert plan(Request(moment=Moment("before", "899")), facts).backup.id == MONDAY.id
    with pytest.raises(UsageError, match="before transaction 899 lies before the set 20260303"):
        plan(Request(TUESDAY.id, Moment("before", "899")), facts)


def test_what_the_system_has_left_behind_leads_to_nothing_newer_than_that() -> None:
    """BAK-04: it went back to Monday on Tuesday at seven. What it was before then, only Tuesday's set leads to."""
    facts = replace(FACTS, left={TUESDAY.id: seconds("2026-03-03T07:00:00Z")})
    assert plan(Request(), facts).backup == MONDAY
    assert plan(Request(only=("files",)), facts).backup == MONDAY
    assert plan(Request(moment=AFTER), facts).backup == MONDAY
    assert plan(Request(moment=Moment("time", "2026-03-03T06:59:59Z")), facts).backup == TUESDAY
    assert plan(Request(moment=Moment("before", "901")), facts).backup == MONDAY
    assert plan(Request(TUESDAY.id), facts).backup == TUESDAY, "whoever names it gets it"
    assert plan(Request(), replace(facts, sets=(TUESDAY,))).backup == TUESDAY, "when there is no other"


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (Version((17,)), "has db in PostgreSQL 16, and the stack file wants 17"),
        (Version((15, 4)), "has db in PostgreSQL 16, and the stack file wants 15.4"),
        (Version((17,), at_least=True), "has db in PostgreSQL 16, and the stack file wants >=17"),
        (Version((16,)), ""),
        (Version((16, 9)), ""),
        (Version((15,), at_least=True), ""),
    ],
)  # fmt: skip
def test_a_set_of_another_major_version_is_refused_before_anything_happens(version: Version, said: str) -> None:
    """BAK-05: no server reads what one of another major version wrote."""
    facts = replace(FACTS, parts=(replace(DB, version=version), PHOTOS, CACHE))
    if not said:
        assert plan(Request(), facts).backup == TUESDAY
        return
    with pytest.raises(StateError, match=re.escape(said)) as caught:
        plan(Request(), facts)
    assert "`version: 16`" in caught.value.hint
    assert plan(Request(only=("files",)), facts).parts == (PHOTOS,), "files are files"


def test_the_beginning_of_an_id_is_enough_when_it_is_one_set() -> None:
    assert plan(Request("20260302"), FACTS).backup == MONDAY


def test_parts_are_chosen_by_kind_and_by_name() -> None:
    """BAK-05: --only."""
    assert plan(Request(only=("files",)), FACTS).parts == (PHOTOS,)
    assert plan(Request(MONDAY.id, only=("cache", "db")), FACTS).parts == (DB, CACHE)
    assert plan(Request(only=("photos",)), FACTS).moment.kind == "set"


def test_without_changes_kept_between_sets_the_set_is_the_moment() -> None:
    found = plan(Request(), replace(FACTS, continuous=frozenset()))
    assert (found.moment.kind, found.parts) == ("set", (DB, PHOTOS, CACHE))


@pytest.mark.parametrize(
    ("request_", "facts", "kind", "said"),
    [
        (Request(), replace(FACTS, sets=()), StateError, "no good backup"),
        (Request(), replace(FACTS, sets=(replace(TUESDAY, state=State.MADE),)), StateError, "no good backup"),
        (Request("nothing"), FACTS, UsageError, "there is no set nothing"),
        (Request("2026030"), FACTS, UsageError, "beginning of 2 sets"),
        (Request(moment=Moment("time", "2026-03-01T00:00:00Z")), FACTS, StackyardError, "no backup set is as old as"),
        (Request(TUESDAY.id, BEFORE), FACTS, UsageError, "lies before the set"),
        (Request(moment=AFTER), replace(FACTS, continuous=frozenset()), UsageError, "no changes are kept"),
        (Request(only=("files",), moment=AFTER), FACTS, UsageError, "only a database can go"),
        (Request(only=("web",)), FACTS, UsageError, "web is no part with data"),
        (Request(), replace(FACTS, space=Space(100 * MB, "/srv/shop/data")), StateError, "are free"),
    ],
)  # fmt: skip
def test_what_cannot_be_had_is_refused_before_anything_happens(
    request_: Request, facts: Facts, kind: type[StackyardError], said: str
) -> None:
    """BAK-05: refused early, with what to do."""
    with pytest.raises(kind, match=said) as caught:
        plan(request_, facts)
    assert caught.value.hint


def test_a_broken_set_is_refused_and_an_older_one_offered() -> None:
    broken = replace(TUESDAY, state=State.BROKEN, findings=(Finding("db base", "its checksum differs"),))
    facts = replace(FACTS, sets=(broken, MONDAY))
    with pytest.raises(StateError, match="is broken") as caught:
        plan(Request(TUESDAY.id), facts)
    assert MONDAY.id in caught.value.hint
    assert caught.value.details == ("db base: its checksum differs",)
    assert plan(Request(), facts).backup == MONDAY


def test_an_older_schema_is_brought_forward_and_said() -> None:
    older = replace(FACTS, sets=(backup("20260303T020000Z", "2026-03-03T02:00:00Z", "0/5", migration="0001"),))
    (notice, *_) = plan(Request("20260303T020000Z"), older).notices
    assert notice == "db comes back at migration 0001; the code's migrations bring it forward to 0002"


def test_a_newer_schema_under_older_code_is_refused_until_it_is_wanted() -> None:
    """BAK-05: older code must not be let loose on data that it does not understand."""
    newer = replace(FACTS, sets=(backup("20260303T020000Z", "2026-03-03T02:00:00Z", "0/5", migration="0003"),))
    with pytest.raises(StateError, match="it is newer") as caught:
        plan(Request("20260303T020000Z"), newer)
    assert "--yes-newer-schema" in caught.value.hint
    assert "0003" in plan(Request("20260303T020000Z", newer_schema=True), newer).notices[0]
    assert "0003" in plan(Request("20260303T020000Z", beside=True), newer).notices[0]


def test_the_migrations_of_the_code_are_read_off_its_files() -> None:
    first = 'revision = "0001"\ndown_revision = None\n'
    second = 'revision: str = "0002"\ndown_revision: str | None = "0001"\n'
    merged = "revision = 'abc'\ndown_revision = ('0002', '0002b')\n"
    assert read([first, second]) == Code("0002", frozenset({"0001", "0002"}))
    assert read([second, first, 'revision = "0002b"\ndown_revision = "0001"\n']).head == "0002,0002b"
    assert read([first, second, 'revision = "0002b"\ndown_revision = "0001"\n', merged]).head == "abc"
    assert read([]) == Code()
