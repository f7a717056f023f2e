"""From text to one tree: YAML with positions, variables filled in, merge keys, `include` and `extends` resolved.

In the tree, `Scalar.text` is what stands in the file and `Scalar.value` the text with its variables filled in; only an
empty value is None.
"""

from __future__ import annotations

from collections.abc import Mapping as Values
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from pathlib import PurePosixPath

from stackyard.errors import SpecError
from stackyard.importing.compose.folder import Folder
from stackyard.importing.compose.interpolation import Interpolated, interpolate
from stackyard.importing.compose.ledger import Ledger
from stackyard.importing.result import Fate
from stackyard.spec.parser import parse
from stackyard.spec.report import Report
from stackyard.spec.source import source_of
from stackyard.spec.tree import Entry, Mapping, Node, Path, Scalar, Sequence, walk

_DEEPEST = 10
_JOINED = ("services", "volumes", "networks", "secrets", "configs")


@dataclass
class Reading:
    """One Compose file on its way in, with the files that it takes in."""

    folder: Folder
    values: Values[str, str]
    ledger: Ledger
    variables: dict[int, Interpolated] = field(default_factory=dict)
    """What was filled into a scalar, by its id."""

    def filled(self, node: Node) -> Interpolated:
        """The text of a scalar with the variables that it is made of."""
        known = self.variables.get(id(node))
        return known or Interpolated(text_of(node))


def text_of(node: Node | None) -> str:
    """A scalar as text, its variables filled in; "" for anything else."""
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""


def read_compose(text: str, reading: Reading, depth: int = 0, file: str = "") -> Mapping:
    """The tree of a Compose file. Raises SpecError with every finding when it is none."""
    name = file or reading.ledger.file
    source = source_of(name, FilePath(name), text)
    report = Report(source)
    root = parse(source, report, lenient=True)
    if not isinstance(root, Mapping) and not report:
        report.add(
            root or Scalar(None, "", 1, 1), "", "this is no Compose file", "a Compose file is a mapping: services: …"
        )
    if report or not isinstance(root, Mapping):
        raise SpecError(report.findings(), name)
    for _, node in walk(root):
        if file:
            reading.ledger.origins[id(node)] = file
        if isinstance(node, Scalar):
            _fill(node, reading)
    _merge(root, set())
    _include(root, reading, depth)
    services = section(root, "services")
    if services is not None:
        for service in list(services.entries):
            _extend(services, service, reading, depth, ())
    return root


def section(tree: Node, name: str) -> Mapping | None:
    """The mapping below the key `name`; None when there is none."""
    entry = tree.entries.get(name) if isinstance(tree, Mapping) else None
    return entry.node if entry is not None and isinstance(entry.node, Mapping) else None


def _fill(node: Scalar, reading: Reading) -> None:
    if node.value is None and node.text in ("", "~", "null"):
        return
    found = interpolate(node.text, reading.values)
    node.value = found.text
    if "$" in node.text:
        reading.variables[id(node)] = found


def _merge(node: Node, done: set[int]) -> None:
    """Take in what merge keys name. What stands in the mapping itself wins, then the first of several."""
    if id(node) in done:
        return
    done.add(id(node))
    if isinstance(node, Sequence):
        for item in node.items:
            _merge(item, done)
    if not isinstance(node, Mapping):
        return
    for entry in node.entries.values():
        _merge(entry.node, done)
    merged = node.entries.get("<<")
    if merged is None:
        return
    sources = merged.node.items if isinstance(merged.node, Sequence) else [merged.node]
    if not all(isinstance(source, Mapping) for source in sources):
        return
    del node.entries["<<"]
    for source in sources:
        for key, entry in source.entries.items() if isinstance(source, Mapping) else ():
            node.entries.setdefault(key, entry)


def _include(root: Mapping, reading: Reading, depth: int) -> None:
    entry = root.entries.get("include")
    if entry is None or depth >= _DEEPEST:
        return
    del root.entries["include"]
    items = entry.node.items if isinstance(entry.node, Sequence) else [entry.node]
    for item in items:
        path = item.entries["path"].node if isinstance(item, Mapping) and "path" in item.entries else item
        name = text_of(path)
        text = reading.folder.text(name)
        if text is None:
            reading.ledger.lost(item, "include", f"there is no file {name}", "import it by itself")
            continue
        reading.ledger.carried(path, "include", f"{name} is taken in")
        other = read_compose(text, reading, depth + 1, name)
        for part in _JOINED:
            _join(root, other, part)
        reading.ledger.close(Mapping({k: e for k, e in other.entries.items() if k not in _JOINED}, 1, 1), _of_included)


def _of_included(_path: Path) -> tuple[Fate, str, str]:
    return Fate.LOST, "only the sections of parts are taken in from an included file", ""


def _join(root: Mapping, other: Mapping, part: str) -> None:
    theirs = other.entries.get(part)
    ours = root.entries.get(part)
    if theirs is None:
        return
    if ours is None:
        root.entries[part] = theirs
    elif isinstance(ours.node, Mapping) and isinstance(theirs.node, Mapping):
        for name, entry in theirs.node.entries.items():
            ours.node.entries.setdefault(name, entry)


def _extend(services: Mapping, name: str, reading: Reading, depth: int, behind: tuple[str, ...]) -> None:
    """Lay a service on the one that it extends; mappings merge key by key, lists are joined, the rest replaces."""
    entry = services.entries[name]
    if not isinstance(entry.node, Mapping) or "extends" not in entry.node.entries or name in behind:
        return
    extends = entry.node.entries["extends"]
    key = f"services.{name}.extends"
    base, other = _base_of(extends, name)
    source = services
    if other:
        text = reading.folder.text(other) if depth < _DEEPEST else None
        found = section(read_compose(text, reading, depth + 1, other), "services") if text is not None else None
        if found is None:
            reading.ledger.lost(extends, key, f"{other} cannot be read", "import it by itself, and join the two")
            del entry.node.entries["extends"]
            return
        source = found
    else:
        if base in services.entries:
            _extend(services, base, reading, depth, (*behind, name))
    below = source.entries.get(base)
    del entry.node.entries["extends"]
    if below is None or not isinstance(below.node, Mapping):
        reading.ledger.lost(extends, key, f"there is no service {base} to extend")
        return
    reading.ledger.carried(extends, key, f"{name} has what {base} has")
    services.entries[name] = Entry(_laid(below.node, entry.node), entry.line, entry.column)


def _base_of(extends: Entry, name: str) -> tuple[str, str]:
    if not isinstance(extends.node, Mapping):
        return text_of(extends.node), ""
    values = {key: text_of(entry.node) for key, entry in extends.node.entries.items()}
    return values.get("service", name), str(PurePosixPath(values["file"])) if "file" in values else ""


def _laid(below: Mapping, over: Mapping) -> Mapping:
    entries = dict(below.entries)
    for key, entry in over.entries.items():
        found = entries.get(key)
        if found is not None and isinstance(found.node, Mapping) and isinstance(entry.node, Mapping):
            entries[key] = Entry(_laid(found.node, entry.node), entry.line, entry.column)
        elif found is not None and isinstance(found.node, Sequence) and isinstance(entry.node, Sequence):
            joined = Sequence([*found.node.items, *entry.node.items], entry.line, entry.column)
            # A command is one sentence; a later one replaces it.
            entries[key] = entry if key in ("command", "entrypoint") else Entry(joined, entry.line, entry.column)
        else:
            entries[key] = entry
    return Mapping(entries, over.line, over.column)
