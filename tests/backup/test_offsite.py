"""The copy off site, and the kit that opens it."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.backup import create, kit, offsite, store
from stackyard.backup.events import silent
from stackyard.backup.job import Job, Repository
from stackyard.backup.problem import BackupError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet, Kind
from stackyard.operate.restoring.machine import opened
from stackyard.resources.objects import command
from stackyard.targets.native.toolchain import Want
from tests.backup import ground
from tests.resources.servers import free_port, private_folder, running, wait_until

pytestmark = pytest.mark.real

KEYS = ("an-access-key-0820", "a-secret-key-of-these-tests-0821")


def manual(job: Job) -> BackupSet:
    return create.create(job, kind=Kind.MANUAL, tell=silent)


def with_recipient(job: Job, folder: Path) -> Job:
    file, recipient = ground.age_identity(folder)
    return replace(job, recipients=(recipient,), identity=str(file))


@pytest.fixture
def away(template: Path, tmp_path: Path, plain: Job) -> Job:
    """A job with a copy in another folder."""
    folder = tmp_path / "mnt" / "away"
    folder.parent.mkdir()
    ground.new_repository(template, folder)
    return replace(with_recipient(plain, tmp_path), offsite=replace(plain.repository, url=str(folder)))


def test_every_set_is_copied_off_site_and_seen_there(away: Job) -> None:
    """BAK-02."""
    backup = manual(away)
    assert backup.offsite > backup.verified
    assert offsite.holds(away, backup)
    assert store.find(away, backup.id).offsite == backup.offsite
    assert away.offsite is not None
    assert Restic(away, away.offsite).check(read_data=True) == ()


def test_a_piece_that_is_not_off_site_is_missed(away: Job) -> None:
    backup = manual(away)
    assert away.offsite is not None
    there = Restic(away, away.offsite)
    there.forget([one.id for one in there.snapshots({"kind": "small"})])
    assert not offsite.holds(away, backup)
    assert offsite.mirror(away) == 2
    assert offsite.holds(away, backup)


def test_when_the_other_place_is_away_the_set_is_good_and_the_run_says_what_is_not(away: Job, tmp_path: Path) -> None:
    """BAK-02: nothing claims a copy that is not there."""
    (tmp_path / "mnt").rename(tmp_path / "unplugged")
    (tmp_path / "mnt").write_text("no folder")
    with pytest.raises(BackupError, match="is good, but it could not be copied off site"):
        manual(away)
    (backup,) = store.sets(away)
    assert backup.is_good
    assert backup.offsite == ""


def test_two_stores_with_different_keys_are_refused_before_anything_is_asked_of_them(away: Job, tmp_path: Path) -> None:
    (tmp_path / "one").write_text("a key")
    (tmp_path / "another").write_text("another key")
    assert away.offsite is not None

    def with_keys(file: str) -> Job:
        assert away.offsite is not None
        here = replace(away.repository, environment={"AWS_ACCESS_KEY_ID": str(tmp_path / "one")})
        there = replace(away.offsite, environment={"AWS_ACCESS_KEY_ID": str(tmp_path / file)})
        return replace(away, repository=here, offsite=there)

    with pytest.raises(BackupError, match="have different keys, and restic can use only one pair") as refused:
        offsite.mirror(with_keys("another"))
    assert "a key" not in str((refused.value.what, refused.value.hint, refused.value.details))
    assert offsite.mirror(with_keys("one")) == 0


def test_a_safety_set_waits_for_nobody(away: Job) -> None:
    backup = create.create(away, kind=Kind.SAFETY, tell=silent)
    assert (backup.is_good, backup.offsite) == (True, "")


def test_the_kit_and_an_identity_are_enough_to_get_at_everything(away: Job, tmp_path: Path) -> None:
    """BAK-05: the machine is gone, and with it every password but the one on paper."""
    backup = manual(away)
    assert away.offsite is not None
    told = kit.read(away, Path(away.offsite.url).with_name(kit.NAME), Path(away.identity))
    place = told["offsite"]
    assert isinstance(place, dict)
    (tmp_path / "password").write_text(place["password"])
    found = replace(
        away,
        repository=Repository(place["url"], str(tmp_path / "password")),
        folder=str(tmp_path / "new"),
        offsite=None,
    )
    assert [one.id for one in store.rebuild(found)] == [backup.id]


def test_the_kit_is_closed_to_everybody_else(away: Job, tmp_path: Path) -> None:
    """SEC-01."""
    file = kit.write(away)
    assert ground.REPOSITORY_PASSWORD.encode() not in file.read_bytes()
    (tmp_path / "other").mkdir()
    other, _ = ground.age_identity(tmp_path / "other")
    with pytest.raises(BackupError, match="does not open"):
        kit.read(away, file, other)


@pytest.mark.parametrize(
    ("before", "what"),
    [
        (b"age-enc", "damaged"),
        # As it may no longer be base64, either is true.
        (b"-> X25519 ", "damaged|does not open"),
        (b"\n--- ", "damaged"),
        (b"", "damaged"),
    ],
    ids=["first words", "whom it is for", "seal", "content"],
)
def test_a_damaged_kit_is_never_taken_for_a_whole_one(away: Job, before: bytes, what: str) -> None:
    """BAK-03: a flipped bit anywhere in it is found, and told apart from a wrong identity where that can be."""
    file = kit.write(away)
    content = bytearray(file.read_bytes())
    content[content.index(before) + len(before) + 1 if before else -20] ^= 1
    file.write_bytes(content)
    with pytest.raises(BackupError, match=what):
        kit.read(away, file, Path(away.identity))


def test_there_is_no_kit_that_nobody_could_open(plain: Job) -> None:
    with pytest.raises(BackupError, match="there are no recipients"):
        kit.write(plain)


@pytest.fixture
def bucket(shop_folder: Path) -> Iterator[str]:
    """An S3-compatible store with one bucket."""
    rclone = ground.tool(Want("rclone"))
    data, cache, port = private_folder(shop_folder / "s3"), private_folder(shop_folder / "s3cache"), free_port()
    (data / "backups").mkdir()
    (data / "backups").chmod(0o777)
    argv = command(str(rclone.path), data, cache, port)
    secret = {"RCLONE_AUTH_KEY": f'"{",".join(KEYS)}"', "HOME": str(cache)}
    with running(argv, shop_folder / "s3.log", {**rclone.environment, **secret}):
        wait_until(lambda: _answers(port))
        yield f"s3:http://127.0.0.1:{port}/backups/shop"


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).close()
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
    return True


@pytest.fixture
def in_bucket(plain: Job, bucket: str, tmp_path: Path) -> Job:
    """A job with a copy in the bucket."""
    files = {"AWS_ACCESS_KEY_ID": KEYS[0], "AWS_SECRET_ACCESS_KEY": KEYS[1]}
    for name, value in files.items():
        (tmp_path / name).write_text(value)
    place = Repository(bucket, plain.repository.password_file, {name: str(tmp_path / name) for name in files})
    return replace(with_recipient(plain, tmp_path), offsite=place)


def test_the_copy_and_the_kit_reach_a_bucket(in_bucket: Job, tmp_path: Path) -> None:
    """BAK-02: S3-compatible storage; the repository there is made when it is missing."""
    backup = manual(in_bucket)
    assert offsite.holds(in_bucket, backup)
    assert in_bucket.offsite is not None
    away = replace(in_bucket, repository=in_bucket.offsite, folder=str(tmp_path / "new"), offsite=None)
    assert [one.id for one in store.rebuild(away)] == [backup.id]
    values = {name: Path(file).read_text() for name, file in in_bucket.offsite.environment.items()}
    argv = [in_bucket.restic, "-r", f"{in_bucket.offsite.url}-recovery-kit", "dump", "latest", kit.NAME]
    answer = subprocess.run(
        argv, env={**values, "RESTIC_PASSWORD": kit.PASSWORD, "HOME": str(tmp_path)}, capture_output=True, check=True
    )
    (tmp_path / "kit").write_bytes(answer.stdout)
    assert kit.read(in_bucket, tmp_path / "kit", Path(in_bucket.identity))["system"] == "shop"
    assert KEYS[1] not in json.dumps(answer.args)


def test_a_repository_in_a_bucket_has_its_kit_beside_it(in_bucket: Job) -> None:
    """BAK-05: there is no machine any more on which it could lie, and no other copy."""
    assert in_bucket.offsite is not None
    alone = replace(in_bucket, repository=in_bucket.offsite, offsite=None)
    manual(alone)
    beside = replace(in_bucket.offsite, url=f"{in_bucket.offsite.url}-{kit.PASSWORD}")
    (Path(alone.folder) / "word").write_text(kit.PASSWORD)
    there = Restic(alone, replace(beside, password_file=str(Path(alone.folder) / "word")))
    assert len(there.snapshots()) == 1
    manual(alone)
    assert len(there.snapshots()) == 1, "the one that is there serves"


def test_a_new_machine_opens_a_bucket_with_its_keys_and_the_identity(
    in_bucket: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BAK-05: it knows neither the password of the repository nor whose it is."""
    backup = manual(in_bucket)
    assert in_bucket.offsite is not None
    for name, file in in_bucket.offsite.environment.items():
        monkeypatch.setenv(name, Path(file).read_text())
    with opened(in_bucket.offsite.url, Path(in_bucket.identity), in_bucket.environment) as found:
        assert [one.id for one in found.sets()] == [backup.id]


def test_credentials_that_are_refused_are_named_as_such(in_bucket: Job, tmp_path: Path) -> None:
    (tmp_path / "AWS_SECRET_ACCESS_KEY").write_text("another")
    with pytest.raises(BackupError) as caught:
        offsite.mirror(in_bucket)
    assert "refuses the credentials" in caught.value.what, caught.value.details
