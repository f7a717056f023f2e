"""Log files and the pump: bounded, whole, and never the reason for anything to stop."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackyard.targets.native.supervisor import pump
from stackyard.targets.native.supervisor.logfile import LogFile, encode, stamp


def records(*lines: str) -> bytes:
    return encode("api", "api-1", "out", lines, 1_700_000_000.25)


def lines_in(folder: Path) -> list[str]:
    files = sorted(folder.glob("api.jsonl*"), key=lambda path: path.name, reverse=True)
    return [json.loads(line)["line"] for file in files for line in file.read_text().splitlines()]


def test_a_record_says_when_who_and_what() -> None:
    (line,) = records('say "hi"\t\x00 ü').splitlines()
    assert json.loads(line) == {
        "ts": "2023-11-14T22:13:20.250Z",
        "part": "api",
        "id": "api-1",
        "stream": "out",
        "line": 'say "hi"\t\x00 ü',
    }
    assert stamp(1_700_000_000.999_9) == "2023-11-14T22:13:20.999Z"


def test_rotation_keeps_a_log_within_its_bound(tmp_path: Path) -> None:
    """LOG-01: rotation that cannot fill the disk."""
    log = LogFile(tmp_path / "api.jsonl", size=1000, files=3)
    for number in range(200):
        log.write(records(f"line {number}"))
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 4 * 1000
    log.close()
    assert {path.name for path in tmp_path.iterdir()} == {"api.jsonl", "api.jsonl.1", "api.jsonl.2", "api.jsonl.3"}
    kept = lines_in(tmp_path)
    assert kept == [f"line {number}" for number in range(200 - len(kept), 200)]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in tmp_path.iterdir())


def test_one_big_write_keeps_the_bound_and_every_line(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "api.jsonl", size=1000, files=50)
    log.write(records(*(f"line {number}" for number in range(100)), "y" * 2000, "z"))
    log.close()
    sizes = sorted(path.stat().st_size for path in tmp_path.iterdir())
    assert sizes[-2] <= 1000 < sizes[-1] < 2200
    paths = sorted(tmp_path.iterdir(), key=lambda path: -int(path.suffix[1:]) if path.suffix[1:].isdigit() else 0)
    kept = [json.loads(line)["line"] for path in paths for line in path.read_text().splitlines()]
    assert kept == [*(f"line {number}" for number in range(100)), "y" * 2000, "z"]


def test_without_old_files_the_log_begins_anew(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "api.jsonl", size=200, files=0)
    for number in range(10):
        log.write(records(f"line {number}"))
    log.close()
    assert [path.name for path in tmp_path.iterdir()] == ["api.jsonl"]
    assert lines_in(tmp_path)[-1] == "line 9"


def test_a_full_disk_drops_whole_lines_and_says_so_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = LogFile(tmp_path / "api.jsonl", size=10_000, files=1)
    log.write(records("before"))
    write = os.write

    def full(handle: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def almost_full(handle: int, data: bytes) -> int:
        return write(handle, data[:10])

    for failing in (full, almost_full):
        monkeypatch.setattr(os, "write", failing)
        log.write(records("lost", "lost"))
    monkeypatch.setattr(os, "write", write)
    log.write(records("after"))
    log.close()
    sentence = "4 log lines were lost: the disk was full or the log could not be written"
    assert lines_in(tmp_path) == ["before", sentence, "after"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a small file system")
def test_a_really_full_disk_ends_no_program(yard: Any) -> None:
    log = yard.places.log
    log.mkdir(mode=0o700)
    mount, umount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", str(log)], ["umount", "-l", str(log)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("cannot mount here")
    try:
        client = yard.launch()
        flood = "for i in range(3000): print('x' * 100)"
        client.start([yard.python("api", flood, restart="never"), yard.sh("other", "exec sleep 1000")])
        assert client.wait(["api"], timeout=10)[0].phase == "done"
        assert yard.log("api").count('"line":"xxx') < 3000
        subprocess.run(["mount", "-o", "remount,size=1m", str(log)], check=True)
        client.start([yard.python("api", "print('hello')", restart="never")])
        client.wait(["api"], timeout=10)
        lost = sum(map(int, re.findall("([0-9]+) log lines were lost", yard.log("api"))))
        kept = [json.loads(line)["line"] for line in yard.log("api").splitlines()]
        assert lost >= 3000 - kept.count("x" * 100) > 0
        assert '"line":"hello"' in yard.log("api")
        yard.ready(client, "other")
        client.shutdown(stop_programs=True)
    finally:
        subprocess.run(umount, check=True)


@given(st.lists(st.binary(max_size=300), max_size=30), st.integers(8, 64))
def test_splitting_gives_back_every_byte_in_short_lines(chunks: list[bytes], longest: int) -> None:
    before, pump.LONGEST_LINE = pump.LONGEST_LINE, longest
    try:
        rest, lines = b"", []
        for chunk in chunks:
            found, rest = pump.split(rest + chunk)
            lines += found
    finally:
        pump.LONGEST_LINE = before
    assert b"".join(lines) + rest == b"".join(chunks).replace(b"\n", b"")
    assert all(len(line) <= longest for line in [*lines, rest])


def test_a_long_line_is_not_cut_inside_a_character(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pump, "LONGEST_LINE", 10)
    lines, rest = pump.split("ü€😀ü€😀ü€😀\n".encode())
    assert rest == b""
    assert "".join(pump.text_of(line) for line in lines) == "ü€😀ü€😀ü€😀"


def test_what_is_not_utf8_is_replaced_and_a_last_line_without_end_is_kept(yard: Any) -> None:
    client = yard.launch()
    script = r"printf 'good\r\nbad \377 byte\nno end'"
    client.start([yard.sh("job", script, restart="never")])
    client.wait(["job"], timeout=5)
    out = [json.loads(line)["line"] for line in yard.log("job").splitlines() if '"stream":"out"' in line]
    assert out == ["good", "bad \ufffd byte", "no end"]


def test_a_flood_is_bounded_and_its_end_is_there(yard: Any) -> None:
    client = yard.launch()
    code = "for i in range(30000): print('line', i, 'x' * 50)"
    client.start([yard.python("job", code, restart="never", log_size=200_000, log_files=2)])
    assert client.wait(["job"], timeout=20)[0].phase == "done"
    assert sum(path.stat().st_size for path in yard.places.log.glob("job.jsonl*")) <= 600_000
    assert "line 29999 x" in yard.log("job")


def test_programs_of_one_part_share_a_log(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh(f"api-{i}", f"echo from {i}", part="api", restart="never") for i in (1, 2)])
    client.wait(["api-1", "api-2"], timeout=5)
    found = {
        (one["id"], one["line"]) for one in map(json.loads, yard.log("api").splitlines()) if one["stream"] == "out"
    }
    assert found == {("api-1", "from 1"), ("api-2", "from 2")}
