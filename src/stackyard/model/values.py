"""Small values that the model is made of: references, sizes, durations, versions, rates, positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Position:
    """Where a value stands in a file, for messages. Lines and columns count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Ref:
    """A value that only the target knows: `Ref("db", "url")`. It stays structured until a target resolves it.

    Attributes of a resource: url, host, port, user, password, database, bucket, endpoint, access_key, secret_key.
    Attributes of a service: url, host, port. `Ref("secret:NAME", "value")` is a secret.
    """

    part: str
    attribute: str


Value = tuple[str | Ref, ...]
"""Text with references in it, in order: `("postgresql://", Ref("db", "user"), "@…")`."""


@dataclass(frozen=True)
class Version:
    """A version as promised: `16` and `"16.3"` mean that release line, `">=16"` the best at or above it."""

    numbers: tuple[int, ...]
    at_least: bool = False

    def __str__(self) -> str:
        text = ".".join(str(number) for number in self.numbers)
        return f">={text}" if self.at_least else text

    def accepts(self, found: tuple[int, ...]) -> bool:
        """True when a program of version `found` keeps this promise."""
        if self.at_least:
            width = max(len(found), len(self.numbers))
            pad = (0,) * width
            return (found + pad)[:width] >= (self.numbers + pad)[:width]
        return found[: len(self.numbers)] == self.numbers


@dataclass(frozen=True)
class Rate:
    """At most `count` requests in each `per`."""

    count: int
    per: Literal["s", "min"]

    def __str__(self) -> str:
        return f"{self.count}/{self.per}"
