"""Findings: collected with their excerpts while a stack file is read, and rendered as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from stackyard.errors import SpecError
from stackyard.finding import Finding
from stackyard.model.values import Position
from stackyard.spec.source import Source

_WIDTH = 100
# Looking for a near word costs up to a millisecond with many candidates; nobody reads the fiftieth suggestion.
_SUGGESTIONS = 50
_LONGEST_WORD = 60
_CUTOFF = 0.6
# One wrong letter of two is half the word.
_CUTOFF_SHORT = 0.5


class Spot(Protocol):
    """Anything that stands at a line and a column of the file, counted from 1."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Wrong(Exception):  # noqa: N818 -- it is a finding on its way to its place, not an error of the program
    """A value that cannot be read: what is wrong with it, and what to write instead."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class Report:
    """All that is wrong with one stack file."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._findings: dict[tuple[int, int, str], Finding] = {}
        self._spots: set[tuple[int, int]] = set()
        self._missing: list[Finding] = []
        self._absences: list[Finding] = []
        self._suggestions = _SUGGESTIONS

    def __bool__(self) -> bool:
        return bool(self._findings or self._missing or self._absences)

    def apart(self) -> Report:
        """An empty report of the same file, for findings that nobody should see."""
        return Report(self._source)

    def position(self, spot: Spot) -> Position:
        """The position of `spot` in this file."""
        return Position(self._source.file, spot.line, spot.column)

    def add(self, spot: Spot, key: str, what: str, hint: str = "") -> None:
        """Note something wrong at `spot`; the same thing at the same place counts once."""
        finding = self._finding(spot, key, what, hint)
        self._findings.setdefault((finding.line, finding.column, what), finding)
        self._spots.add((finding.line, finding.column))

    def add_missing(self, spot: Spot, key: str, what: str, hint: str = "") -> None:
        """Note that the mapping `key` lacks a key. Left out where a misspelt or broken key in it explains that."""
        self._missing.append(self._finding(spot, key, what, hint))

    def add_absence(self, spot: Spot, key: str, what: str, hint: str = "") -> None:
        """Note that parts do not make a whole. Left out where a finding or a missing key of the part may explain it."""
        self._absences.append(self._finding(spot, key, what, hint))

    def nearest(self, word: str, words: Iterable[str]) -> str:
        """The one of `words` that `word` was probably meant to be, or an empty text."""
        if len(word) > _LONGEST_WORD or self._suggestions <= 0:
            return ""
        self._suggestions -= 1
        return nearest(word, words)

    def has_at(self, spot: Spot) -> bool:
        """True when something is wrong at exactly this place."""
        return (spot.line, spot.column) in self._spots

    def has(self, key: str) -> bool:
        """True when something at `key` or below it is wrong."""
        return any(finding.key == key or finding.key.startswith(f"{key}.") for finding in self._findings.values())

    def findings(self) -> list[Finding]:
        """Every finding, in the order of the file."""
        found = list(self._findings.values())
        broken = {finding.key.rpartition(".")[0] for finding in found}
        found += [finding for finding in self._missing if finding.key not in broken]
        explained = {_part(finding.key) for finding in found}
        found += [finding for finding in self._absences if _part(finding.key) not in explained]
        return sorted(found, key=lambda finding: (finding.line, finding.column))

    def _finding(self, spot: Spot, key: str, what: str, hint: str) -> Finding:
        # Keys and paths are part of many sentences, and must not speak to the terminal.
        hint = "\n".join(map(_shown, hint.split("\n")))
        return Finding(self._source.file, spot.line, spot.column, key, _shown(what), hint, self._excerpt(spot))

    def _excerpt(self, spot: Spot) -> str:
        lines = self._source.lines
        if not 1 <= spot.line <= len(lines):
            return ""
        number = len(str(spot.line)) + 2
        start = max(0, spot.column - _WIDTH + 20)
        shown = [index for index in (spot.line - 1, spot.line) if index >= 1]
        rows = [f"{index:>{number}} | {_shown(lines[index - 1][start : start + _WIDTH])}".rstrip() for index in shown]
        rows.append(f"{'':>{number}} | {' ' * (spot.column - 1 - start)}^")
        return "\n".join(rows)


def nearest(word: str, words: Iterable[str]) -> str:
    """The one of `words` that is most like `word`, or an empty text when none is."""
    from difflib import get_close_matches

    candidates = list(words)
    letters = sorted(word)
    if swapped := [candidate for candidate in candidates if sorted(candidate) == letters]:
        return swapped[0]
    found = get_close_matches(word, candidates, n=1, cutoff=_CUTOFF if len(word) > 3 else _CUTOFF_SHORT)
    return found[0] if found else ""


def quote(text: str) -> str:
    """`text` in quotes, short and printable, for a message."""
    shown = _shown(text)
    return f'"{shown[:57]}..."' if len(shown) > _LONGEST_WORD else f'"{shown}"'


def render_findings(error: SpecError) -> str:
    """All findings of `error` as plain text: where, what, the excerpt, the next step; then how many there are."""
    blocks = []
    for finding in error.findings:
        rows = [str(finding), *([finding.excerpt] if finding.excerpt else [])]
        rows += [f"   {line}" for line in finding.hint.splitlines()]
        blocks.append("\n".join(rows))
    return "\n\n".join([*blocks, error.what]) + "\n"


def _shown(text: str) -> str:
    return "".join(
        char if char.isprintable() else " " if char.isspace() else "\N{REPLACEMENT CHARACTER}" for char in text
    )


def _part(key: str) -> str:
    first, _, rest = key.partition(".")
    return f"{first}.{rest.partition('.')[0]}" if first in ("services", "resources") else first
