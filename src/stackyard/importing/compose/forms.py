"""The several forms in which Compose takes the same thing: lists and mappings, short and long, each read into one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from stackyard.importing.compose.reading import text_of
from stackyard.spec.tree import Entry, Mapping, Node, Scalar, Sequence

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)i?b?", re.IGNORECASE)
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?(us|ms|s|m|h|d))+")
_SHELLS = ("sh", "bash", "/bin/sh", "/bin/bash", "ash")


@dataclass(frozen=True)
class Pair:
    """A name with its value; `value` is None where the file leaves it to the shell. `node` is where it stands.

    With `from_file`, that is where its env file is named.
    """

    name: str
    value: str | None
    spot: Entry | Node
    node: Node
    from_file: bool = False


def pairs(node: Node | None) -> Iterator[Pair]:
    """Names and values, from a mapping or from a list of NAME=value."""
    if isinstance(node, Mapping):
        for name, entry in node.entries.items():
            is_plain = isinstance(entry.node, Scalar)
            yield Pair(name, text_of(entry.node) if is_plain and _has_value(entry.node) else None, entry, entry.node)
    elif isinstance(node, Sequence):
        for item in node.items:
            name, sign, value = text_of(item).partition("=")
            yield Pair(name.strip(), value if sign else None, item, item)


def _has_value(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is not None


def items(node: Node | None) -> list[Node]:
    """The items of a list; a single value is a list of one."""
    if isinstance(node, Sequence):
        return node.items
    return [] if node is None or (isinstance(node, Scalar) and node.value is None) else [node]


def names(node: Node | None) -> Iterator[tuple[str, Entry | Node, Mapping | None]]:
    """Names from a list, or from a mapping that says more about each; networks, secrets and dependencies look so."""
    if isinstance(node, Mapping):
        for name, entry in node.entries.items():
            yield name, entry, entry.node if isinstance(entry.node, Mapping) else None
    else:
        for item in items(node):
            if isinstance(item, Mapping) and "source" in item.entries:
                yield text_of(item.entries["source"].node), item, item
            else:
                yield text_of(item), item, None


def words(node: Node | None) -> tuple[str, ...]:
    """A command as words; a text is split as Compose does it, without a shell."""
    if isinstance(node, Sequence):
        return tuple(text_of(item) for item in node.items)
    return split(text_of(node))


def split(text: str) -> tuple[str, ...]:
    """`text` as a shell would split it; one with an open quote at its spaces."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return tuple(text.split())


def script_of(command: tuple[str, ...]) -> str:
    """The script of `sh -c SCRIPT`; "" for any other command."""
    if len(command) >= 3 and command[0] in _SHELLS and re.fullmatch(r"-[a-z]*c", command[1]):
        return command[2]
    return ""


def size(text: str) -> str:
    """A size such as 512m or 1.5G in the words of a stack file; "" for what is none."""
    match = _SIZE.fullmatch(text.strip())
    if match is None or float(match[1]) == 0:
        return ""
    unit = match[2].upper()
    return f"{match[1]}{unit}B" if unit else _whole_bytes(match[1])


def _whole_bytes(number: str) -> str:
    count = int(float(number))
    for unit, factor in (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if count % factor == 0:
            return f"{count // factor}{unit}"
    return f"{count}B"


def seconds(text: str) -> float | None:
    """A duration such as 1m30s in seconds; None for what is none. A bare number is seconds, too."""
    plain = text.strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", plain):
        return float(plain)
    if not _DURATION.fullmatch(plain):
        return None
    units = {"us": 0.000001, "ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([0-9.]+)(us|ms|s|m|h|d)", plain))


def duration(text: str) -> str:
    """A duration in the words of a stack file: the largest unit that holds it whole. "" for what is none."""
    count = seconds(text)
    if count is None or count <= 0:
        return ""
    for unit, factor in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        if count % factor == 0:
            return f"{int(count // factor)}{unit}"
    return f"{max(1, round(count * 1000))}ms"


@dataclass(frozen=True)
class PortMapping:
    """A published or exposed port; `published` is None when only others inside reach it."""

    target: int
    published: int | None
    address: str = ""
    protocol: str = "tcp"


def port_mapping(node: Node) -> PortMapping | None:
    """A port in either form; None for what cannot be read."""
    if isinstance(node, Mapping):
        values = {key: text_of(entry.node) for key, entry in node.entries.items()}
        text = f"{values.get('published', '')}:{values.get('target', '')}/{values.get('protocol', 'tcp')}"
        return _short_port(f"{values['host_ip']}:{text}" if values.get("host_ip") else text.removeprefix(":"))
    return _short_port(text_of(node))


def _short_port(text: str) -> PortMapping | None:
    text, _, protocol = text.strip().partition("/")
    address, separator, rest = text.rpartition("]:") if text.startswith("[") else ("", "", text)
    address = address.removeprefix("[") if separator else ""
    pieces = rest.split(":")
    if len(pieces) == 3:
        address, *pieces = pieces
    ranges = [re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", piece) for piece in pieces if piece]
    if not ranges or not all(ranges):
        return None
    firsts = [int(match[1]) for match in ranges if match]
    published = firsts[0] if len(firsts) > 1 or len(pieces) == 1 else None
    return PortMapping(firsts[-1], published, address, protocol or "tcp")


@dataclass(frozen=True)
class Mount:
    """A volume of a service: a named one, a bind mount of a path on the host, or an anonymous one (no source)."""

    source: str
    target: str
    is_bind: bool
    options: str = ""


def mount(node: Node) -> Mount:
    """A volume in either form."""
    if isinstance(node, Mapping):
        values = {key: text_of(entry.node) for key, entry in node.entries.items()}
        source = values.get("source", values.get("src", ""))
        target = values.get("target", values.get("destination", ""))
        return Mount(source, target, values.get("type") == "bind", values.get("type", ""))
    source, _, rest = text_of(node).partition(":")
    target, _, options = rest.partition(":")
    if not target:
        return Mount("", source, False)
    return Mount(source, target, source.startswith((".", "/", "~")), options)
