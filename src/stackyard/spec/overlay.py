"""One rule for environments: mappings merge key by key, anything else replaces, `null` removes the key."""

from __future__ import annotations

from stackyard.spec.tree import Entry, Mapping, Node, Scalar


def merge(base: Mapping, over: Mapping) -> Mapping:
    """`base` with `over` laid on it. Neither is changed; what comes from `over` keeps its own position."""
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        if is_null(entry.node):
            entries.pop(key, None)
        elif isinstance(entry.node, Mapping):
            entries[key] = _merged(entries.get(key), entry, entry.node)
        else:
            entries[key] = entry
    return Mapping(entries, base.line, base.column)


def is_null(node: Node) -> bool:
    """True for a value that is there but empty."""
    return isinstance(node, Scalar) and node.value is None


def _merged(below: Entry | None, entry: Entry, over: Mapping) -> Entry:
    if below is not None and isinstance(below.node, Mapping):
        return Entry(merge(below.node, over), below.line, below.column)
    # Nothing to merge with, but a `null` inside still removes its key.
    return Entry(merge(Mapping({}, over.line, over.column), over), entry.line, entry.column)
