"""Upkeep itself: look, vacuum and analyse, look again, drop what a rebuild left, rebuild; one thing after the other."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard.backup.events import Event, Tell
from stackyard.backup.upkeep import record
from stackyard.backup.upkeep.connecting import Way, connected, password_of
from stackyard.backup.upkeep.facts import Facts, Index, read
from stackyard.backup.upkeep.judging import USUAL, Limits, densest, judge
from stackyard.backup.upkeep.report import Action, Found, Kind, Report
from stackyard.errors import StackyardError, cause_of

if TYPE_CHECKING:
    import psycopg

    from stackyard.backup.job import Job, PostgresPart

    Connection = psycopg.Connection[tuple[Any, ...]]

BUDGET = 3600.0
"""Seconds that a run over one database may take."""

LOCK_MS = 2000
"""How long everybody else may have to queue behind a lock that we wait for, in milliseconds."""

_SIZE = "SELECT coalesce(pg_total_relation_size(to_regclass(%s)), 0)"
_IS_INVALID = "SELECT NOT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)"
_STATEMENTS = {
    Kind.OLD_IDS: "VACUUM (FREEZE, ANALYZE, SKIP_LOCKED) {}",
    Kind.DEAD_ROWS: "VACUUM (ANALYZE, SKIP_LOCKED) {}",
    Kind.STALE: "ANALYZE (SKIP_LOCKED) {}",
    Kind.BLOATED_INDEX: "REINDEX INDEX CONCURRENTLY {}",
    Kind.INVALID: "REINDEX INDEX CONCURRENTLY {}",
}
_FIRST = (Kind.OLD_IDS, Kind.DEAD_ROWS, Kind.STALE)


def run(
    job: Job, tell: Tell, *, only: Collection[str] = (), dry: bool = False, budget: float = BUDGET
) -> tuple[Report, ...]:
    """Keep up the databases of the job that name their owner, or `only` some, and record it in the job's folder.

    A database that cannot be kept up has a report that says why; nothing is raised for it.
    """
    file = Path(job.folder) / record.FILE
    parts = [part for part in job.postgres if part.owner and (not only or part.name in only)]
    return tuple(_of_part(part, file, tell, dry=dry, budget=budget) for part in parts)


def _of_part(part: PostgresPart, file: Path, tell: Tell, *, dry: bool, budget: float) -> Report:
    try:
        password = password_of(part.owner_password_file)
    except OSError as error:
        report = replace(_begin(part.name, part.database, dry=dry), error=f"the owner's password: {cause_of(error)}")
        if not dry:
            record.note(file, report)
        return report
    way = Way(part.name, part.host, part.port, part.database, part.owner, password, part.data, part.tls_ca)
    return keep_up(way, file, budget=budget, dry=dry, tell=tell)


def _begin(part: str, database: str, *, dry: bool) -> Report:
    return Report(part, database, datetime.now(UTC).isoformat(timespec="seconds"), dry=dry)


def keep_up(
    way: Way, file: Path, *, tell: Tell, dry: bool = False, budget: float = BUDGET, limits: Limits = USUAL
) -> Report:
    """Keep up one database, and record the report in `file` unless it is `dry`. Raises OSError for the file only."""
    before = record.last(file, way.part)
    begun = time.monotonic()
    empty = _begin(way.part, way.database, dry=dry)
    known = before.densities if before else {}
    try:
        import psycopg

        with connected(way) as connection:
            report = _Round(connection, way, tell, begun + budget, limits, dry=dry).go(replace(empty, densities=known))
    except StackyardError as error:
        report = replace(empty, error=": ".join((error.what, *error.details[:1])), densities=known)
    except psycopg.Error as error:
        report = replace(empty, error=_first_line(error), densities=known)
    report = replace(report, seconds=round(time.monotonic() - begun, 3))
    if not dry:
        record.note(file, report)
    return report


class _Round:
    """One run on one connection, which has to end at `until` (of the monotonic clock)."""

    def __init__(
        self, connection: Connection, way: Way, tell: Tell, until: float, limits: Limits, *, dry: bool
    ) -> None:
        self._connection = connection
        self._way = way
        self._tell = tell
        self._until = until
        self._limits = limits
        self._dry = dry
        self._actions: list[Action] = []
        self._left: list[str] = []

    def go(self, empty: Report) -> Report:
        """Look and do; what is found is told as it was before anything was done."""
        facts = read(self._connection)
        known = densest(facts.indexes, empty.densities, frozenset())
        found = judge(facts, known, self._limits)
        self._do(one for one in found if one.kind in _FIRST)
        if not self._dry:
            # A vacuum makes the numbers exact by which an index is judged.
            facts = read(self._connection)
            known = densest(facts.indexes, known, frozenset())
            later = judge(facts, known, self._limits)
            found = (*(one for one in found if one.kind in _FIRST), *(one for one in later if one.kind not in _FIRST))
        self._indexes(found, facts)
        rebuilt = frozenset(one.name for one in self._actions if one.sql.startswith("REINDEX") and not one.error)
        if rebuilt and not self._dry:
            known = densest(read(self._connection).indexes, known, rebuilt)
        return replace(empty, found=found, actions=tuple(self._actions), left=tuple(self._left), densities=dict(known))

    def _indexes(self, found: tuple[Found, ...], facts: Facts) -> None:
        by_name = {one.name: one for one in facts.indexes}
        for one in found:
            if one.kind is Kind.INVALID and by_name[one.name].is_leftover:
                self._drop(one, by_name[one.name])
        # The most wasteful first: there may not be time for all.
        rest = sorted((one for one in found if _is_to_rebuild(one, by_name)), key=lambda one: -one.wasted)
        for one in rest:
            if self._has_room(one, by_name[one.name]):
                self._do([one])
        self._sweep()

    def _sweep(self) -> None:
        """Drop what a rebuild of this very run left behind."""
        failed = {one.name for one in self._actions if one.error and one.sql.startswith("DROP")}
        if self._dry or not any(one.error for one in self._actions):
            return
        for index in read(self._connection).indexes:
            if index.is_leftover and not index.is_valid and index.name not in failed:
                self._drop(Found(Kind.INVALID, index.name, "left by this run", index.size), index)

    def _do(self, found: Iterator[Found] | list[Found]) -> None:
        for one in found:
            self._act(one, _STATEMENTS[one.kind].format(one.name), lambda sql: self._execute(sql))

    def _drop(self, one: Found, index: Index) -> None:
        self._act(one, f"DROP INDEX {one.name}", lambda sql: self._drop_unless_used(sql, index))

    def _drop_unless_used(self, sql: str, index: Index) -> None:
        with self._connection.transaction():
            # Whoever still builds it holds this lock, and would have made it valid by the time that we got it.
            self._execute(f"LOCK TABLE ONLY {index.table} IN SHARE UPDATE EXCLUSIVE MODE NOWAIT")
            is_invalid = self._connection.execute(_IS_INVALID, (index.name,)).fetchall()
            if is_invalid == [(True,)]:
                self._execute(sql)

    def _has_room(self, one: Found, index: Index) -> bool:
        """A new index is built beside the old one: that must not fill the disk."""
        if not self._way.data:
            return True
        try:
            free = shutil.disk_usage(self._way.data).free
        except OSError:
            return True
        if free > 2 * index.size:
            return True
        self._left.append(f"{one.name}: a rebuild needs {2 * index.size} bytes, and {free} are free")
        return False

    def _act(self, one: Found, sql: str, perform: Callable[[str], None]) -> None:
        if self._dry:
            self._actions.append(Action(one.kind, one.name, sql))
            return
        left = self._until - time.monotonic()
        if left < 1:
            self._left.append(f"{one.name}: no time was left for {sql}")
            return
        import psycopg

        self._execute(f"SET statement_timeout = {int(left * 1000)}")
        self._execute(f"SET lock_timeout = {LOCK_MS}")
        self._tell(Event(sql, "begun"))
        begun, size, error = time.monotonic(), self._size(one.name), ""
        try:
            perform(sql)
        except psycopg.errors.LockNotAvailable:
            error = "it is in use: the next run tries again"
        except psycopg.errors.QueryCanceled:
            error = "the time of this run was over"
        except psycopg.Error as problem:
            error = _first_line(problem)
        seconds = round(time.monotonic() - begun, 3)
        self._tell(Event(sql, "failed" if error else "done", seconds=seconds, detail=error))
        self._actions.append(Action(one.kind, one.name, sql, seconds, size - self._size(one.name), error))

    def _size(self, name: str) -> int:
        ((size,),) = self._connection.execute(_SIZE, (name,)).fetchall()
        return int(size)

    def _execute(self, sql: str) -> None:
        self._connection.execute(sql.encode())


def _is_to_rebuild(one: Found, indexes: Mapping[str, Index]) -> bool:
    if one.kind is Kind.BLOATED_INDEX:
        return True
    return one.kind is Kind.INVALID and not (indexes[one.name].is_leftover or indexes[one.name].is_parent)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
