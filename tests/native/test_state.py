"""What was made is on disk before anybody relies on it; one operation at a time; no half file."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from stackyard.errors import StateError
from stackyard.targets.local.state import Record, operation, write_whole


def test_what_was_noted_is_known_to_the_next_command(tmp_path: Path) -> None:
    first = Record(tmp_path / "development" / "state.json")
    assert first.facets("environment:api") is None
    first.note("environment:api", {"packages": "abc"})
    first.note("migration:api", {})
    second = Record(tmp_path / "development" / "state.json")
    assert second.facets("environment:api") == {"packages": "abc"}
    assert second.facets("migration:api") == {}


def test_what_is_forgotten_is_made_again_and_the_rest_is_kept(tmp_path: Path) -> None:
    record = Record(tmp_path / "state.json")
    for name in ("environment:api", "environment:worker", "site:web", "migration:api"):
        record.note(name, {"a": "1"})
    record.forget("environment:", "site:")
    kept = Record(tmp_path / "state.json")
    assert [name for name in ("environment:api", "site:web", "migration:api") if kept.facets(name)] == ["migration:api"]


def test_a_command_that_only_looks_does_not_undo_what_another_records(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    plan, up = Record(file), Record(file)
    up.note("migration:api", {"source": "1"})
    plan.remember("judged:edge", {"until": "tomorrow"})
    assert plan.facets("judged:edge") == {"until": "tomorrow"}
    assert Record(file).facets("migration:api") == {"source": "1"}
    up.remember("judged:edge", {"until": "tomorrow"})
    up.save()
    assert Record(file).facets("judged:edge") == {"until": "tomorrow"}


def test_steps_that_end_at_the_same_time_are_all_recorded(tmp_path: Path) -> None:
    record = Record(tmp_path / "state.json")
    notes = [Thread(target=record.note, args=(f"process:s{number}", {"n": str(number)})) for number in range(24)]
    for thread in notes:
        thread.start()
    for thread in notes:
        thread.join()
    after = Record(tmp_path / "state.json")
    assert all(after.facets(f"process:s{number}") == {"n": str(number)} for number in range(24))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '"made"', "{}", '{"made": [1]}', '{"made": {"a": 5}}', '{"made": null}', "\0"]
)
def test_a_record_that_is_not_ours_is_an_error_with_its_name_and_the_way_out(tmp_path: Path, text: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(text)
    with pytest.raises(StateError, match=r"state\.json is damaged") as caught:
        Record(file)
    assert "delete it" in caught.value.hint


def test_a_record_of_bytes_or_a_folder_in_its_place_is_an_error_as_well(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_bytes(b'{"made": {"\xff": {}}}')
    with pytest.raises(StateError):
        Record(file)
    file.unlink()
    file.mkdir()
    with pytest.raises(StateError):
        Record(file)


def test_a_second_operation_is_told_who_is_at_work(tmp_path: Path) -> None:
    lock = tmp_path / "development" / "operation.lock"
    with operation(lock, "up"):
        with pytest.raises(StateError) as caught, operation(lock, "down"):
            pytest.fail("two operations at once")
        assert caught.value.what == f"`stackyard up` (pid {os.getpid()}) is at work on this system"
    with operation(lock, "down"):
        assert lock.read_text() == f"`stackyard down` (pid {os.getpid()})"
    assert lock.read_text() == ""


def test_the_lock_is_released_when_an_operation_fails(tmp_path: Path) -> None:
    lock = tmp_path / "operation.lock"
    with pytest.raises(ValueError, match="in the middle"), operation(lock, "up"):
        raise ValueError("in the middle")
    with operation(lock, "up"):
        pass


def test_the_lock_of_a_killed_command_is_free_and_its_name_is_not_told_again(tmp_path: Path) -> None:
    lock = tmp_path / "operation.lock"
    code = (
        "import os, sys; from pathlib import Path; from stackyard.targets.local.state import operation\n"
        "with operation(Path(sys.argv[1]), 'up'): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        with (
            pytest.raises(StateError, match=rf"`stackyard up` \(pid {other.pid}\) is at work"),
            operation(lock, "down"),
        ):
            pass
        other.kill()
    with operation(lock, "down"):
        assert str(other.pid) not in lock.read_text()


def test_a_file_is_replaced_whole_with_exactly_its_mode(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_whole(tmp_path / "etc" / "nginx.conf", "one\n")
        write_whole(tmp_path / "etc" / "users.acl", "two\n", 0o600)
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "etc").iterdir()}
    assert modes == {"nginx.conf": 0o644, "users.acl": 0o600}


def test_a_link_that_stands_in_the_place_of_a_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep me")
    (tmp_path / "redis.conf").symlink_to(precious)
    write_whole(tmp_path / "redis.conf", "port 0\n")
    assert precious.read_text() == "keep me"
    assert not (tmp_path / "redis.conf").is_symlink()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB; only root may have one."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True)
    if done.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(small_disk: Path) -> None:
    file = small_disk / "state.json"
    record = Record(file)
    record.note("data:db", {"superuser": "1"})
    with pytest.raises(OSError, match="No space left on device") as caught:
        record.note("site:web", {"source": "x" * 100_000})
    assert caught.value.errno == errno.ENOSPC
    assert json.loads(file.read_text()) == {"made": {"data:db": {"superuser": "1"}}}
    assert [path.name for path in small_disk.iterdir()] == ["state.json"]
