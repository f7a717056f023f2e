"""The repository, through the real restic: what is kept, and what is said when it cannot be."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.backup import restic as module
from stackyard.backup.complaints import explain
from stackyard.backup.job import Job
from stackyard.backup.problem import BackupError, RepositoryBusyError
from stackyard.backup.programs import Answer
from stackyard.backup.restic import Restic
from tests.backup import ground
from tests.backup.scripts import write_script
from tests.resources.servers import wait_until

pytestmark = pytest.mark.real


def test_a_stream_comes_back_as_it_went_in(plain: Job) -> None:
    restic = Restic(plain, plain.repository)
    assert restic.ensure() is False
    kept = restic.backup_stream(("sh", "-c", "echo hello"), "hello.txt", {"set": "x", "kind": "test"})
    with restic.dump(kept.snapshot, "hello.txt") as taken:
        assert b"".join(taken) == b"hello\n"
        assert taken.flow().sha256 == kept.sha256
    assert restic.ls(kept.snapshot) == (("/hello.txt", 6),)
    (snapshot,) = restic.snapshots({"kind": "test"})
    assert restic.snapshots({"kind": "other"}) == ()
    assert {restic.known(snapshot.id[:8]), restic.known(snapshot.id)} == {snapshot.id}
    elsewhere = Restic(plain, replace(plain.repository, url="s3:http://127.0.0.1:1/bucket"))
    assert (restic.known("no such"), restic.known(""), elsewhere.known(snapshot.id)) == ("", "", "")
    restic.tag([snapshot.id], add={"seen": ""}, remove={"kind": "test"})
    (tagged,) = restic.snapshots({"seen": ""})
    assert (tagged.original, "kind" in tagged.tags) == (snapshot.id, False)


def test_a_repository_is_made_where_there_is_none(plain: Job, tmp_path: Path) -> None:
    restic = Restic(plain, replace(plain.repository, url=str(tmp_path / "new")))
    assert restic.ensure() is True
    assert restic.ensure() is False


def test_a_file_that_cannot_be_read_is_an_error_and_no_smaller_copy(
    plain: Job, shop_folder: Path, tmp_path: Path
) -> None:
    """BAK-03: restic would keep the rest, and call it a snapshot."""
    ground.write_files(tmp_path / "live", {"a": b"1", "locked": b"2"})
    told = '{"message_type":"error","error":{"Op":"open"},"during":"archival","item":"locked"}'
    script = (
        f"""case "$1" in backup) {plain.restic} "$@"; echo '{told}' >&2; exit 3;; *) exec {plain.restic} "$@";; esac"""
    )
    job = replace(plain, restic=str(write_script(shop_folder / "restic", script)))
    restic = Restic(job, job.repository)
    with pytest.raises(BackupError, match=r"1 files of .* could not be read"):
        restic.backup_folder(tmp_path / "live", {"set": "x"})
    (tmp_path / "live" / "locked").unlink()
    assert restic.backup_folder(tmp_path / "live", {"set": "x"}).files == 1


def test_the_lock_of_somebody_alive_is_waited_for_and_then_named(plain: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.5)
    restic = Restic(plain, plain.repository)
    restic.backup_bytes(b"1", "one", {"set": "x"})
    environment = {"RESTIC_PASSWORD": ground.REPOSITORY_PASSWORD, "RESTIC_REPOSITORY": plain.repository.url}
    argv = [plain.restic, "backup", "--stdin", "--cache-dir", plain.folder]
    with subprocess.Popen(argv, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as other:
        locks = Path(plain.repository.url) / "locks"
        wait_until(lambda: any(locks.iterdir()), 20)
        with pytest.raises(RepositoryBusyError, match="somebody else works in the repository"):
            restic.forget([one.id for one in restic.snapshots()])
        assert len(restic.snapshots()) == 1
        other.kill()
    restic.forget([one.id for one in restic.snapshots()])
    assert restic.snapshots() == ()


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("Fatal: wrong password or no key found", "the password does not open the repository /r"),
        ("Save(<data/1>) returned error: write: no space left on device", "there is no space left"),
        ("open /r/locks/1: read-only file system", "may not be written or read"),
        ("dial tcp 10.0.0.1:443: connect: connection refused", "does not answer"),
        ("The request signature we calculated does not match the signature you provided", "refuses the credentials"),
        ("ciphertext verification failed", "is damaged"),
        ("something that nobody foresaw", "restic failed on the repository /r"),
    ],
)
def test_complaints_are_said_for_people(said: str, what: str) -> None:
    assert what in explain(Answer(1, "", said), "/r").what
