"""What a restore will do, decided before anything is touched: from which set, to which moment, at what price. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stackyard.backup.sets import BackupSet
from stackyard.errors import StateError, UsageError
from stackyard.operate.restoring.choose import choose
from stackyard.operate.restoring.effects import Part, Space
from stackyard.operate.restoring.moment import Moment, seconds_between
from stackyard.operate.sizes import human

KINDS = ("db", "files", "cache")
"""The words for all parts of a kind."""

_MARGIN = 1.1
_LEAST = 64 * 1024**2
"""Bytes for changes that are replayed, beside the tenth that everything is given."""


@dataclass(frozen=True)
class Request:
    """What was asked for. `backup` is the id of a set or "latest"; `only` parts, or kinds of them; () is everything.

    `newer_schema`: a set whose migrations this code does not know is wanted all the same. `beside`: nothing is
    replaced, the copy is only looked into.
    """

    backup: str = "latest"
    moment: Moment | None = None
    only: tuple[str, ...] = ()
    newer_schema: bool = False
    beside: bool = False


@dataclass(frozen=True)
class Code:
    """The migrations of the code that is here: the head, and all that it knows. Empty where nobody can say."""

    head: str = ""
    known: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Facts:
    """What was found before the decision. Times are UTC, ISO 8601.

    `filled` names the parts that hold data, `answering` the databases that can be asked now, `left` the sets of moments
    that the system has left behind, and since when (seconds since the epoch).
    """

    sets: tuple[BackupSet, ...]
    parts: tuple[Part, ...]
    filled: frozenset[str]
    space: Space
    newest: Mapping[str, str] = field(default_factory=dict)
    continuous: frozenset[str] = frozenset()
    drilled: float = 0.0
    answering: frozenset[str] = frozenset()
    code: Mapping[str, Code] = field(default_factory=dict)
    left: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class RestorePlan:
    """The decision. `replaced` are parts whose data gives way, `missing` those that have none; `lost` how many seconds
    of newer work each database gives up, None where nobody can say. `expected` in seconds, 0.0 unknown; sizes in bytes.
    """

    backup: BackupSet
    moment: Moment
    time: str
    parts: tuple[Part, ...]
    missing: frozenset[str]
    left: tuple[str, ...]
    lost: Mapping[str, float | None]
    expected: float
    needed: int
    free: int
    notices: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The plan as other programs read it."""
        return {
            "set": self.backup.id,
            "moment": {"kind": self.moment.kind, "value": self.moment.value, "time": self.time},
            "parts": [{"name": one.name, "kind": one.kind, "replaces": one.live} for one in self.parts],
            "left": list(self.left),
            "lost_seconds": dict(self.lost),
            "expected_seconds": self.expected,
            "needed_bytes": self.needed,
            "free_bytes": self.free,
            "notices": list(self.notices),
        }


def plan(request: Request, facts: Facts) -> RestorePlan:
    """Decide. Raises UsageError for what cannot be asked, StateError for what cannot be had or has no room."""
    moment = _moment(request, facts)
    database = next((one.name for one in facts.parts if one.kind == "db"), "")
    backup = choose(facts.sets, request.backup, moment.target(database), database, facts.left)
    _refuse_between_sets(request, moment, backup, facts)
    parts, left = _parts(request, moment, backup, facts)
    for part in parts:
        _refuse_another_major(backup, part)
    needed = _needed(backup, parts)
    if needed > facts.space.free:
        raise StateError(
            f"a restore needs {human(needed)} beside what runs, and {human(facts.space.free)} are free",
            hint=f"Free some space in {facts.space.place}; or restore elsewhere with --into. Nothing was changed.",
        )
    schema = tuple(_schema(request, backup, part, facts) for part in parts if part.kind == "db")
    return RestorePlan(
        backup=backup,
        moment=moment,
        time=_time(moment, backup),
        parts=parts,
        missing=frozenset(one.name for one in parts) - facts.filled,
        left=tuple(one.name for one in facts.parts if one not in parts),
        lost={one.name: _lost(moment, backup, one.name, facts) for one in parts if one.kind == "db"},
        expected=facts.drilled,
        needed=needed,
        free=facts.space.free,
        notices=(
            *(text for text in schema if text),
            *left,
            *_meanwhile(request, moment, parts, facts),
            *_warnings(backup),
        ),
    )


def _moment(request: Request, facts: Facts) -> Moment:
    if request.moment is not None:
        return request.moment
    wants_database = not request.only or _databases(request.only, facts)
    if request.backup == "latest" and facts.continuous and wants_database:
        return Moment("latest")
    return Moment("set")


def _refuse_between_sets(request: Request, moment: Moment, backup: BackupSet, facts: Facts) -> None:
    if moment.is_of_changes and not facts.continuous:
        raise UsageError(
            f"no changes are kept between sets: {moment.words} cannot be had",
            hint=f"`backups: {{wal: continuous}}` keeps them from now on. The nearest set before it is {backup.id}.",
        )
    if moment.is_of_changes and request.only and not _databases(request.only, facts):
        raise UsageError(
            "only a database can go to a moment between two sets",
            hint="Leave --to away: files and caches come back as they were at the moment of a set.",
        )


