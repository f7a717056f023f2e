"""The bookkeeping of an import: which values of the Compose file are accounted for, and what became of them.

Whoever reads a value says so here. What nobody has spoken for at the end is reported as not carried: nothing that the
Compose file says can be dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from stackyard.importing.result import Fate, Note
from stackyard.spec.tree import Entry, Mapping, Node, Path, Scalar, Sequence

Reason = tuple[Fate, str, str]


@dataclass
class Ledger:
    """The notes so far. `file` is the Compose file, `origins` names the file of nodes that come from others."""

    file: str
    origins: dict[int, str] = field(default_factory=dict)
    _notes: dict[tuple[str, int, str, Fate, str], Note] = field(default_factory=dict)
    _covered: set[tuple[str, int, int]] = field(default_factory=set)

    def carried(self, spot: Entry | Node, key: str, what: str, instead: str = "") -> None:
        """`what` says where it stands in the stack file."""
        self._add(spot, key, Fate.CARRIED, what, instead)

    def replaced(self, spot: Entry | Node, key: str, what: str, instead: str = "") -> None:
        """`what` says how Stackyard does it."""
        self._add(spot, key, Fate.REPLACED, what, instead)

    def lost(self, spot: Entry | Node, key: str, what: str, instead: str = "") -> None:
        """`what` says why it is not carried, `instead` what to do."""
        self._add(spot, key, Fate.LOST, what, instead)

    def note(self, spot: Entry | Node, key: str, reason: Reason) -> None:
        """Add what a table says."""
        self._add(spot, key, *reason)

    def remark(self, spot: Entry | Node, key: str, fate: Fate, what: str, instead: str = "") -> None:
        """Say something of a place without accounting for what stands there."""
        file = self.origins.get(id(spot.node if isinstance(spot, Entry) else spot), self.file)
        self._notes[file, spot.line, key, fate, what] = Note(file, spot.line, key, fate, what, instead)

    def is_covered(self, node: Node) -> bool:
        """True when everything in `node` is accounted for."""
        return all(self._mark(leaf) in self._covered for leaf in leaves(node))

    def notes(self) -> tuple[Note, ...]:
        """Every note, in the order of the file."""
        return tuple(sorted(self._notes.values(), key=lambda note: (note.file != self.file, note)))

    def close(self, tree: Node, say: Callable[[Path], Reason]) -> None:
        """Report everything below `tree` that is not accounted for, in the largest pieces; `say` knows the reasons."""
        for path, spot in _rest(tree, (), self):
            node = spot.node if isinstance(spot, Entry) else spot
            reason = _EMPTY if _is_empty(node) and len(path) > 1 else say(path)
            self.note(spot, dotted(path), reason)

    def _add(self, spot: Entry | Node, key: str, fate: Fate, what: str, instead: str) -> None:
        node = spot.node if isinstance(spot, Entry) else spot
        marks = [self._mark(leaf) for leaf in leaves(node)]
        self._covered.update(marks)
        file = self.origins.get(id(node), self.file)
        spots = tuple((line, column) for _, line, column in marks)
        known = self._notes.get((file, spot.line, key, fate, what))
        if known is not None:
            spots = tuple(dict.fromkeys((*known.spots, *spots)))
        self._notes[file, spot.line, key, fate, what] = Note(file, spot.line, key, fate, what, instead, spots)

    def _mark(self, leaf: Node) -> tuple[str, int, int]:
        return self.origins.get(id(leaf), self.file), leaf.line, leaf.column


def leaves(node: Node) -> Iterator[Node]:
    """Every single value in `node`; an empty list or mapping is one, too."""
    if isinstance(node, Sequence) and node.items:
        for item in node.items:
            yield from leaves(item)
    elif isinstance(node, Mapping) and node.entries:
        for entry in node.entries.values():
            yield from leaves(entry.node)
    else:
        yield node


def dotted(path: Path) -> str:
    """A path as messages show it: services.web.ports[0]."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


_EMPTY: Reason = (Fate.REPLACED, "it says nothing", "")


def _is_empty(node: Node) -> bool:
    return next(leaves(node)) is node and not (isinstance(node, Scalar) and node.value is not None)


def _rest(node: Node, path: Path, ledger: Ledger) -> Iterator[tuple[Path, Entry | Node]]:
    """What is not accounted for below `node`: whole sections where nothing of them is."""
    for step, spot in _children(node):
        child = spot.node if isinstance(spot, Entry) else spot
        below = (*path, step)
        if ledger.is_covered(child):
            continue
        is_whole = len(below) >= _sections(below) and not any(ledger.is_covered(leaf) for leaf in leaves(child))
        if is_whole or next(leaves(child)) is child:
            yield below, spot
        else:
            yield from _rest(child, below, ledger)


def _sections(path: Path) -> int:
    """How deep a path is when it stands for one thing: a word of a service, a volume, a network, an extension."""
    first = str(path[0])
    return 3 if first == "services" else 1 if first.startswith("x-") else 2


def _children(node: Node) -> Iterator[tuple[str | int, Entry | Node]]:
    if isinstance(node, Sequence):
        yield from enumerate(node.items)
    elif isinstance(node, Mapping):
        yield from node.entries.items()
