"""Compose documents as YAML: in their own order, short lists on one line, and every dollar sign only itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_WORD = r"[A-Za-z0-9_./-]+"
_PLAIN = re.compile(
    rf"--?[A-Za-z][A-Za-z0-9_./=-]*"  # an option
    rf"|[0-9]+(?:s|ms|M)"  # a duration or a size
    rf"|[A-Za-z_./][A-Za-z0-9_./-]*(?::{_WORD}|(?: {_WORD})*)"  # words, or a word with a tag
)
"""What means the same with quotes and without, to every reader of YAML."""
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n", ".inf", ".nan", "."})
_WIDTH = 118


def text(document: Mapping[str, Any], comment: str) -> str:
    """The document below a comment, a line each; its sections stand apart."""
    head = "".join(f"# {line}".rstrip() + "\n" for line in comment.splitlines())
    sections = ("".join(f"{line}\n" for line in _mapping({key: value}, 0)) for key, value in document.items())
    return head + "\n" + "\n".join(sections)


def _mapping(node: Mapping[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for number, (key, value) in enumerate(node.items()):
        # Services stand apart, too.
        if depth == 1 and number and isinstance(value, Mapping) and len(value) > 3:
            yield ""
        yield from _entry(f"{indent}{_scalar(key)}:", value, depth)


def _entry(head: str, value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield head
        yield from _mapping(value, depth + 1)
    elif isinstance(value, list | tuple) and value:
        line = f"{head} {_flow(value)}"
        if len(line) <= _WIDTH and not any(isinstance(item, Mapping) for item in value):
            yield line
        else:
            yield head
            yield from _sequence(value, depth + 1)
    else:
        yield f"{head} {_flow(value)}"


def _sequence(node: Sequence[Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for item in node:
        line = f"{indent}- {_flow(item)}"
        if len(line) <= _WIDTH or not isinstance(item, Mapping):
            yield line
        else:
            lines = list(_mapping(item, depth + 1))
            yield f"{indent}- {lines[0].lstrip()}"
            yield from lines[1:]


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    # A dollar sign in a value begins a variable of Compose; two are one.
    return _scalar(value.replace("$", "$$") if isinstance(value, str) else value)


def _scalar(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