def _refuse_another_major(backup: BackupSet, part: Part) -> None:
    """What the server of one major version wrote, that of another cannot read."""
    held = backup.database(part.name)
    if held is None or part.version is None:
        return
    theirs, ours = int(held.version.partition(".")[0]), part.version.numbers[0]
    if theirs != ours and not (part.version.at_least and theirs > ours):
        raise StateError(
            f"the set {backup.id} has {part.name} in PostgreSQL {theirs}, and the stack file wants {part.version}",
            hint=f"Write `version: {theirs}` for it to restore that set, and upgrade it then with `stackyard upgrade`; "
            "or take a later set. Nothing was changed.",
        )


def _databases(only: Sequence[str], facts: Facts) -> bool:
    return any(one.kind == "db" and (one.name in only or one.kind in only) for one in facts.parts)


def _parts(
    request: Request, moment: Moment, backup: BackupSet, facts: Facts
) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """The parts to restore, and a sentence for each that one could have expected as well."""
    names = {one.name for one in facts.parts}
    for word in request.only:
        if word not in names and word not in KINDS:
            raise UsageError(
                f"{word} is no part with data", hint=f"There are: {', '.join(sorted(names))}; or db, files, cache."
            )
    chosen: list[Part] = []
    sentences: list[str] = []
    for part in facts.parts:
        is_named = part.name in request.only or part.kind in request.only
        if request.only and not is_named:
            continue
        if not _holds(backup, part):
            if part.name in request.only:
                raise StateError(
                    f"the set {backup.id} holds nothing of {part.name}", hint="`stackyard backup list` shows others."
                )
            sentences.append(f"{part.name} stays as it is: the set holds nothing of it")
        elif not is_named and part.kind != "db" and moment.is_of_changes and part.name in facts.filled:
            hint = f"`stackyard restore {backup.id} --only {part.name}` brings back the set's"
            sentences.append(f"{part.name} stays as it is, for it may be newer than the set; {hint}")
        else:
            chosen.append(part)
    if not chosen:
        raise UsageError("there is nothing to restore", hint="`stackyard backup show` lists what a set holds.")
    return tuple(chosen), tuple(sentences)


def _holds(backup: BackupSet, part: Part) -> bool:
    return any(one.part == part.name and one.kind in _PIECES[part.kind] for one in backup.pieces)


_PIECES = {"db": ("base",), "files": ("objects",), "cache": ("redis",)}


def _needed(backup: BackupSet, parts: Sequence[Part]) -> int:
    sizes = sum(
        one.size for part in parts for one in backup.pieces if one.part == part.name and one.kind in _PIECES[part.kind]
    )
    return int(sizes * _MARGIN) + _LEAST


def _time(moment: Moment, backup: BackupSet) -> str:
    if moment.kind == "time":
        return moment.value
    if moment.mark is not None:
        return moment.mark.taken
    return backup.moment if moment.kind == "set" else ""


def _lost(moment: Moment, backup: BackupSet, part: str, facts: Facts) -> float | None:
    if moment.kind == "latest":
        return 0.0
    found = seconds_between(_time(moment, backup), facts.newest.get(part, ""))
    return None if found is None else max(0.0, found)


def _schema(request: Request, backup: BackupSet, part: Part, facts: Facts) -> str:
    """A sentence when the set's migrations are not those of the code. Raises StateError when they are newer."""
    database = backup.database(part.name)
    theirs, ours = database.migration if database else "", facts.code.get(part.name, Code())
    if not theirs or not ours.head or theirs == ours.head:
        return ""
    if ours.known.issuperset(theirs.split(",")):
        return f"{part.name} comes back at migration {theirs}; the code's migrations bring it forward to {ours.head}"
    if request.newer_schema or request.beside:
        return f"{part.name} comes back at migration {theirs}, which this code does not know (it is at {ours.head})"
    raise StateError(
        f"the set {backup.id} has {part.name} at migration {theirs}, which this code does not know: it is newer",
        hint="Restore with the release that made it, or say --yes-newer-schema when this code can work with it.",
        details=(f"migration of the set   {theirs}", f"migration of the code  {ours.head}"),
    )


def _meanwhile(request: Request, moment: Moment, parts: Sequence[Part], facts: Facts) -> tuple[str, ...]:
    """A sentence about the databases that take writes until the swap."""
    names = [one.name for one in parts if one.name in facts.answering]
    if request.beside or moment.kind != "latest" or not names:
        return ()
    return (f"what is written to {', '.join(names)} while the restore is prepared is given up, too: stop what writes",)


def _warnings(backup: BackupSet) -> tuple[str, ...]:
    return tuple(f"{one.piece}: {one.what}" for one in backup.findings)
