"""Lines as Compose prints them, turned into those that `logs` shows for every target."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from stackyard.errors import MachineError
from stackyard.observe.compose_logs import Whose, parse, read
from stackyard.runner import Answer, Command

WHO = Whose({"api": "api", "api-migrate": "api", "db": "db"}, frozenset({"db", "edge"}))
ROWS = """\
api-1          | 2026-11-21T08:44:33.215111393Z GET /new 500
db-1           | 2026-11-21T08:44:31.5Z checkpoint | complete
api-2          | 2026-11-21T08:44:32Z GET /old 200
api-migrate-1  | 2026-11-21T08:44:30.000000001Z
"""


@dataclass
class Docker:
    """Answers what it is told to, and keeps what it was asked."""

    answer: Answer
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def ask(self, command: Command) -> Answer:
        self.asked.append(command.argv)
        return self.answer


def lines(*words: str, n: int | None = None, grep: str | None = None) -> list[str]:
    docker = Docker(Answer(0, ROWS, ""))
    pattern = re.compile(grep) if grep else None
    return [f"{one.id} {one.line}" for one in read(docker, "shop", WHO, words, n=n, since=None, grep=pattern)]


def test_lines_of_all_containers_stand_in_the_order_of_time() -> None:
    """LOG-01: the logs of all parts in one place, searched."""
    assert lines() == ["api-migrate-1 ", "db checkpoint | complete", "api-2 GET /old 200", "api-1 GET /new 500"]
    assert lines(n=1) == ["api-1 GET /new 500"]
    assert lines(n=0) == []
    assert lines(n=5, grep="GET") == ["api-2 GET /old 200", "api-1 GET /new 500"]


def test_a_line_knows_when_it_was_said_and_by_whom() -> None:
    line = parse("api-2  | 2026-11-21T08:44:33.215111393Z hello", WHO)
    assert line is not None
    assert (line.part, line.id, line.stream, line.line) == ("api", "api-2", "out", "hello")
    assert line.ts == datetime(2026, 11, 21, 8, 44, 33, 215111, UTC)


def test_that_a_container_has_ended_is_said_between_the_lines() -> None:
    line = parse("\x1b[Kapi-1 exited with code 137 (restarting)", WHO)
    assert line is not None
    assert (line.id, line.stream, line.line) == ("api-1", "supervisor", "exited with code 137 (restarting)")


@pytest.mark.parametrize("row", ["", "Attaching to api-1", "api-1  | no time here", "api-1  | 2026-99-99T00:00:00Z x"])
def test_what_is_no_line_of_a_container_is_passed_over(row: str) -> None:
    assert parse(row, WHO) is None


def test_only_the_services_of_a_part_are_asked_for_jobs_and_all() -> None:
    docker = Docker(Answer(0, "", ""))
    read(docker, "shop", WHO, ["api"], n=5, since=datetime(2026, 11, 21, tzinfo=UTC), grep=None)
    asked = "docker compose --ansi never --project-name shop logs --timestamps --no-color --tail 5 --since"
    assert [" ".join(argv) for argv in docker.asked] == [f"{asked} 2026-11-21T00:00:00+00:00 api api-migrate"]


def test_what_is_searched_for_may_stand_before_the_last_lines() -> None:
    docker = Docker(Answer(0, "", ""))
    read(docker, "shop", WHO, [], n=5, since=None, grep=re.compile("x"))
    assert "--tail" not in docker.asked[0]


def test_an_engine_that_does_not_answer_is_an_error_and_not_an_empty_log() -> None:
    docker = Docker(Answer(1, "", "Cannot connect to the Docker daemon"))
    with pytest.raises(MachineError, match="Docker does not run"):
        read(docker, "shop", WHO, [], n=5, since=None, grep=None)
