"""An independent strict reading of a stack file: ruamel.yaml for the grammar, the core schema of YAML 1.2 for values.

Nothing of Stackyard is used here. What the reference promises to refuse (tags, merge keys, nulls, leading zeros, keys
that are not text) is a fault here too, so that a refusal can be confirmed.
"""

from __future__ import annotations

import math
import re
import warnings
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_INTEGER = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = ("", "~", "null", "Null", "NULL")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_TAG = re.compile(r"(?:^|[\s,\[{:?-])!")
_AMBIGUOUS = re.compile("[\x85\u2028\u2029\ufeff]")
_INNER_TAB = re.compile(r"(?<=\S) *\t[ \t]*")
_DEPTH, _VALUES = 50, 100_000


class Fault(Exception):  # noqa: N818 -- what is wrong with a file, on its way to the judgement
    """The file is not one that a stack file may be; the message says why."""


def read(content: bytes) -> dict[str, Any]:
    """The mapping in the file. Raises Fault for anything that is not one plain document of keys and values."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Fault("not UTF-8") from None
    if "\0" in text:
        raise Fault("a NUL character")
    if _AMBIGUOUS.search(text):
        raise Fault("a character that cannot be seen")
    # ruamel.yaml refuses a tab between words and at the end of a line, which YAML 1.2 allows.
    root = _compose(_INNER_TAB.sub(" ", text))
    reading = _Reading()
    data = reading.value(root, 1)
    if reading.size(root) > _VALUES:
        raise Fault("too many values")
    if not isinstance(data, dict):
        raise Fault("not a mapping")
    return data


def _compose(text: str) -> Any:
    yaml = YAML(typ="safe", pure=True)
    # An anchor may be set again; that is no reason for a warning.
    warnings.simplefilter("ignore", ReusedAnchorWarning)
    try:
        if _TAG.search(text) and any(getattr(event, "ctag", None) for event in yaml.parse(text)):
            raise Fault("a tag")
        root = yaml.compose(text)
    except Fault:
        raise
    except RecursionError:
        raise Fault("too deep") from None
    except (YAMLError, ValueError, IndexError, AttributeError, TypeError, AssertionError) as error:
        # ruamel.yaml itself trips over some nonsense.
        raise Fault(f"not YAML: {type(error).__name__}") from None
    if root is None:
        raise Fault("an empty file")
    return root


class _Reading:
    """One reading; what an alias names is read once."""

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}
        self._open: set[int] = set()
        self._sizes: dict[int, int] = {}

    def value(self, node: Node, depth: int) -> Any:
        if depth > _DEPTH + 1:
            raise Fault("too deep")
        if isinstance(node, ScalarNode):
            return _scalar(node)
        if id(node) in self._open:
            raise Fault("an alias of itself")
        self._open.add(id(node))
        made = self._mapping(node, depth) if isinstance(node, MappingNode) else self._sequence(node, depth)
        self._open.discard(id(node))
        return made

    def _sequence(self, node: Node, depth: int) -> list[Any]:
        if id(node) not in self._known:
            self._known[id(node)] = [self.value(item, depth + 1) for item in node.value]
        found: list[Any] = self._known[id(node)]
        return found

    def _mapping(self, node: MappingNode, depth: int) -> dict[str, Any]:
        if id(node) in self._known:
            known: dict[str, Any] = self._known[id(node)]
            return known
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = _key(key_node)
            if key in made:
                raise Fault("a key given twice")
            made[key] = self.value(value_node, depth + 1)
        self._known[id(node)] = made
        return made

    def size(self, node: Node) -> int:
        """Values in the node, with aliases expanded; `value` has found no circle in it."""
        if isinstance(node, ScalarNode):
            return 1
        if id(node) not in self._sizes:
            inner = node.value if isinstance(node, SequenceNode) else [value for _, value in node.value]
            self._sizes[id(node)] = 1 + sum(self.size(item) for item in inner)
        return self._sizes[id(node)]


def _key(node: Node) -> str:
    if not isinstance(node, ScalarNode):
        raise Fault("a key that is a list or mapping")
    if node.anchor:
        raise Fault("an anchor on a key")
    if node.value == "<<" and node.style is None:
        raise Fault("a merge key")
    key = _scalar(node)
    if not isinstance(key, str):
        raise Fault("a key that is not text")
    if not key:
        raise Fault("an empty key")
    return key


def _scalar(node: ScalarNode) -> Any:
    text = node.value
    if _CONTROL.search(text):
        raise Fault("a control character")
    if node.style is not None:
        return text
    if text in _NULLS:
        return None
    if text in _WORDS:
        return _WORDS[text]
    return _number(text)


def _number(text: str) -> Any:
    if _INTEGER.fullmatch(text):
        digits = text.lstrip("+-")
        if len(digits) > 18 or (digits[0] == "0" and len(digits) > 1):
            raise Fault("a number with a leading zero, or too many digits")
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        if len(text) > 18:
            raise Fault("too many digits")
        return int(text, 0)
    if _NO_NUMBER.fullmatch(text) or (_FLOAT.fullmatch(text) and math.isinf(float(text))):
        raise Fault("not a finite number")
    return float(text) if _FLOAT.fullmatch(text) else text
