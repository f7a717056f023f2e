"""Backup sets: what was saved together, tied to one moment, and what is known of it since.

Times are UTC, as ISO 8601 with a Z. Sizes are bytes, durations seconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

FORMAT = 1
"""The version of the manifest; a reader refuses a later one."""

_ID = re.compile(r"\d{8}T\d{6}Z(-[0-9a-f]{4})?")


class State(StrEnum):
    """How much is known of a set. Only verified and drilled sets count as backups."""

    MADE = "made"
    VERIFIED = "verified"
    DRILLED = "drilled"
    BROKEN = "broken"


class Kind(StrEnum):
    """Why a set was made."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    SAFETY = "safety"


@dataclass(frozen=True)
class Piece:
    """One thing in a set, as it lies in the repository.

    `kind`: base (tar of the cluster), dump (pg_dump -Fc), sql (plain SQL), globals (roles), redis (RDB), objects,
    config, secrets (tar encrypted with age). `snapshot` is restic's id, `path` the file in it ("" for a folder).
    `size` counts the bytes before compression, `added` those that the repository grew by
    (before compression, where restic is older than 0.17); `sha256` is of the stream,
    or for a folder of its listing (path, size, sha256 of each file). `files` counts the files of a folder.
    """

    part: str
    kind: str
    snapshot: str
    path: str
    size: int
    added: int
    sha256: str
    seconds: float
    files: int = 0


@dataclass(frozen=True)
class Table:
    """What a table held at the moment of the set. `content` sums a hash over every row: order does not matter."""

    name: str
    rows: int
    content: str


@dataclass(frozen=True)
class Moment:
    """The moment of a set in one database.

    `restore_point` is the name that recovery can stop at (where WAL is kept), `lsn` where it was written, `taken` the
    clock of the server. `start` is where the base backup begins, `timeline` its timeline, `cluster` the system
    identifier, `version` of the server, `wal_segment` the size of a segment. `exact`: writers were held, so the tables
    are what recovery to the restore point brings back, row for row. `migration` is the head of migrations, "" unknown.
    `next_xid`: no transaction from this id on (with its epoch) had been committed; "" unknown.
    """

    part: str
    cluster: str
    timeline: int
    start: str
    lsn: str
    restore_point: str
    taken: str
    version: str
    wal_segment: int
    exact: bool
    tables: tuple[Table, ...] = ()
    migration: str = ""
    next_xid: str = ""


VERIFICATION, DRILL = "verification", "drill"


@dataclass(frozen=True)
class Finding:
    """What verification or a drill found: `piece` is "db base", `wal db`, `repository` ... ; `what` one sentence.

    `by` is who found it: only the same look can tell that it is no more.
    """

    piece: str
    what: str
    by: str = VERIFICATION


@dataclass(frozen=True)
class Healed:
    """What was found once, and at `when` was found no more."""

    piece: str
    what: str
    when: str


@dataclass(frozen=True)
class BackupSet:
    """A set and its state. `moment` is when all its pieces are tied to; `offsite` when a copy was seen off site.

    `facts` are versions, release, tools. `keys` counts a cache's keys by part. `steps` maps each step to the seconds it
    took: the estimate of the next run.
    """

    id: str
    system: str
    environment: str
    kind: Kind
    begun: str
    moment: str
    ended: str
    pieces: tuple[Piece, ...]
    databases: tuple[Moment, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, int] = field(default_factory=dict)
    steps: Mapping[str, float] = field(default_factory=dict)
    recipients: tuple[str, ...] = ()
    state: State = State.MADE
    verified: str = ""
    drilled: str = ""
    offsite: str = ""
    findings: tuple[Finding, ...] = ()
    healed: tuple[Healed, ...] = ()
    format: int = FORMAT

    @property
    def is_good(self) -> bool:
        """It has been read back, and nothing was wrong with it."""
        return self.state in (State.VERIFIED, State.DRILLED)

    @property
    def size(self) -> int:
        return sum(piece.size for piece in self.pieces)

    @property
    def added(self) -> int:
        return sum(piece.added for piece in self.pieces)

    def piece(self, part: str, kind: str) -> Piece | None:
        """The piece of that part and kind, if the set has one."""
        return next((one for one in self.pieces if (one.part, one.kind) == (part, kind)), None)

    def database(self, part: str) -> Moment | None:
        """The moment of that database."""
        return next((one for one in self.databases if one.part == part), None)

    def found(self, *findings: Finding) -> BackupSet:
        """The set, broken by what was found, each told once; the state is unchanged when nothing was."""
        known = tuple(one for one in self.findings if one not in findings)
        return replace(self, state=State.BROKEN, findings=(*known, *findings)) if findings else self

    def cleared(self, by: str, state: State, when: str) -> BackupSet:
        """The set after a look that found nothing: what the same look once found is history, and the set has that
        state, unless it had a better one, or another kind of look found something that nobody has looked for since."""
        gone = tuple(Healed(one.piece, one.what, when) for one in self.findings if one.by == by)
        left = tuple(one for one in self.findings if one.by != by)
        best = state if self.state == State.BROKEN else max(self.state, state, key=list(State).index)
        return replace(self, findings=left, healed=(*self.healed, *gone), state=State.BROKEN if left else best)


def now() -> str:
    """The time in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_id(taken: set[str], moment: datetime | None = None) -> str:
    """An id that sorts by time and is not among `taken`."""
    stem = (moment or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    names = (f"{stem}-{number:04x}" for number in range(1, 65536))
    return stem if stem not in taken else next(name for name in names if name not in taken)


def is_id(text: str) -> bool:
    """True for what `new_id` makes: such a text is safe as a file name and as a tag."""
    return bool(_ID.fullmatch(text))


def to_text(backup: BackupSet) -> str:
    """The manifest as JSON."""
    return json.dumps(asdict(backup), indent=2, sort_keys=True)


def from_text(text: str) -> BackupSet:
    """The set that `to_text` wrote. Raises KeyError, TypeError or ValueError on anything else, or a later format."""
    data: dict[str, Any] = json.loads(text)
    if data["format"] != FORMAT:
        raise ValueError(f"a manifest of format {data['format']}: this Stackyard reads format {FORMAT}")
    data["kind"], data["state"] = Kind(data["kind"]), State(data["state"])
    data["pieces"] = tuple(Piece(**piece) for piece in data["pieces"])
    data["databases"] = tuple(
        Moment(**{**one, "tables": tuple(Table(**table) for table in one["tables"])}) for one in data["databases"]
    )
    data["findings"] = tuple(Finding(**one) for one in data["findings"])
    data["healed"] = tuple(Healed(**one) for one in data.get("healed", ()))
    data["recipients"] = tuple(data["recipients"])
    return BackupSet(**data)
