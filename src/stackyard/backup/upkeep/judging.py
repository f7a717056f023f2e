"""What is the matter with a database, by what was read of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from stackyard.backup.upkeep.facts import Facts, Index, Partitioned, Sequence, Table
from stackyard.backup.upkeep.report import Found, Kind

_DAY = 86400.0
_MB = 1024**2


@dataclass(frozen=True)
class Limits:
    """From where on something is the matter.

    `share` of a table's rows that are dead or changed, and at least `rows` of them; `bloat`: what part of a relation
    may be empty; at least `wasted` bytes of it; `ids`: what part of the age at which the server begins to freeze;
    `used` of a sequence; `watched` seconds before an index counts as unused; a table with partitions is analysed anew
    after `parent` seconds, for nothing else does.
    """

    share: float = 0.05
    rows: int = 1000
    bloat: float = 0.5
    wasted: int = 1 * _MB
    ids: float = 0.5
    used: float = 0.75
    watched: float = 30 * _DAY
    parent: float = 6 * _DAY


USUAL = Limits()


def judge(facts: Facts, densities: Mapping[str, float], limits: Limits = USUAL) -> tuple[Found, ...]:
    """All that was found. `densities` are bytes an entry of indexes that were once seen dense, by name."""
    return tuple(
        one
        for part in (
            (found for table in facts.tables for found in _table(table, limits)),
            (found for index in facts.indexes for found in _index(index, densities, limits)),
            _alike(facts.indexes),
            (found for sequence in facts.sequences for found in _sequence(sequence, limits)),
            (found for table in facts.partitioned for found in _partitioned(table)),
        )
        for one in part
    )


def densest(indexes: Iterable[Index], before: Mapping[str, float], rebuilt: frozenset[str]) -> dict[str, float]:
    """How many bytes an entry of each index takes when it is dense, as far as we know.

    What was `rebuilt` is dense now. Where statistics tell nothing, the densest that was ever seen has to do.
    """
    known = {}
    for index in indexes:
        if index.rows < 1 or not index.is_valid:
            continue
        now = index.size / index.rows
        if index.name in rebuilt:
            known[index.name] = now
        elif index.name in before or index.expected is None:
            known[index.name] = min(now, before.get(index.name, now))
    return known


def _table(table: Table, limits: Limits) -> Iterator[Found]:
    if table.is_parent:
        if table.analysed is None or table.analysed > limits.parent:
            yield Found(Kind.STALE, table.name, "a table with partitions, which nothing analyses by itself")
        return
    enough = max(limits.rows, limits.share * table.live)
    if table.age > limits.ids * table.freeze:
        share = table.age / table.freeze
        yield Found(Kind.OLD_IDS, table.name, f"its oldest transaction is at {share:.0%} of the age that forces a scan")
    elif table.dead >= enough:
        yield Found(Kind.DEAD_ROWS, table.name, f"{table.dead} dead rows beside {table.live}")
    elif table.changed >= enough or (table.analysed is None and table.live > 0):
        told = "it was never analysed" if table.analysed is None else f"{table.changed} rows changed since ANALYZE"
        yield Found(Kind.STALE, table.name, told)
    if table.expected is not None:
        wasted = table.size - table.expected
        # Plain rows beside long values in a TOAST table would look like bloat: these have a size that statistics know.
        if wasted > 10 * limits.wasted and wasted > limits.bloat * table.size:
            what = f"about {wasted / table.size:.0%} of it is empty, and is used again as rows come"
            yield Found(Kind.BLOATED_TABLE, table.name, what, wasted)


def _index(index: Index, densities: Mapping[str, float], limits: Limits) -> Iterator[Found]:
    if not index.is_valid:
        yield Found(Kind.INVALID, index.name, _invalid(index), index.size if index.is_leftover else 0)
        return
    if index.is_parent:
        return
    expected = densities[index.name] * index.rows if index.name in densities else index.expected
    if expected is not None:
        wasted = index.size - int(expected)
        if wasted > limits.wasted and wasted > limits.bloat * index.size:
            what = f"about {wasted / index.size:.0%} of it is empty: {index.size} bytes for {index.rows} rows"
            yield Found(Kind.BLOATED_INDEX, index.name, what, wasted)
    if not index.is_binding and index.scans == 0 and index.counted > limits.watched and index.size > limits.wasted:
        what = f"nothing has read it for {index.counted / _DAY:.0f} days"
        yield Found(Kind.UNUSED, index.name, what, index.size)


def _invalid(index: Index) -> str:
    if index.is_leftover:
        return "left by a rebuild that failed: every change writes into it, and nobody reads it"
    if index.is_parent:
        return "not every partition has its part of it"
    return "its making failed: every change writes into it, and nobody reads it"


def _alike(indexes: Iterable[Index]) -> Iterator[Found]:
    first: dict[str, Index] = {}
    # Of two alike the one that binds stays.
    for index in sorted(indexes, key=lambda one: (not one.is_binding, one.name)):
        if not index.is_valid:
            continue
        other = first.setdefault(index.alike, index)
        if other is not index and not index.is_binding:
            yield Found(Kind.DUPLICATE, index.name, f"{other.name} says the same", index.size)


def _sequence(sequence: Sequence, limits: Limits) -> Iterator[Found]:
    if sequence.room and sequence.used > limits.used * sequence.room:
        share = sequence.used / sequence.room
        yield Found(Kind.SEQUENCE, sequence.name, f"it has given {share:.0%} of the numbers that fit its column")


def _partitioned(table: Partitioned) -> Iterator[Found]:
    if not table.has_next:
        yield Found(Kind.PARTITION, table.name, f"there is none for the next period: they end at {table.newest}")
    if table.strays:
        what = f"{table.strays} rows are in {table.default}, which has to be empty before their partition can be made"
        yield Found(Kind.STRAY, table.name, what)
