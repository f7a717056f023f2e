"""What is wrong in a stack file, one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing wrong in a stack file: where it is, what is wrong, and what to write instead.

    `line` and `column` count from 1; `excerpt` holds the lines around it, ready to print. `key` is the dotted path.
    """

    file: str
    line: int
    column: int
    key: str
    what: str
    hint: str = ""
    excerpt: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.what}"
