"""The structure of a stack file: the tree is checked against the schema, and what is wrong is cut out.

What remains can be read without a care, so that everything else that is wrong is found in the same run.
"""

from __future__ import annotations

import re

from stackyard.errors import SpecError
from stackyard.spec import shapes
from stackyard.spec.accept import accepts
from stackyard.spec.overlay import is_null
from stackyard.spec.parser import parse
from stackyard.spec.report import Report
from stackyard.spec.source import Source
from stackyard.spec.tree import Entry, Mapping, Path, Scalar, Sequence, plain, spot_at, walk

# What is wrong after the first cut is wrong because of the cut, such as a mapping that is empty now.
_ROUNDS = 5
_FIXED = ("system", "environments")
_EXAMPLE = "for example:\n  system: shop\n  services:\n    api: {build: ./api, command: uvicorn shop:app, port: 8000}"


def read_tree(source: Source, report: Report) -> Mapping:
    """The mapping that `source` holds. Raises SpecError when there is none."""
    root = parse(source, report)
    start = Scalar(None, "", 1, 1)
    if root is None or is_null(root):
        if not report:
            report.add(start, "", "this file is empty", _EXAMPLE)
        raise SpecError(report.findings())
    if not isinstance(root, Mapping):
        report.add(root, "", "a stack file is a mapping: keys with values", _EXAMPLE)
        raise SpecError(report.findings())
    return root


def take_overlays(base: Mapping, report: Report) -> dict[str, Mapping]:
    """Take the section `environments` out of `base`: the overlays by the names of their environments."""
    entry = base.entries.pop("environments", None)
    if entry is None:
        return {}
    if not isinstance(entry.node, Mapping):
        report.add(entry, "environments", "expected a mapping of environments", "stackyard explain environments")
        return {}
    overlays = {}
    for name, below in entry.node.entries.items():
        key = f"environments.{name}"
        if not re.fullmatch(shapes.NAME, name):
            report.add(below, key, f'the key "{name}" is not {shapes.WORDS[shapes.NAME]}', "choose another name")
        elif not isinstance(below.node, Mapping):
            report.add(below, key, "expected a mapping of what differs", "write {} when nothing differs")
        else:
            overlays[name] = _overlay(below.node, key, report)
    return overlays


def _overlay(node: Mapping, key: str, report: Report) -> Mapping:
    for name in _FIXED:
        if name in node.entries:
            report.add(node.entries[name], f"{key}.{name}", f"an environment cannot change {name}", "remove it here")
    for path, item in walk(node):
        if is_null(item) and isinstance(path[-1], int):
            report.add(item, key, "this item is empty", "give it a value, or remove the line")
    kept = {name: entry for name, entry in node.entries.items() if name not in _FIXED}
    return Mapping(kept, node.line, node.column)


def refuse_nulls(base: Mapping, report: Report) -> None:
    """Report and cut out every key without a value; only in an overlay does that mean something."""
    empty = [(path, node) for path, node in walk(base) if is_null(node)]
    for path, node in empty:
        key = ".".join(str(step) for step in path)
        entry = spot_at(base, path)
        hint = "give it a value, or remove the line"
        report.add(entry if isinstance(entry, Entry) else node, key, f"{key} is empty", hint)
    cut(base, [path for path, _ in empty])


def reduce(tree: Mapping, report: Report) -> bool:
    """Check the structure of `tree` and cut out what is wrong. False when what remains is no system."""
    for attempt in range(_ROUNDS):
        if accepts(plain(tree)):
            return True
        from stackyard.spec.complaints import complain

        wrong = complain(tree, report if attempt == 0 else report.apart())
        if not wrong:
            return True
        cut(tree, wrong)
        if "system" not in tree.entries:
            # Any name will do to go on with the checks; the finding is in the report.
            tree.entries["system"] = Entry(Scalar("unnamed", "unnamed", 1, 1), 1, 1)
    return False


def cut(tree: Mapping, paths: list[Path]) -> None:
    """Remove what stands at `paths`, from the last to the first so that places in lists stay true."""
    for path in sorted(set(paths), key=_place, reverse=True):
        if not path:
            continue
        spot = spot_at(tree, path[:-1])
        holder, step = (spot.node if isinstance(spot, Entry) else spot), path[-1]
        if isinstance(holder, Mapping) and isinstance(step, str):
            holder.entries.pop(step, None)
        elif isinstance(holder, Sequence) and isinstance(step, int) and step < len(holder.items):
            del holder.items[step]


def _place(path: Path) -> list[tuple[int, str]]:
    return [(step, "") if isinstance(step, int) else (-1, step) for step in path]
