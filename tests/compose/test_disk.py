"""The folder of a project: what is written into it, how, and what is noticed about it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from stackyard.model.files import File
from stackyard.targets.compose import disk
from stackyard.targets.compose.rendering import SecretFile
from stackyard.targets.local import fingerprint

COMPOSE = File(PurePosixPath("compose.yaml"), "name: shop\n")
CONFIG = File(PurePosixPath("config/edge/nginx.conf"), "events {}\n")
FILES = (COMPOSE, CONFIG)
SECRET = SecretFile(PurePosixPath("secrets/api.env"), "testing", "api", "environment", ())
CONTENTS = {SECRET: "A='b'\n"}


def test_everything_is_written_with_its_mode_and_seen_as_it_should_be(tmp_path: Path) -> None:
    folder = tmp_path / "compose"
    disk.write(folder, FILES, CONTENTS)
    assert (folder / "config/edge/nginx.conf").read_text() == "events {}\n"
    assert (folder / "secrets").stat().st_mode & 0o777 == 0o700
    assert (folder / "secrets/api.env").stat().st_mode & 0o777 == 0o444
    assert fingerprint.of_files_on_disk(folder, FILES) == fingerprint.of_files(FILES)
    assert disk.are_assembled(folder, CONTENTS)


def test_a_file_that_a_container_has_mounted_stays_the_same_file(tmp_path: Path) -> None:
    disk.write(tmp_path, FILES, CONTENTS)
    mounted = [tmp_path / "config/edge/nginx.conf", tmp_path / "secrets/api.env"]
    before = [path.stat().st_ino for path in mounted]
    disk.write(tmp_path, (COMPOSE, File(CONFIG.path, "x\n")), {SECRET: "A='longer than before'\n"})
    assert [path.stat().st_ino for path in mounted] == before
    assert [path.read_text() for path in mounted] == ["x\n", "A='longer than before'\n"]


def test_what_somebody_edited_is_noticed_and_put_right(tmp_path: Path) -> None:
    disk.write(tmp_path, FILES, CONTENTS)
    (tmp_path / "config/edge/nginx.conf").write_text("edited")
    (tmp_path / "secrets").chmod(0o755)
    assert fingerprint.of_files_on_disk(tmp_path, FILES) != fingerprint.of_files(FILES)
    assert not disk.are_assembled(tmp_path, CONTENTS)
    disk.write(tmp_path, FILES, CONTENTS)
    assert fingerprint.of_files_on_disk(tmp_path, FILES) == fingerprint.of_files(FILES)
    assert disk.are_assembled(tmp_path, CONTENTS)


def test_nobody_else_can_pass_a_folder_of_secrets_within_that_of_the_secrets(tmp_path: Path) -> None:
    deeper = SecretFile(PurePosixPath("secrets/backups/db.postgres"), "testing", "backups", "whole", ())
    disk.write(tmp_path, FILES, {**CONTENTS, deeper: "x"})
    folder = tmp_path / "secrets/backups"
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o755)
    assert not disk.are_assembled(tmp_path, {deeper: "x"})
    disk.write(tmp_path, FILES, {deeper: "x"})
    assert disk.are_assembled(tmp_path, {deeper: "x"})


def test_what_is_no_longer_rendered_goes_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    disk.write(tmp_path, FILES, CONTENTS)
    (tmp_path / "notes.txt").write_text("mine")
    disk.write(tmp_path, (COMPOSE,), {})
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert left == ["compose.yaml", "notes.txt"]


def test_a_folder_that_an_engine_made_in_place_of_a_missing_file_gives_way(tmp_path: Path) -> None:
    (tmp_path / "config/edge/nginx.conf").mkdir(parents=True)
    disk.write(tmp_path, FILES, {})
    assert (tmp_path / "config/edge/nginx.conf").read_text() == "events {}\n"


def test_a_link_in_place_of_a_mounted_file_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("somebody's")
    (tmp_path / "config/edge").mkdir(parents=True)
    (tmp_path / "config/edge/nginx.conf").symlink_to(other)
    disk.write(tmp_path, FILES, {})
    assert other.read_text() == "somebody's"
    assert (tmp_path / "config/edge/nginx.conf").read_text() == "events {}\n"
