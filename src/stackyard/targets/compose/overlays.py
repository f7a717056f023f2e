"""What environments have in common, and the difference of each.

Compose merges mappings key by key, and lists in ways that differ from key to key. So lists and scalars that differ
stand wholly in the overlays and nowhere below them: then there is nothing that a rule of merging could surprise with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Node = Mapping[str, Any]


def factor(documents: Mapping[str, Node]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The base of all documents, and by name what each has besides."""
    base: dict[str, Any] = {}
    rest: dict[str, dict[str, Any]] = {name: {} for name in documents}
    for key in _keys(documents):
        found = {name: document[key] for name, document in documents.items() if key in document}
        values = list(found.values())
        if len(found) == len(documents) and all(value == values[0] for value in values):
            base[key] = values[0]
        elif len(found) == len(documents) and all(isinstance(value, Mapping) for value in values):
            common, own = factor(found)
            if common:
                base[key] = common
            for name, difference in own.items():
                # A mapping that is empty here, and not elsewhere, must be there all the same.
                if difference or (not common and not found[name]):
                    rest[name][key] = difference
        else:
            for name, value in found.items():
                rest[name][key] = value
    return base, rest


def _keys(documents: Mapping[str, Node]) -> tuple[str, ...]:
    """All keys, in the order of the first document that has them."""
    return tuple(dict.fromkeys(key for document in documents.values() for key in document))


def merge(base: Node, over: Node) -> dict[str, Any]:
    """One document over another, as Compose merges them where no list stands in both."""
    made = dict(base)
    for key, value in over.items():
        below = made.get(key)
        made[key] = merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return made
