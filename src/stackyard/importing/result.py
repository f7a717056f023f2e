"""What an import hands back: a stack file, and for every value of the foreign file what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """What became of a value: it stands in the stack file, Stackyard does it in its own way, or neither."""

    CARRIED = "carried"
    REPLACED = "replaced"
    LOST = "not carried"


@dataclass(frozen=True, order=True)
class Note:
    """What became of one value or section of the foreign file. No note ever holds a secret.

    `instead` is what to do by hand, "" when there is nothing to do. `spots` are the lines and columns of the single
    values that this note accounts for.
    """

    file: str
    line: int
    key: str
    fate: Fate
    what: str
    instead: str = ""
    spots: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Imported:
    """A stack file as text, with the notes in the order of the foreign file.

    `secrets` are the names of those that have to be set by hand before the system starts.
    """

    stack: str
    notes: tuple[Note, ...]
    secrets: tuple[str, ...]

    def with_fate(self, fate: Fate) -> tuple[Note, ...]:
        """The notes of one kind."""
        return tuple(note for note in self.notes if note.fate is fate)
