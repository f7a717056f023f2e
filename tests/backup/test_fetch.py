"""What comes out of the repository is what went in."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.backup import database, fetch, listing, pieces, store
from stackyard.backup.job import Job
from stackyard.backup.problem import BackupError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet
from tests.backup import ground
from tests.backup.ground import Shop
from tests.resources.servers import SUPERUSER_PASSWORD

pytestmark = pytest.mark.real


def test_the_base_backup_passes_postgres_own_verification(made: tuple[Shop, BackupSet]) -> None:
    """BAK-05."""
    shop, backup = made
    folder = shop.folder / "fetched"
    fetch.base(shop.job, backup, shop.part, folder)
    argv = [f"{shop.part.programs}/pg_verifybackup", "-n", str(folder)]
    answer = subprocess.run(argv, capture_output=True, text=True, env=dict(shop.part.programs_environment))
    assert "backup successfully verified" in answer.stdout
    assert folder.stat().st_mode & 0o777 == 0o700
    if account := ground.account():
        assert {file.stat().st_uid for file in folder.rglob("*")} == {account.uid}


def test_the_script_brings_every_row_back_into_another_database(made: tuple[Shop, BackupSet]) -> None:
    """BAK-01: the dump holds all rows, those behind row security too, exactly as they were at the moment."""
    shop, backup = made
    file = shop.folder / "all.sql"
    fetch.sql(shop.job, backup, shop.part, file)
    shop.sql("CREATE DATABASE restored", "postgres")
    try:
        settings = {"PGHOST": shop.part.host, "PGPORT": str(shop.part.port), "PGUSER": "postgres"}
        settings |= {"PGPASSWORD": SUPERUSER_PASSWORD, **shop.part.programs_environment}
        argv = [f"{shop.part.programs}/psql", "-X", "-v", "ON_ERROR_STOP=1", "-q", "-f", str(file), "restored"]
        answer = subprocess.run(argv, capture_output=True, text=True, env=settings)
        assert (answer.returncode, answer.stderr) == (0, "")
        with ground.admin(shop.server, "restored") as connection:
            (moment,) = backup.databases
            assert database.tables(connection) == moment.tables
    finally:
        shop.sql("DROP DATABASE restored WITH (FORCE)", "postgres")


def test_the_dump_and_the_roles_come_as_files(made: tuple[Shop, BackupSet], tmp_path: Path) -> None:
    shop, backup = made
    fetch.dump(shop.job, backup, shop.part, tmp_path / "all.pgdump")
    assert (tmp_path / "all.pgdump").read_bytes().startswith(b"PGDMP")
    fetch.roles(shop.job, backup, shop.part, tmp_path / "roles.sql")
    text = (tmp_path / "roles.sql").read_text()
    assert "CREATE ROLE stackyard_backup" in text
    assert "PASSWORD" not in text


def test_the_cache_comes_back_whole(made: tuple[Shop, BackupSet]) -> None:
    shop, backup = made
    (part,) = shop.job.redis
    file = shop.folder / "fetched.rdb"
    fetch.rdb(shop.job, backup, part, file)
    assert pieces.rdb_keys(part, file) == 200


def test_files_configuration_and_secrets_come_back(made: tuple[Shop, BackupSet], tmp_path: Path) -> None:
    """BAK-01, SEC-01."""
    shop, backup = made
    job = shop.job
    fetch.files(job, backup, job.files[0], tmp_path / "files")
    assert (tmp_path / "files" / "photos" / "ü b.txt").read_bytes() == b"umlaut"
    assert listing.marks(tmp_path / "files").keys() == listing.marks(Path(job.files[0].path)).keys()
    fetch.config(job, backup, tmp_path / "config")
    assert (tmp_path / "config" / "stackyard.yaml").read_text() == "name: shop\n"
    assert (tmp_path / "config" / "rendered" / "db" / "postgresql.conf").read_text() == "port = 1\n"
    fetch.secrets(job, backup, Path(job.identity), tmp_path / "secrets")
    assert (tmp_path / "secrets" / "web.key").read_text() == ground.A_SECRET
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_another_identity_opens_no_secrets(made: tuple[Shop, BackupSet], tmp_path: Path) -> None:
    shop, backup = made
    file, _ = ground.age_identity(tmp_path)
    with pytest.raises(BackupError, match="does not open what was encrypted"):
        fetch.secrets(shop.job, backup, file, tmp_path / "secrets")
    assert not (tmp_path / "secrets").exists()


def test_what_is_not_what_was_stored_is_refused(made: tuple[Shop, BackupSet]) -> None:
    shop, backup = made
    forged = tuple(replace(piece, sha256="0" * 64) for piece in backup.pieces)
    with pytest.raises(BackupError, match="came back from the repository as something else"):
        fetch.base(shop.job, replace(backup, pieces=forged), shop.part, shop.folder / "forged")


def test_a_folder_that_holds_something_is_left_alone(made: tuple[Shop, BackupSet], tmp_path: Path) -> None:
    shop, backup = made
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(BackupError, match="is not empty"):
        fetch.base(shop.job, backup, shop.part, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_files_that_change_while_they_are_copied_are_copied_as_one_or_the_other(plain: Job, tmp_path: Path) -> None:
    """The digest is of what the repository holds, also where it is not what the folder held before or after."""
    folder = tmp_path / "live"
    ground.write_files(folder, {"still": b"1", "changes": b"2", "goes": b"3"})
    before = listing.marks(folder)
    ground.write_files(folder, {"changes": b"22", "comes": b"4"})
    (folder / "goes").unlink()
    restic = Restic(plain, plain.repository)
    kept = restic.backup_folder(folder, {"set": "x"})
    ground.write_files(folder, {"changes": b"222"})
    found = pieces._digests(restic, kept.snapshot, folder, before)
    assert {name: size for name, (size, _) in found.items()} == {"still": 1, "changes": 2, "comes": 1}
    with restic.dump(kept.snapshot, "/") as taken:
        assert listing.from_tar(taken) == found


def test_a_copy_in_another_repository_is_found_under_its_own_id(
    copied: tuple[Shop, BackupSet], template: Path, tmp_path: Path
) -> None:
    """BAK-02: a lost machine is rebuilt from what was copied off site."""
    shop, backup = copied
    away = replace(shop.job.repository, url=str(ground.new_repository(template, tmp_path / "away")))
    here, there = Restic(shop.job, shop.job.repository), Restic(shop.job, away)
    here.copy_to(there, [one.id for one in here.snapshots()])
    job = replace(shop.job, repository=away, folder=str(tmp_path / "new machine"))
    assert store.rebuild(job) == (backup,)
    fetch.config(job, backup, tmp_path / "config")
    assert (tmp_path / "config" / "stackyard.yaml").exists()
