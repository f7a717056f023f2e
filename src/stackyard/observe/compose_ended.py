"""What containers have said that are gone: the engine forgets it with them, so `down` writes it down before.

In the form of the native target's logs: the run that ended last, and the one before it behind.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.observe.compose_logs import Whose, said_by
from stackyard.observe.logs import LogLine
from stackyard.runner import Asker
from stackyard.targets.compose.snapshot import Container

LINES = 10_000
"""The most that is kept of one container."""
_AT_ONCE = 4


def keep(asker: Asker, containers: Sequence[Container], who: Whose, folder: Path) -> None:
    """Write the logs of these containers into `folder`/log. Never raises: `down` goes on without them."""

    def said(one: Container) -> list[LogLine]:
        with contextlib.suppress(StackyardError):
            name = who.id(one.service, str(one.number))
            return said_by(asker, one.id, who.parts[one.service], name, n=LINES, since=None)
        return []

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        lines = [line for found in pool.map(said, containers) for line in found]
    with contextlib.suppress(OSError):
        for part in sorted({line.part for line in lines}):
            own = sorted((line for line in lines if line.part == part), key=lambda line: line.ts)
            _write(folder / "log" / f"{part}.jsonl", own)


def parts(folder: Path) -> frozenset[str]:
    """The parts of which something was kept."""
    return frozenset(path.stem for path in (folder / "log").glob("*.jsonl"))


def _write(file: Path, lines: Iterable[LogLine]) -> None:
    """What programs say is for whom the system belongs to, and for nobody else."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if file.exists():
        file.replace(file.with_name(f"{file.name}.1"))
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.writelines(f"{_record(line)}\n" for line in lines)


def _record(line: LogLine) -> str:
    record = {"ts": line.ts.isoformat(), "part": line.part, "id": line.id, "stream": line.stream, "line": line.line}
    return json.dumps(record, ensure_ascii=False)
