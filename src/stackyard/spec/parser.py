"""The parser: the YAML of a stack file as a tree that knows where everything stands.

YAML 1.2 with the core schema: `yes`, `no`, `on` and `off` are text, so is 22:22. Anchors and aliases work within
limits; tags, merge keys, several documents and keys that are not text are refused. The tree is built without recursion.
Files that others wrote by looser rules are read with `lenient`: merge keys stay as they stand, for who reads the tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from stackyard.model.values import Position
from stackyard.spec.report import Report, Wrong, quote
from stackyard.spec.scalars import resolve
from stackyard.spec.source import Source
from stackyard.spec.syntax import report_syntax
from stackyard.spec.tree import Entry, Mapping, Node, Scalar, Sequence

MAX_DEPTH = 50
MAX_NODES = 100_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class _Frame:
    """A list or mapping that is still open. `size` and `height` count what it holds, with aliases expanded."""

    node: Sequence | Mapping
    anchor: str | None
    path: str
    key: tuple[str, int, int] | None = None
    size: int = 1
    height: int = 1


@dataclass(slots=True)
class _Builder:
    """The tree so far."""

    report: Report
    lenient: bool
    frames: list[_Frame] = field(default_factory=list)
    anchors: dict[str, tuple[Node, int, int]] = field(default_factory=dict)
    root: Node | None = None
    nodes: int = 0


class _Stop(Exception):  # noqa: N818 -- ends the reading; its finding is already in the report
    """Nothing after this can be understood."""


def parse(source: Source, report: Report, *, lenient: bool = False) -> Node | None:
    """The tree of `source`; None when it could not be read to the end. What is wrong goes into `report`.

    With `lenient`, merge keys, YAML's own tags, keys that are numbers and values that could be octal are taken as text.
    """
    builder = _Builder(report, lenient)
    try:
        for event in yaml.parse(source.text, Loader=_LOADER):
            _take(builder, event)
    except _Stop:
        return None
    except yaml.YAMLError as error:
        report_syntax(error, source, report)
        return None
    return builder.root


def _take(builder: _Builder, event: yaml.Event) -> None:
    if isinstance(event, yaml.ScalarEvent):
        _take_scalar(builder, event)
    elif isinstance(event, yaml.AliasEvent):
        _take_alias(builder, event)
    elif isinstance(event, yaml.CollectionStartEvent):
        _open(builder, event)
    elif isinstance(event, yaml.CollectionEndEvent):
        _close(builder)
    elif isinstance(event, yaml.DocumentStartEvent) and builder.root is not None:
        _stop(builder, event, "a second document begins here", 'a stack file is one document: remove the "---"')


def _take_scalar(builder: _Builder, event: yaml.ScalarEvent) -> None:
    frame = builder.frames[-1] if builder.frames else None
    _refuse_tag(builder, event)
    if frame and frame.key is None and isinstance(frame.node, Mapping):
        frame.key = _key(builder, event)
        return
    line, column = _spot(event)
    value: str | int | float | bool | None = event.value
    try:
        value = resolve(event.value, is_plain=event.implicit[0])
    except Wrong as wrong:
        if not (builder.lenient and event.value.isprintable()):
            builder.report.add(Position("", line, column), _path(builder), wrong.what, wrong.hint)
        value = event.value if event.value.isprintable() else ""
    _add(builder, Scalar(value, event.value, line, column), event.anchor, 1, 0)


def _key(builder: _Builder, event: yaml.ScalarEvent) -> tuple[str, int, int]:
    line, column = _spot(event)
    spot = Position("", line, column)
    text: str = event.value
    if event.anchor:
        _stop(builder, event, "a key cannot carry an anchor", "anchor the value instead")
    if builder.lenient and text and text.isprintable():
        return text, line, column
    if event.implicit[0] and text == "<<":
        builder.report.add(spot, _path(builder), 'merge keys ("<<") are not part of YAML 1.2', "write the keys out")
        return "", line, column
    try:
        value = resolve(text, is_plain=event.implicit[0])
    except Wrong as wrong:
        builder.report.add(spot, _path(builder), wrong.what, wrong.hint)
        return "", line, column
    if not isinstance(value, str):
        builder.report.add(
            spot, _path(builder), f"the key {text or 'null'} is not text", f"put it in quotes: '{text}':"
        )
        return "", line, column
    if not text:
        builder.report.add(spot, _path(builder), "this key is empty", "give it a name, or remove the line")
    return text, line, column


def _take_alias(builder: _Builder, event: yaml.AliasEvent) -> None:
    frame = builder.frames[-1] if builder.frames else None
    if frame and frame.key is None and isinstance(frame.node, Mapping):
        _stop(builder, event, "an alias cannot be a key", "write the key out")
    known = builder.anchors.get(str(event.anchor))
    if known is None:
        is_open = any(frame.anchor == event.anchor for frame in builder.frames)
        reason = "stands inside what it names" if is_open else "names an anchor that was not defined before it"
        _stop(builder, event, f"the alias *{event.anchor} {reason}", "write the value out")
    node, size, height = known
    if len(builder.frames) + height > MAX_DEPTH:
        _stop(builder, event, f"this goes more than {MAX_DEPTH} levels deep", "a stack file needs about six")
    _count(builder, event, size)
    _add(builder, node, None, size, height)


def _open(builder: _Builder, event: yaml.CollectionStartEvent) -> None:
    frame = builder.frames[-1] if builder.frames else None
    _refuse_tag(builder, event)
    if frame and frame.key is None and isinstance(frame.node, Mapping):
        hint = 'a key is text; put a value that begins with "{" or "[" in quotes'
        _stop(builder, event, "a list or mapping cannot be a key", hint)
    if len(builder.frames) >= MAX_DEPTH:
        _stop(builder, event, f"this goes more than {MAX_DEPTH} levels deep", "a stack file needs about six")
    _count(builder, event, 1)
    line, column = _spot(event)
    is_list = isinstance(event, yaml.SequenceStartEvent)
    node = Sequence([], line, column) if is_list else Mapping({}, line, column)
    builder.frames.append(_Frame(node, event.anchor, _path(builder)))


def _close(builder: _Builder) -> None:
    frame = builder.frames.pop()
    # An anchor takes its name only now: an alias within it would be endless.
    _add(builder, frame.node, frame.anchor, frame.size, frame.height)


def _add(builder: _Builder, node: Node, anchor: str | None, size: int, height: int) -> None:
    if anchor:
        builder.anchors[anchor] = (node, size, height)
    if isinstance(node, Scalar) and size == 1:
        _count(builder, node, 1)
    if not builder.frames:
        builder.root = node
        return
    frame = builder.frames[-1]
    frame.size += size
    frame.height = max(frame.height, height + 1)
    if isinstance(frame.node, Sequence):
        frame.node.items.append(node)
        return
    key, line, column = frame.key or ("", 0, 0)
    frame.key = None
    _set(builder, frame, key, Entry(node, line, column))


def _set(builder: _Builder, frame: _Frame, key: str, entry: Entry) -> None:
    entries = frame.node.entries if isinstance(frame.node, Mapping) else {}
    if key in entries:
        first = entries[key].line
        builder.report.add(
            entry, _join(frame.path, key), f"{quote(key)} is given twice", f"the first is in line {first}"
        )
    elif key:
        entries[key] = entry


def _count(builder: _Builder, spot: Any, size: int) -> None:
    builder.nodes += size
    if builder.nodes > MAX_NODES:
        _stop(
            builder, spot, f"this file holds more than {MAX_NODES} values once aliases are expanded", "make it smaller"
        )


def _refuse_tag(builder: _Builder, event: Any) -> None:
    if event.tag is not None and not (builder.lenient and event.tag.startswith("tag:yaml.org,2002:")):
        line, column = _spot(event)
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        what = f"the tag {quote(tag)} is not allowed"
        builder.report.add(
            Position("", line, column), _path(builder), what, "a stack file holds plain values: remove it"
        )


def _stop(builder: _Builder, spot: Any, what: str, hint: str) -> NoReturn:
    line, column = _spot(spot)
    builder.report.add(Position("", line, column), _path(builder), what, hint)
    raise _Stop


def _spot(spot: Any) -> tuple[int, int]:
    if isinstance(spot, Scalar):
        return spot.line, spot.column
    return spot.start_mark.line + 1, spot.start_mark.column + 1


def _path(builder: _Builder) -> str:
    if not builder.frames:
        return ""
    frame = builder.frames[-1]
    if isinstance(frame.node, Sequence):
        return _join(frame.path, str(len(frame.node.items)))
    return _join(frame.path, frame.key[0]) if frame.key else frame.path


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
