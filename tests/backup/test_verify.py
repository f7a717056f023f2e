"""Reading sets back: whatever is wrong with one, it must not pass."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.backup import pieces, store
from stackyard.backup.events import silent
from stackyard.backup.job import Job
from stackyard.backup.problem import BackupError, NotReadError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import DRILL, BackupSet, Finding, Piece, State, Table
from stackyard.backup.verify import verify
from tests.backup import ground
from tests.backup.damage import largest, spoil, truncate
from tests.backup.ground import Shop

pytestmark = pytest.mark.real


def stored(job: Job, backup: BackupSet, kind: str, content: bytes) -> BackupSet:
    """The set with something else stored in place of a piece, under the facts of what it should be."""
    (piece,) = (one for one in backup.pieces if one.kind == kind)
    kept = Restic(job, job.repository).backup_bytes(content, piece.path, {"set": backup.id, "kind": kind})
    return with_piece(backup, replace(piece, snapshot=kept.snapshot))


def with_piece(backup: BackupSet, piece: Piece) -> BackupSet:
    rest = tuple(one for one in backup.pieces if (one.part, one.kind) != (piece.part, piece.kind))
    return replace(backup, pieces=(*rest, piece))


def test_a_good_set_passes_again_and_says_when(copied: tuple[Shop, BackupSet]) -> None:
    """BAK-03."""
    shop, backup = copied
    done = verify(shop.job, backup, silent, deep=True)
    assert (done.state, done.findings) == (State.VERIFIED, ())
    assert done.verified > backup.verified
    assert store.find(shop.job, "latest") == done


def test_what_was_drilled_stays_so_and_what_a_drill_found_too(copied: tuple[Shop, BackupSet]) -> None:
    shop, backup = copied
    assert verify(shop.job, replace(backup, state=State.DRILLED), silent).state == State.DRILLED
    broken = backup.found(Finding("db", "the drill found it wanting", DRILL))
    assert verify(shop.job, broken, silent).findings == broken.findings


@pytest.mark.parametrize("damage", [spoil, truncate, Path.unlink], ids=["flipped", "truncated", "removed"])
def test_a_damaged_pack_breaks_the_set(copied: tuple[Shop, BackupSet], damage: Callable[[Path], None]) -> None:
    """BAK-03: a bit flip in the repository is found, named, and kept in mind."""
    shop, backup = copied
    damage(largest(shop.repository / "data"))
    done = verify(shop.job, backup, silent)
    assert done.state == State.BROKEN
    assert "db base" in {finding.piece for finding in done.findings}
    with pytest.raises(BackupError, match=f"the set {backup.id} is broken, and the repository") as told:
        verify(shop.job, done, silent, deep=True)
    assert "None is left that is good" in told.value.hint
    with pytest.raises(BackupError, match="there is no good backup set: none passed"):
        store.find(shop.job, "latest")


@pytest.mark.parametrize("folder", ["index", "snapshots", "keys", "config"])
def test_a_bit_flip_anywhere_in_the_repository_is_not_passed_over(copied: tuple[Shop, BackupSet], folder: str) -> None:
    """BAK-03: in every kind of file."""
    shop, backup = copied
    file = shop.repository / folder
    spoil(file if file.is_file() else largest(file))
    assert not is_passed(shop.job, backup)


def is_passed(job: Job, backup: BackupSet) -> bool:
    """True when a deep look finds nothing."""
    try:
        return verify(job, backup, silent, deep=True).is_good
    except BackupError:
        return False


def test_damage_outside_the_set_is_found_by_a_deep_look(copied: tuple[Shop, BackupSet]) -> None:
    shop, backup = copied
    restic = Restic(shop.job, shop.job.repository)
    before = set((shop.repository / "data").rglob("*"))
    restic.backup_bytes(os.urandom(100_000), "other", {"set": "20200101T000000Z", "kind": "base"})
    spoil(max(set((shop.repository / "data").rglob("*")) - before, key=lambda file: file.stat().st_size))
    assert verify(shop.job, backup, silent).state == State.VERIFIED
    with pytest.raises(BackupError, match="is damaged, but not where the set"):
        verify(shop.job, backup, silent, deep=True)


@pytest.mark.parametrize("kind", ["base", "dump", "sql", "objects", "config"])
def test_a_piece_whose_snapshot_was_forgotten_breaks_the_set(copied: tuple[Shop, BackupSet], kind: str) -> None:
    shop, backup = copied
    (piece,) = (one for one in backup.pieces if one.kind == kind)
    Restic(shop.job, shop.job.repository).forget([piece.snapshot])
    done = verify(shop.job, backup, silent)
    assert "its snapshot is missing from the repository" in {finding.what for finding in done.findings}
    assert done.state == State.BROKEN


@pytest.mark.parametrize("kind", ["base", "sql"])
def test_something_else_in_place_of_a_piece_breaks_the_set(copied: tuple[Shop, BackupSet], kind: str) -> None:
    shop, backup = copied
    done = verify(shop.job, stored(shop.job, backup, kind, b"something else"), silent)
    assert [finding.piece for finding in done.findings] == [f"db {kind}"]


def test_half_a_dump_breaks_the_set_though_its_checksum_is_right(copied: tuple[Shop, BackupSet]) -> None:
    """BAK-03: a list of a dump's contents can be read from half of it, its rows cannot."""
    shop, backup = copied
    whole = dump_of(shop.job, backup)
    half = stored(shop.job, backup, "dump", whole[: len(whole) // 2])
    piece = half.piece("db", "dump")
    assert piece is not None
    truth = replace(piece, sha256=hashlib.sha256(whole[: len(whole) // 2]).hexdigest())
    done = verify(shop.job, with_piece(half, truth), silent)
    assert done.state == State.BROKEN
    assert "pg_restore failed" in done.findings[0].what


def dump_of(job: Job, backup: BackupSet) -> bytes:
    piece = backup.piece("db", "dump")
    assert piece is not None
    with Restic(job, job.repository).dump(piece.snapshot, piece.path) as taken:
        return b"".join(taken)


def test_a_dump_without_the_rows_that_row_security_hides_breaks_the_set(copied: tuple[Shop, BackupSet]) -> None:
    """BAK-03: a dump of 0 of 120 rows ends with exit code 0, and is no copy."""
    shop, backup = copied
    (moment,) = backup.databases
    tables = tuple(replace(one, rows=200) if one.name == "public.tenants" else one for one in moment.tables)
    more = replace(moment, tables=(*tables, Table("public.gone", 3, "")))
    done = verify(shop.job, replace(backup, databases=(more,)), silent)
    assert {finding.what for finding in done.findings} == {
        "it holds 120 of the 200 rows of public.tenants",
        "it holds 0 of the 3 rows of public.gone",
    }


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("redis-cache.rdb", b"REDIS0010\xff\x00\x00", "the copy of cache is damaged"),
        ("secrets.tar.age", b"in the clear", "it is not encrypted with age"),
        ("secrets.tar.age", b"age-encryption.org/v1\n-> X25519", "what was encrypted is damaged"),
    ],
)
def test_small_pieces_are_understood_not_only_compared(
    copied: tuple[Shop, BackupSet], tmp_path: Path, name: str, content: bytes, what: str
) -> None:
    shop, backup = copied
    stage = tmp_path / "stage"
    stage.mkdir()
    (stage / name).write_bytes(content)
    kept = Restic(shop.job, shop.job.repository).backup_folder(stage, {"set": backup.id, "kind": pieces.SMALL})
    part, kind = ("cache", "redis") if name.startswith("redis") else ("", "secrets")
    piece = Piece(part, kind, kept.snapshot, name, len(content), 0, hashlib.sha256(content).hexdigest(), 0.0)
    done = verify(shop.job, replace(backup, pieces=(piece,)), silent)
    assert what in done.findings[0].what


def test_secrets_encrypted_to_somebody_else_break_the_set(copied: tuple[Shop, BackupSet], tmp_path: Path) -> None:
    """BAK-03: a backup that the machine's own identity cannot open is found now, not on the day of need."""
    shop, backup = copied
    file, _ = ground.age_identity(tmp_path)
    done = verify(replace(shop.job, identity=str(file)), backup, silent)
    assert [finding.piece for finding in done.findings] == ["secrets"]


def test_a_password_that_is_wrong_today_says_nothing_about_the_set(
    copied: tuple[Shop, BackupSet], tmp_path: Path
) -> None:
    shop, backup = copied
    (tmp_path / "wrong").write_text("not it")
    job = replace(shop.job, repository=replace(shop.job.repository, password_file=str(tmp_path / "wrong")))
    with pytest.raises(BackupError, match="password does not open"):
        verify(job, backup, silent)
    assert store.sets(job)[0].state == State.VERIFIED


@pytest.mark.parametrize(
    ("ending", "what"),
    [
        ("kill -9 $$", "signal 9"),
        ("echo 'Load(<data/aa>, 0, 0) failed: read: connection reset by peer' >&2; exit 1", "does not answer"),
        ("echo 'Fatal: unexpected HTTP response (503): 503 Service Unavailable' >&2; exit 1", "does not answer"),
    ],
    ids=["killed", "a connection that drops", "a server that is busy"],
)
def test_what_could_not_be_read_is_not_damaged(
    copied: tuple[Shop, BackupSet], tmp_path: Path, ending: str, what: str
) -> None:
    """BAK-03: only what was read and is wrong breaks a set; the command fails all the same."""
    shop, backup = copied
    job = replace(shop.job, restic=str(stand_in(tmp_path / "restic", shop.job.restic, ending)))
    with pytest.raises(NotReadError, match=what):
        verify(job, backup, silent)
    assert [one.state for one in store.rebuild(shop.job)] == [State.VERIFIED]
    assert verify(shop.job, backup, silent).state == State.VERIFIED


def stand_in(file: Path, restic: str, ending: str) -> Path:
    """A restic that ends like this when it is to give something back, and is the real one for all else."""
    file.write_text(f'#!/bin/sh\ncase "$1" in dump|restore) {ending};; *) exec {restic} "$@";; esac\n')
    file.chmod(0o755)
    return file


def test_a_reader_that_is_missing_breaks_no_set(copied: tuple[Shop, BackupSet], tmp_path: Path) -> None:
    shop, backup = copied
    job = replace(shop.job, postgres=(replace(shop.part, programs=str(tmp_path)),))
    with pytest.raises(NotReadError, match="pg_restore cannot be run"):
        verify(job, backup, silent)
    assert store.find(shop.job, "latest") == backup


def test_a_set_without_its_manifest_is_none(copied: tuple[Shop, BackupSet]) -> None:
    shop, backup = copied
    restic = Restic(shop.job, shop.job.repository)
    restic.forget([one.id for one in restic.snapshots(store.MANIFEST)])
    assert store.rebuild(shop.job) == ()
    lost = shop.job.places.sets / f"{backup.id}.json.lost"
    assert lost.exists()


def test_a_file_that_changed_in_the_repository_breaks_the_set(copied: tuple[Shop, BackupSet], tmp_path: Path) -> None:
    shop, backup = copied
    files: Mapping[str, bytes] = {"photos/a.jpg": b"another photo"}
    ground.write_files(tmp_path / "other", files)
    kept = Restic(shop.job, shop.job.repository).backup_folder(tmp_path / "other", {"set": backup.id})
    piece = backup.piece("files", "objects")
    assert piece is not None
    done = verify(shop.job, with_piece(backup, replace(piece, snapshot=kept.snapshot)), silent)
    assert [finding.piece for finding in done.findings] == ["files objects"]
