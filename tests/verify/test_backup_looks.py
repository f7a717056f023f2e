"""Looks at backups: what they see in folders, and that it outlives the way to whoever judges it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from stackyard.backup import looks
from stackyard.backup.job import Job, Repository
from stackyard.backup.looks import known, offsite, places, reading, repository
from stackyard.backup.sets import Kind
from stackyard.observe.backups import Looks
from stackyard.observe.restores import restores
from stackyard.observe.seen import CannotSeeError, RestoresView
from stackyard.targets.names import COMPOSE
from stackyard.verify.backups import keeping
from tests.verify.backup_samples import NOON, REPORT, a_set, held, seen, snapshot


def test_recipients_are_counted_in_the_header_of_age() -> None:
    header = b"age-encryption.org/v1\n-> X25519 abc\nbody\n-> X25519 def\nbody\n--- mac\nbinary -> X25519\n"
    assert reading.recipients_of(header) == 2
    assert reading.recipients_of(b"PGDMP") == -1


def test_what_a_restore_has_kept_is_read_from_its_files(tmp_path: Path) -> None:
    place = tmp_path / "data/db.before-x"
    exchange = {"part": "db", "kind": "db", "live": "l", "incoming": "i", "outgoing": str(place), "had_live": True}
    swap = {"id": "x", "verb": "restore", "target": "11:00", "phase": "swapping", "exchanges": [exchange]}
    (tmp_path / "restored.json").write_text(json.dumps({"kept": [swap]}))
    (tmp_path / "restore.json").write_text(json.dumps(swap))
    found = restores(tmp_path, lambda one: Path(one).is_dir())
    assert found.under_way == "restore x, swapping"
    assert [(one.part, one.is_there) for one in found.kept] == [("db", False)]
    assert restores(tmp_path, lambda _: None, target=COMPOSE) == RestoresView("", (), ())
    (tmp_path / "restore.json").write_text("{")
    with pytest.raises(CannotSeeError, match=r"restore.json cannot be read"):
        restores(tmp_path, lambda _: None)


def test_what_was_seen_outlives_the_way_out_of_a_container() -> None:
    whole = seen(a_set(), drill=REPORT)
    assert known.from_data(json.loads(json.dumps(known.to_data(whole)))) == whole
    told = held(a_set())
    data = {**asdict(replace(told, known=None)), "known": known.to_data(told.known)}  # type: ignore[arg-type]
    assert repository.from_data(json.loads(json.dumps(data))) == told


def test_a_safety_set_is_not_missed_off_site() -> None:
    """BAK-02: one that an interrupted restore has left stays here until the next set; all else has to be there."""
    copied = a_set(offsite="2026-03-05T02:01:00.000Z")
    safety = a_set("2026-03-05T11:00:00.000Z", kind=Kind.SAFETY)
    here = (snapshot("a", set=copied.id, kind="base"), snapshot("b", set=safety.id, kind="base"))
    there = (replace(here[0], original="a"),)
    found = offsite.compared("s3:x", here, there, (safety, copied), NOON)
    assert (found.newest, found.told, found.missing) == (copied.id, copied.offsite, ())
    assert [one.fault for one in keeping.copying(found) if one.fault] == []

    lost = offsite.compared("s3:x", here, (), (safety, copied), NOON)
    assert lost.missing == (f"kind=base set={copied.id}",)
    manual = offsite.compared("s3:x", here, there, (replace(safety, kind=Kind.MANUAL), copied), NOON)
    assert (manual.newest, manual.told) == (safety.id, "")
    assert len(manual.missing) == 1


def test_each_look_is_taken_once_and_again_only_after_it_failed() -> None:
    asked: list[str] = []

    def take(name: str) -> dict[str, object]:
        asked.append(name)
        return {"of": name}

    found = Looks(take)
    assert [found.at("known"), found.at("known"), found.at("places")] == [
        {"of": n} for n in ("known", "known", "places")
    ]
    assert asked == ["known", "places"]


def test_places_are_looked_at_as_they_lie(tmp_path: Path) -> None:
    """BAK-02: a table as CSV in the repository, a dump beside it, and a folder for everybody."""
    folder, store = tmp_path / "backups", tmp_path / "backups/repository"
    for one in (folder, folder / "sets", store, *(store / name for name in ("data", "index", "snapshots", "keys"))):
        one.mkdir(mode=0o700)
    (tmp_path / "password").write_text("hunter2hunter2")
    (store / "data/table").write_bytes(b"1,word one\n" * 100)
    (store / "data/noted").write_bytes(bytes(range(256)) + b"hunter2hunter2")
    (folder / "x.dump").write_bytes(b"PGDMP" + bytes(50))
    (folder / "sets").chmod(0o755)
    job = Job(
        "shop", "test", str(folder), str(tmp_path), Repository(str(store), str(tmp_path / "password")), "restic", "age",
        "", (),
    )  # fmt: skip
    found = places.from_data(looks.look(job, "places"))
    assert found.plain == {
        "data/noted": "it holds a known word in the clear",
        "data/table": "it can be compressed, so it is not encrypted",
    }
    assert found.open == {str(folder / "sets"): "0755"}
    assert found.beside == {str(folder / "x.dump"): "a dump of a database"}
    assert found.kit is None
