"""Logs are read from their end, merged by time, over rotations, and followed without a gap."""

from __future__ import annotations

import json
import re
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stackyard.observe import logs
from stackyard.observe.logs import LogLine, Tail, follow, read
from stackyard.targets.native.program import Program
from stackyard.targets.native.supervisor.client import launch
from stackyard.targets.native.supervisor.logfile import LogFile, encode
from tests.reading import reading_less_than

NOON = 1_700_000_000.0


def write(folder: Path, part: str, moments: list[int], *, suffix: str = "") -> None:
    path = folder / "log" / f"{part}.jsonl{suffix}"
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as file:
        for moment in moments:
            file.write(encode(part, f"{part}-1", "out", [f"{part} {moment}"], NOON + moment))


def said(lines: list[LogLine]) -> list[str]:
    return [line.line for line in lines]


def test_lines_of_all_parts_come_in_the_order_of_time(tmp_path: Path) -> None:
    write(tmp_path, "api", [5, 7])
    write(tmp_path, "api", [3, 4], suffix=".1")
    write(tmp_path, "api", [1], suffix=".2")
    write(tmp_path, "db", [2, 6, 8])
    write(tmp_path, "supervisor", [9])
    everything = ["api 1", "db 2", "api 3", "api 4", "api 5", "db 6", "api 7", "db 8"]
    assert said(read(tmp_path)) == everything
    assert said(read(tmp_path, n=3)) == everything[-3:]
    assert said(read(tmp_path, ["api"], n=3)) == ["api 4", "api 5", "api 7"]
    assert said(read(tmp_path, ["supervisor"])) == ["supervisor 9"]
    assert said(read(tmp_path, since=datetime.fromtimestamp(NOON + 6, UTC))) == everything[-3:]
    assert said(read(tmp_path, n=2, grep=re.compile("^db"))) == ["db 6", "db 8"]
    assert read(tmp_path, n=0) == []


def test_a_line_knows_when_and_who(tmp_path: Path) -> None:
    write(tmp_path, "api", [1])
    moment = datetime(2023, 11, 14, 22, 13, 21, tzinfo=UTC)
    assert read(tmp_path) == [LogLine(moment, "api", "api-1", "out", "api 1")]


def test_lines_of_the_same_moment_keep_their_order(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "api.jsonl").write_bytes(encode("api", "api", "out", [str(i) for i in range(50)], NOON))
    assert said(read(tmp_path, n=40)) == [str(i) for i in range(10, 50)]


@pytest.mark.parametrize("chunk", [1, 7, 100, 65536])
def test_the_size_of_a_read_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(logs, "CHUNK", chunk)
    write(tmp_path, "api", [1, 2, 3])
    assert said(read(tmp_path)) == ["api 1", "api 2", "api 3"]


def test_spoiled_and_half_lines_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "api", [1])
    with (tmp_path / "log" / "api.jsonl").open("ab") as file:
        file.write(b"\x00\xff nonsense\n\n[1]\n")
    write(tmp_path, "api", [2])
    with (tmp_path / "log" / "api.jsonl").open("ab") as file:
        file.write(b'{"ts":"2023-11')
    assert said(read(tmp_path)) == ["api 1", "api 2"]


def test_where_there_are_no_logs_there_are_no_lines(tmp_path: Path) -> None:
    assert read(tmp_path) == []
    assert read(tmp_path, ["api"], n=5) == []
    assert list(follow(tmp_path, None, ["api"], n=5)) == []


def test_only_the_end_of_a_big_log_is_read(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    data = encode("api", "api", "out", [f"line {i} {'x' * 200}" for i in range(200_000)], NOON)
    (tmp_path / "log" / "api.jsonl").write_bytes(data)
    with reading_less_than(len(data) / 50):
        assert said(read(tmp_path, n=2))[1].startswith("line 199999 ")


def test_a_tail_loses_nothing_over_several_rotations(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "api.jsonl", size=300, files=5)
    log.write(encode("api", "api", "out", ["first"], NOON))
    tail = Tail(tmp_path / "api.jsonl")
    expected, found = [], []
    for number in range(30):
        log.write(encode("api", "api", "out", [str(number)], NOON))
        expected.append(str(number))
        if number % 7 == 0:
            found += said(list(tail.new()))
    found += said(list(tail.new()))
    tail.close()
    log.close()
    assert found == expected


def test_follow_gives_the_last_lines_and_then_every_new_one_at_once(tmp_path: Path) -> None:
    client = launch(tmp_path, "detached")
    try:
        script = "i=0; while [ $i -lt 300 ]; do echo $i $(date +%s%N); i=$((i+1)); sleep 0.002; done; exec sleep 1000"
        client.start([Program("api", "api", ("/bin/sh", "-c", script), "/tmp", log_size=4000, log_files=5)])
        client.wait(["api"], timeout=5)
        numbers, late = [], []
        for line in follow(tmp_path, client, ["api"], n=5, grep=re.compile(r"^\d+ \d+$")):
            number, moment = map(int, line.line.split())
            numbers.append(number)
            late.append(time.time() - moment / 1e9)
            if number == 299:
                break
        assert numbers == list(range(numbers[0], 300))
        assert sorted(late)[len(late) // 2] < 0.1
    finally:
        client.shutdown(stop_programs=True)


def test_follow_ends_when_the_supervisor_is_gone_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "COMEBACK", 0.2)
    client = launch(tmp_path, "detached")
    client.start([Program("api", "api", ("sleep", "1000"), "/tmp")])
    client.wait(["api"], timeout=5)
    ending = threading.Timer(0.2, lambda: client.shutdown(stop_programs=True))
    ending.start()
    lines = said(list(follow(tmp_path, client, n=10)))
    ending.join()
    assert lines[-1] == "api is stopped"
    assert json.loads((tmp_path / "log" / "api.jsonl").read_text().splitlines()[-1])["line"] == "api is stopped"
