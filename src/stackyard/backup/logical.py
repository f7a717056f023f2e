"""Dumps as they lie in the repository, read back: as SQL, and counted row by row."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from stackyard.backup import database, programs
from stackyard.backup.job import PostgresPart
from stackyard.backup.pipes import Count, Feeding, Flow, Source
from stackyard.backup.restic import Restic

_COPY = re.compile(rb"(?m)^COPY (.+?) (?:\(.*\) )?FROM stdin;\n")
_END = b"\n\\.\n"
_NEW_SETTING = re.compile(rb"(?m)^SET transaction_timeout = 0;\n")
"""Clients of PostgreSQL 17 and later write it at the top of every script; an older server knows no such setting."""


class Rows:
    """Counts the rows of each table in a script that passes by; `found` has them, by the name that it writes."""

    def __init__(self) -> None:
        self.found: dict[str, int] = {}
        self._table, self._left = "", b""

    def see(self, chunk: bytes) -> None:
        """The next piece of the script."""
        text: bytes | None = self._left + chunk
        while text is not None:
            text = self._rows(text) if self._table else self._commands(text)

    def _commands(self, text: bytes) -> bytes | None:
        """Up to the next table's rows: what is left then, with the end of the line before; None when all was read."""
        match = _COPY.search(text)
        if match is None:
            self._left = text[text.rfind(b"\n") + 1 :]
            return None
        self._table = match[1].decode(errors="replace")
        self.found.setdefault(self._table, 0)
        return text[match.end() - 1 :]

    def _rows(self, text: bytes) -> bytes | None:
        """Each row begins after the end of a line, and holds none: in a row it is written as two characters."""
        end = text.find(_END)
        known = end if end >= 0 else max(len(text) - len(_END) + 1, 0)
        self.found[self._table] += text.count(b"\n", 0, known)
        if end < 0:
            self._left = text[known:]
            return None
        self._table = ""
        return text[end + len(_END) :]


@dataclass
class Script:
    """A dump as SQL. Iterate over `source` to its end, then ask `dump()` for what was read from the repository.

    `rows` then has how many rows it holds for each table.
    """

    source: Source
    rows: Mapping[str, int]
    _feeding: Feeding

    def dump(self) -> Flow:
        """What the repository gave. Raises BackupError when it or pg_restore failed."""
        flow = self._feeding.flow()
        self.source.flow()
        return flow


def for_any_server(first: bytes) -> bytes:
    """The beginning of a script, without what servers before 17 refuse."""
    return _NEW_SETTING.sub(b"", first, count=1)


@contextmanager
def script(
    restic: Restic, snapshot: str, path: str, part: PostgresPart, count: Count | None = None
) -> Iterator[Script]:
    """The dump in the repository as SQL. pg_restore has to understand all of it: its list of contents proves nothing.

    Raises BackupError.
    """
    argv, rows = (database.program(part, "pg_restore"), "-f", "-"), Rows()
    with restic.dump(snapshot, path, count) as taken:
        process = programs.start(
            argv, part.programs_environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        made, feeding = Source(process, "pg_restore", head=for_any_server, see=rows.see), Feeding(taken, process)
        try:
            yield Script(made, rows.found, feeding)
        finally:
            feeding.end()
