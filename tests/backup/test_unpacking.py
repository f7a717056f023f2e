"""A tar of a cluster becomes a folder again, or is refused."""

from __future__ import annotations

import errno
import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from stackyard.backup import unpacking
from stackyard.backup.problem import BackupError
from stackyard.backup.unpacking import unpack
from tests.backup import ground

FILES = {"PG_VERSION": b"16\n", "base/1/1259": os.urandom(100_000), "base/1/empty": b""}
FOLDERS = {"base": 0o700, "base/1": 0o700, "pg_wal": 0o750}


def tar_of(files: Mapping[str, bytes], *others: tarfile.TarInfo) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, mode in FOLDERS.items():
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, mode
            archive.addfile(folder)
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o640
            archive.addfile(member, io.BytesIO(content))
        for other in others:
            archive.addfile(other)
    return made.getvalue()


@pytest.mark.parametrize("settle", [True, False])
@pytest.mark.parametrize("size", [100, 512, 70_000])
def test_files_come_with_their_bytes_their_rights_and_their_owner(tmp_path: Path, size: int, settle: bool) -> None:
    tar = tar_of(FILES)
    unpack([tar[at : at + size] for at in range(0, len(tar), size)], tmp_path, ground.account(), settle=settle)
    there = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*")}
    assert {name: path.read_bytes() for name, path in there.items() if path.is_file()} == FILES
    assert {name: path.stat().st_mode & 0o777 for name, path in there.items() if path.is_dir()} == FOLDERS
    assert {path.stat().st_mode & 0o777 for path in there.values() if path.is_file()} == {0o640}
    if account := ground.account():
        assert {path.stat().st_uid for path in (tmp_path, *there.values())} == {account.uid}


@pytest.mark.parametrize("name", ["../outside", "/outside", "base/../../outside"])
def test_nothing_is_written_outside_the_folder(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(tarfile.ReadError, match="outside"):
        unpack([tar_of({name: b"x"})], inside, None, settle=False)
    assert not (tmp_path / "outside").exists()


def test_a_link_is_no_file_of_a_cluster(tmp_path: Path) -> None:
    link = tarfile.TarInfo("base/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc"
    with pytest.raises(tarfile.ReadError, match="base/link"):
        unpack([tar_of({}, link)], tmp_path, None, settle=False)


@pytest.mark.parametrize("left", [0, 300, 2048, 60_000])
def test_a_tar_that_ends_too_soon_is_refused(tmp_path: Path, left: int) -> None:
    with pytest.raises(tarfile.TarError):
        unpack([tar_of(FILES)[:left]], tmp_path, None, settle=True)


@pytest.mark.parametrize("fails", ["write", "fdatasync"])
def test_a_disk_that_does_not_take_it_is_named(tmp_path: Path, fails: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when it says so only as what was written goes to the disk."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(unpacking, "_STRIDE", 1 << 16)
    monkeypatch.setattr(os, fails, full)
    with pytest.raises(BackupError, match=f"unpacked into {tmp_path}: No space left on device"):
        unpack([tar_of(FILES)], tmp_path, None, settle=True)
