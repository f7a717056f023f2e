"""The logs of a system on Docker Compose, in the form of every target. They are the engine's, and so is their keeping.

Compose says which container each line is from; who it belongs to is on the labels of the containers.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from stackyard.observe.logs import LogLine
from stackyard.runner import Asker, Command
from stackyard.targets.compose import commands, engine, verb_commands
from stackyard.targets.compose.snapshot import Container

_PATIENCE = 120.0
_SAID = re.compile(r"(?P<service>\S+)-(?P<number>\d+)\s*\| (?P<ts>\d{4}-\d\d-\d\dT\S+) ?(?P<line>.*)")
_ENDED = re.compile(r"(?:\x1b\[K)?(?P<service>\S+)-(?P<number>\d+) (?P<line>exited with code .*)")
_WHOLE_SECOND = 19
"""Characters of a time up to its seconds."""


@dataclass(frozen=True)
class Whose:
    """What a line is from: `single` are services with one container, which goes by the name of its part."""

    parts: Mapping[str, str]
    single: frozenset[str]

    def id(self, service: str, number: str) -> str:
        """The name of a container for people: "db", "api-2"."""
        return service if service in self.single else f"{service}-{number}"


def whose(containers: Iterable[Container], part_label: str, single: frozenset[str]) -> Whose:
    """Who the containers of a project are."""
    return Whose({one.service: one.labels.get(part_label, one.service) for one in containers}, single)


def read(
    asker: Asker,
    project: str,
    who: Whose,
    parts: Sequence[str],
    *,
    n: int | None,
    since: datetime | None,
    grep: re.Pattern[str] | None,
) -> list[LogLine]:
    """The last `n` lines of these parts, oldest first; a pattern may need all that was kept. Raises MachineError."""
    if n == 0:
        return []
    lines = n if grep is None else None
    argv = verb_commands.logs(project, _services(who, parts), lines=lines, since=since)
    answer = asker.ask(Command(argv, Path("/"), commands.environment(), timeout=_PATIENCE))
    if not answer.is_good:
        raise engine.unreachable(answer.errors)
    # By line feeds only: a program may well print other separators of lines.
    found = [line for row in answer.output.split("\n") if (line := parse(row, who)) is not None]
    fitting = sorted((line for line in found if grep is None or grep.search(line.line)), key=lambda line: line.ts)
    return fitting if n is None else fitting[-n:]


def follow(project: str, who: Whose, parts: Sequence[str], *, grep: re.Pattern[str] | None) -> Iterator[LogLine]:
    """Every new line as it comes, until all containers have ended."""
    argv = verb_commands.logs(project, _services(who, parts), lines=0, follow=True)
    # In a session of its own: a Ctrl-C in our terminal is for us.
    with subprocess.Popen(
        argv,
        cwd="/",
        env=commands.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            for row in process.stdout:
                line = parse(row.decode(errors="replace").rstrip("\n"), who)
                if line is not None and (grep is None or grep.search(line.line)):
                    yield line
        finally:
            process.kill()


def parse(row: str, who: Whose) -> LogLine | None:
    """A line as Compose prints it; None for what is none. That a container has ended stands between the lines."""
    if said := _SAID.fullmatch(row.rstrip("\r")):
        moment = _moment(said["ts"])
        return None if moment is None else _line(said, moment, "out", who)
    ended = _ENDED.fullmatch(row)
    return None if ended is None else _line(ended, datetime.now(UTC), "supervisor", who)


def _line(found: re.Match[str], moment: datetime, stream: str, who: Whose) -> LogLine:
    service = found["service"]
    part = who.parts.get(service, service)
    return LogLine(moment, part, who.id(service, found["number"]), stream, found["line"])


def _moment(text: str) -> datetime | None:
    """A time in nanoseconds, as the engine writes it."""
    fraction = re.match(r"\.(\d+)", text[_WHOLE_SECOND:])
    zone = text[_WHOLE_SECOND:].removeprefix(fraction[0] if fraction else "")
    parts = f".{fraction[1][:6].ljust(6, '0')}" if fraction else ""
    try:
        return datetime.fromisoformat(f"{text[:_WHOLE_SECOND]}{parts}{zone}")
    except ValueError:
        return None


def _services(who: Whose, parts: Sequence[str]) -> tuple[str, ...]:
    """The services of these parts, jobs and all; none means every one."""
    return tuple(service for service, part in who.parts.items() if part in parts)


def said_by(
    asker: Asker, container: str, part: str, name: str, *, n: int | None, since: datetime | None
) -> list[LogLine]:
    """The last `n` lines (all without one) of one container, oldest first. Raises MachineError."""
    tail = ("--tail", str(n)) if n is not None else ()
    begin = ("--since", since.isoformat()) if since is not None else ()
    argv = ("docker", "logs", "--timestamps", *tail, *begin, container)
    answer = asker.ask(Command(argv, Path("/"), commands.environment(), timeout=_PATIENCE))
    if not answer.is_good:
        raise engine.unreachable(answer.errors)
    made = []
    for row in (*answer.output.split("\n"), *answer.errors.split("\n")):
        word, _, line = row.rstrip("\r").partition(" ")
        moment = _moment(word) if len(word) > _WHOLE_SECOND else None
        if moment is not None:
            made.append(LogLine(moment, part, name, "out", line))
    return sorted(made, key=lambda one: one.ts)
