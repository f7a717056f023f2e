"""The last words of a program that did not become ready: its own, and of this start only."""

from __future__ import annotations

import json
from pathlib import Path

from stackyard.targets.native.processes import last_words
from stackyard.targets.native.supervisor.status import ProgramStatus

STATUS = ProgramStatus(
    id="api-1",
    part="api",
    phase="backoff",
    pid=None,
    since=0.0,
    restarts=2,
    failures=3,
    fingerprint="",
    watch="",
    sentence="api-1 exited with code 1",
    detail="",
    last_exit="exited with code 1",
)


def write(folder: Path, *rows: tuple[str, str, str]) -> None:
    """A log of (id, stream, line), which begins in the middle of a line."""
    lines = [json.dumps({"part": "api", "id": name, "stream": stream, "line": line}) for name, stream, line in rows]
    (folder / "api.jsonl").write_text("\n".join(['half a line"}', *lines]) + "\n")


def test_they_are_those_of_the_program_since_it_was_last_started_on_request(tmp_path: Path) -> None:
    write(
        tmp_path,
        ("api-1", "out", "all is well"),
        ("api-1", "supervisor", "starting api-1"),
        ("api-1", "out", "no module named api"),
        ("api-2", "out", "I am another replica"),
        ("api-2", "supervisor", "starting api-2"),
        ("api-1", "supervisor", "api-1 exited with code 1 after 0.1 s; starting it again in 0.1 s (failure 1 of 8)"),
        ("api-1", "out", "no module named api, again"),
    )
    assert last_words(tmp_path, STATUS) == ("no module named api", "no module named api, again")


def test_they_are_the_last_twelve(tmp_path: Path) -> None:
    write(tmp_path, *(("api-1", "out", str(number)) for number in range(50)))
    assert last_words(tmp_path, STATUS) == tuple(map(str, range(38, 50)))


def test_who_said_nothing_has_none(tmp_path: Path) -> None:
    assert last_words(tmp_path, STATUS) == ()
    write(tmp_path, ("api-1", "out", "earlier"), ("api-1", "supervisor", "starting api-1 again"))
    assert last_words(tmp_path, STATUS) == ()
