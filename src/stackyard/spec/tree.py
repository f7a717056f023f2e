"""The tree of a stack file, every part with its place: what the parser builds and everything else reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Scalar:
    """A single value; `text` is how it was written, so that 16.10 stays 16.10."""

    value: str | int | float | bool | None
    text: str
    line: int
    column: int


@dataclass(slots=True)
class Sequence:
    """A list."""

    items: list[Node]
    line: int
    column: int


@dataclass(slots=True)
class Entry:
    """A key of a mapping with its value; the position is that of the key."""

    node: Node
    line: int
    column: int


@dataclass(slots=True)
class Mapping:
    """Keys and values in the order of the file."""

    entries: dict[str, Entry]
    line: int
    column: int


Node = Scalar | Sequence | Mapping
Path = tuple[str | int, ...]


def plain(node: Node) -> Any:
    """`node` as Python's own lists, dicts and values."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(entry.node) for key, entry in node.entries.items()}


def spot_at(node: Node, path: Path) -> Entry | Node:
    """Where `path` stands: the key itself, or the last part of the way to it that exists."""
    spot: Entry | Node = node
    for step in path:
        here = spot.node if isinstance(spot, Entry) else spot
        if isinstance(here, Mapping) and isinstance(step, str) and step in here.entries:
            spot = here.entries[step]
        elif isinstance(here, Sequence) and isinstance(step, int) and step < len(here.items):
            spot = here.items[step]
        else:
            break
    return spot


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """`node` and everything in it, each with its path."""
    pending: list[tuple[Path, Node]] = [(path, node)]
    while pending:
        path, node = pending.pop()
        yield path, node
        if isinstance(node, Sequence):
            pending += [((*path, index), item) for index, item in enumerate(node.items)]
        elif isinstance(node, Mapping):
            pending += [((*path, key), entry.node) for key, entry in node.entries.items()]
