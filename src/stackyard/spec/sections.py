"""Reading the values of a section, once its structure is known to be right."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stackyard.spec import shapes
from stackyard.spec.report import Report, Wrong
from stackyard.spec.tree import Entry, Mapping, Node, Scalar, Sequence

Reader = Callable[[Node], Any]


class Block:
    """A mapping of the file with its dotted key, the folder of the file and the report."""

    def __init__(self, node: Mapping, key: str, root: Path, report: Report) -> None:
        self.node = node
        self.key = key
        self.root = root
        self.report = report

    def __contains__(self, name: str) -> bool:
        return name in self.node.entries

    def entry(self, name: str) -> Entry:
        """The key `name` with its value. Raises KeyError."""
        return self.node.entries[name]

    def inner(self, name: str) -> Block | None:
        """The section below `name`, when it is there and a mapping."""
        entry = self.node.entries.get(name)
        if entry is None or not isinstance(entry.node, Mapping):
            return None
        return Block(entry.node, self.path(name), self.root, self.report)

    def inners(self, name: str) -> list[tuple[str, Entry, Block]]:
        """The sections below `name`, a mapping with free keys."""
        below = self.inner(name)
        if below is None:
            return []
        return [(key, below.entry(key), part) for key in below.node.entries if (part := below.inner(key))]

    def path(self, name: str) -> str:
        """The dotted key of `name` in here."""
        return f"{self.key}.{name}" if self.key else name

    def read(self, **readers: Reader) -> dict[str, Any]:
        """The values of the keys that are given, each by its reader. What is wrong goes into the report."""
        values: dict[str, Any] = {}
        for name, reader in readers.items():
            if name in self.node.entries:
                self.read_into(values, name, name, reader)
        return values

    def read_into(self, values: dict[str, Any], field: str, name: str, reader: Reader) -> None:
        """Set `values[field]` from the key `name`, when it is given and right."""
        entry = self.node.entries.get(name)
        if entry is None:
            return
        try:
            values[field] = reader(entry.node)
        except Wrong as wrong:
            self.wrong(name, wrong.what, wrong.hint)

    def wrong(self, name: str, what: str, hint: str = "") -> None:
        """Report the value of the key `name`."""
        entry = self.node.entries[name]
        spot = entry.node if isinstance(entry.node, Scalar) else entry
        self.report.add(spot, self.path(name), what, hint)

    def path_of(self, node: Node) -> Path:
        """A path as it is written, made absolute from the folder of the stack file."""
        return Path(os.path.normpath(self.root / text(node)))


def value(node: Node) -> Any:
    """The value of a scalar."""
    return node.value if isinstance(node, Scalar) else None


def text(node: Node) -> str:
    """A scalar as it is written."""
    return node.text if isinstance(node, Scalar) else ""


def texts(node: Node) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(text(item) for item in node.items) if isinstance(node, Sequence) else ()


def text_map(node: Node) -> dict[str, str]:
    """A mapping of texts."""
    return {key: text(entry.node) for key, entry in node.entries.items()} if isinstance(node, Mapping) else {}


def command(node: Node) -> tuple[str, ...]:
    """A command: text that is split as a shell would, or a list. Raises Wrong for an open quote."""
    if isinstance(node, Sequence):
        words = texts(node)
    else:
        try:
            words = tuple(shlex.split(text(node)))
        except ValueError:
            raise Wrong("this command has an open quote", "close it, or write the command as a list") from None
    if not words or not words[0]:
        raise Wrong("this command is empty", "name a program")
    return words


def duration(least: float = 0.0) -> Reader:
    """A reader of durations, in seconds, of at least `least`."""

    def read(node: Node) -> float:
        seconds = shapes.read_duration(text(node))
        if seconds < least:
            raise Wrong(f"{text(node)} is too short", f"give at least {least:g} s")
        return seconds

    return read


def size(least: int = 1) -> Reader:
    """A reader of sizes, in bytes, of at least `least`."""

    def read(node: Node) -> int:
        count = shapes.read_size(text(node))
        if count < least:
            shown = f"{least // 1024**2}MB" if least >= 1024**2 else f"{least}B"
            raise Wrong(f"{text(node)} is too small", f"give at least {shown}")
        return count

    return read


def version(node: Node) -> Any:
    """A version, from the text as it is written: 16.10 is not 16.1."""
    return shapes.read_version(text(node))
