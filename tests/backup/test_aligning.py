"""Base backups are stored so that little is added when little has changed."""

from __future__ import annotations

import io
import random
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from stackyard.backup import database, fetch, pieces
from stackyard.backup.aligning import GRID, MARK, SUFFIX, aligned, plain
from stackyard.backup.events import silent
from stackyard.backup.pieces import Making
from stackyard.backup.problem import BackupError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet, Kind, Piece
from stackyard.backup.steps import Steps
from tests.backup.conftest import Make
from tests.backup.ground import Shop

PAGE = 8192


def pages(count: int, seed: int, pointers: int = 40) -> bytes:
    """Pages of a table: pointers, a hole, and rows that fill the rest up to the end."""
    chance = random.Random(seed)
    hole = bytes(PAGE - pointers - 7000)
    return b"".join(b"\x01" * pointers + hole + chance.randbytes(7000) for _ in range(count))


def tar_of(members: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return made.getvalue()


def cut(whole: bytes, most: int, seed: int = 1) -> Iterator[bytes]:
    """The bytes in pieces of every size up to `most`, also of none."""
    chance, at = random.Random(seed), 0
    while at < len(whole):
        size = chance.randint(0, most)
        yield whole[at : at + size]
        at += size


CLUSTER = {
    "backup_label": b"START WAL LOCATION: 0/2000028",
    "base/1/1259": pages(10, seed=1),
    "base/1/one": pages(GRID // PAGE, seed=2),
    "base/1/many": pages(3 * GRID // PAGE + 1, seed=3),
    "base/1/odd": pages(GRID // PAGE, seed=4) + b"\xa5\x00" * 1001,
    "empty": b"",
}


@pytest.mark.parametrize("most", [100, 513, 70_000, 1 << 20, 1 << 30])
def test_the_form_is_the_same_however_the_tar_comes_and_the_tar_comes_back(most: int) -> None:
    tar = tar_of(CLUSTER)
    stored = b"".join(aligned([tar]))
    assert b"".join(aligned(cut(tar, most))) == stored
    assert b"".join(plain(cut(stored, most))) == tar


def test_there_is_a_mark_after_every_512_kib_of_a_member_and_at_its_end_and_no_other_run_of_zeros() -> None:
    stored = b"".join(aligned([tar_of(CLUSTER)]))
    assert stored.count(MARK) == 1 + 1 + 1 + 4 + 2
    assert len(stored) == len(tar_of(CLUSTER)) + 9 * len(MARK)


def test_files_are_stored_alike_wherever_they_lie_in_the_tar() -> None:
    table = {"base/1/many": CLUSTER["base/1/many"]}
    alone, moved = (b"".join(aligned([tar_of(one)])) for one in (table, {"before": b"x" * 5000, **table}))
    chunks = [stored.split(MARK)[-4:-2] for stored in (alone, moved)]
    assert chunks[0] == chunks[1]
    assert [len(chunk) for chunk in chunks[0]] == [GRID, GRID]


@pytest.mark.parametrize("size", [0, 1, 511, 100_000])
def test_what_is_no_tar_passes_and_comes_back(size: int) -> None:
    noise = random.Random(size).randbytes(size)
    assert b"".join(plain(aligned([noise]))) == noise


@pytest.mark.parametrize("missing", [1, 40_000, 1_000_000])
def test_a_tar_that_ends_too_soon_comes_back_as_far_as_it_went(missing: int) -> None:
    tar = tar_of(CLUSTER)[:-missing]
    assert b"".join(plain(aligned([tar]))) == tar


def test_a_stored_form_that_ends_within_a_mark_is_for_its_producer_to_explain() -> None:
    stored = b"".join(aligned([tar_of(CLUSTER)]))
    half = stored[: stored.index(MARK) + 10]
    assert tar_of(CLUSTER).startswith(b"".join(plain([half])))


def test_something_else_in_the_place_of_a_mark_is_refused() -> None:
    stored = b"".join(aligned([tar_of(CLUSTER)]))
    with pytest.raises(BackupError, match="one of its marks is missing"):
        b"".join(plain([stored.replace(MARK, b"", 1)]))


@pytest.mark.real
@pytest.mark.parametrize("pointers", [40, 44, 400], ids=["rows anew", "one more row a page", "full pages"])
def test_a_table_that_moved_and_changed_in_one_place_adds_a_tenth_at_the_most(shop: Shop, pointers: int) -> None:
    """Pages whose holes begin elsewhere would move every cut behind them."""
    count = 40 * GRID // PAGE
    before, after = pages(count, seed=5), pages(count // 100, seed=6, pointers=pointers)
    at = 3 * GRID + 5 * PAGE
    changed = before[:at] + after + before[at + len(after) :]
    assert _added(shop, {"label": b"x", "table": before}) > len(before)
    assert _added(shop, {"label": b"x" * 5000, "new": b"y" * 700, "table": changed}) <= len(before) / 10


def _added(shop: Shop, members: Mapping[str, bytes]) -> int:
    file = shop.folder / "some.tar"
    file.write_bytes(tar_of(members))
    restic = Restic(shop.job, shop.job.repository)
    return restic.backup_stream(("cat", str(file)), "some.tar", {"set": "x"}, through=aligned).added


@pytest.mark.real
def test_a_second_base_after_a_change_of_one_percent_in_one_place_adds_little(make_shop: Make) -> None:
    """BAK-02. The rows written anew fill the holes of the pages that they lie in.

    In a cluster as small as this what the server writes by itself weighs as much as the change: a quarter is little.
    """
    shop = make_shop(
        "CREATE TABLE small (n int);"
        "CREATE TABLE filler (id int, data text) WITH (fillfactor = 85, autovacuum_enabled = false);"
        "ALTER TABLE filler ALTER data SET STORAGE PLAIN;"
        "INSERT INTO filler SELECT n, repeat(md5(n::text), 28) FROM generate_series(1, 60000) n;"
    )
    shop.sql("VACUUM (FREEZE, ANALYZE) filler")
    full = _base(shop)
    shop.sql("INSERT INTO small SELECT n FROM generate_series(1, 2000) n")
    shop.sql("UPDATE filler SET data = reverse(data) WHERE id BETWEEN 20000 AND 20599")
    second = _base(shop)
    assert full.path.endswith(SUFFIX)
    assert second.added <= full.added / 4


def _base(shop: Shop) -> Piece:
    restic = Restic(shop.job, shop.job.repository)
    making = Making(shop.job, restic, "20260101T000000Z", Kind.MANUAL, Steps(silent), shop.folder)
    return pieces.base(making, shop.part)[0]


@pytest.mark.real
def test_a_set_of_an_earlier_version_holds_the_tar_as_it_is_and_comes_back(copied: tuple[Shop, BackupSet]) -> None:
    shop, backup = copied
    argv = (database.program(shop.part, "pg_basebackup"), "-D", "-", "-Ft", "-X", "fetch", "-c", "fast", "-w")
    restic, env = Restic(shop.job, shop.job.repository), database.client_environment(shop.part)
    kept = restic.backup_stream(argv, "base-db.tar", {"set": backup.id, "kind": "base"}, env=env)
    old = Piece("db", "base", kept.snapshot, "base-db.tar", kept.size, kept.added, kept.sha256, 1.0)
    others = tuple(piece for piece in backup.pieces if piece.kind != "base")
    folder = shop.folder / "old"
    fetch.base(shop.job, replace(backup, pieces=(old, *others)), shop.part, folder)
    verify = [f"{shop.part.programs}/pg_verifybackup", "-n", str(folder)]
    answer = subprocess.run(verify, capture_output=True, text=True, env=dict(shop.part.programs_environment))
    assert "backup successfully verified" in answer.stdout
