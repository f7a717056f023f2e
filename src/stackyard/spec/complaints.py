"""Pydantic's errors as findings: at their place in the file, in words a person can act on."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from stackyard.spec import shapes
from stackyard.spec.report import Report, quote
from stackyard.spec.schema import Stack
from stackyard.spec.schema_resources import KINDS
from stackyard.spec.tree import Entry, Mapping, Node, Path, Scalar, Sequence, plain, spot_at
from stackyard.spec.words import annotation_at, pattern_of, section_at, type_words

_UNQUOTED_FLAGS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_SIZE_UNITS = {"k": "KB", "m": "MB", "g": "GB", "t": "TB"}
_LONGEST_REPAIRED = 60
_BAD_KEY = "[key]"
"""What pydantic puts behind a key of a mapping with free keys when the key itself is wrong."""


def complain(tree: Mapping, report: Report) -> list[Path]:
    """Add what pydantic finds wrong in `tree` to the report. Gives the paths that cannot be used."""
    try:
        Stack.model_validate(plain(tree))
    except ValidationError as error:
        details = error.errors(include_url=False)
        return [_complain(tree, report, detail) for detail in details]
    return []


def _complain(tree: Mapping, report: Report, detail: Any) -> Path:
    path, tags = _path(tree, detail["loc"])
    kind = detail["type"]
    if _BAD_KEY in tags:
        kind = "bad_key"
    speak = _SPEAKERS.get(kind, _say_expected)
    what, hint = speak(report, path, tags, detail)
    is_missing = kind == "missing" or (kind == "union_tag_not_found" and not _kinds(detail["input"]))
    add = report.add_missing if is_missing else report.add
    place = path[:-1] if kind == "missing" else path
    spot = _spot(tree, path, kind)
    # A value that could not even be read needs no second finding.
    if not report.has_at(spot):
        add(spot, ".".join(str(step) for step in place), what, hint)
    # A mapping that lacks a key cannot be used, a key more in it does no harm.
    return place


def _path(tree: Mapping, loc: tuple[int | str, ...]) -> tuple[Path, list[str]]:
    """The path of `loc` in the tree, and the marks that pydantic puts between its steps: tags of unions, `_BAD_KEY`.

    The file may have a key that is spelt like a mark.
    """
    path: list[str | int] = []
    tags: list[str] = []
    here: Node | None = tree
    for step in loc:
        is_mark = isinstance(step, str) and (step.startswith("<") or step == _BAD_KEY)
        if is_mark and not (isinstance(here, Mapping) and step in here.entries):
            tags.append(str(step).strip("<>"))
        else:
            path.append(step)
            here = _child(here, step)
    return tuple(path), tags


def _child(node: Node | None, step: str | int) -> Node | None:
    if isinstance(node, Mapping) and isinstance(step, str) and step in node.entries:
        return node.entries[step].node
    if isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    return None


def _spot(tree: Mapping, path: Path, kind: str) -> Entry | Node:
    spot = spot_at(tree, path)
    at_key = kind in ("extra_forbidden", "bad_key", "missing") or not isinstance(spot, Entry)
    return spot if at_key or not isinstance(spot, Entry) or not isinstance(spot.node, Scalar) else spot.node


def _say_unknown(report: Report, path: Path, tags: list[str], _detail: Any) -> tuple[str, str]:
    word = str(path[-1])
    section = section_at(path[:-1], tags)
    parent = ".".join(str(step) for step in path[:-1])
    learn = f"stackyard explain {parent}".rstrip()
    owners = [kind for kind, model in KINDS.items() if word in model.model_fields and kind not in tags]
    if path[0] == "resources" and len(path) == 3 and owners and tags:
        return f"{quote(word)} is an option of {' and '.join(owners)}, not of {tags[0]}", f"remove it  {learn}"
    near = report.nearest(word, section.model_fields if section else ())
    return f"unknown key {quote(word)}", f'did you mean "{near}"?  {learn}' if near else learn


def _say_missing(_report: Report, path: Path, _tags: list[str], _detail: Any) -> tuple[str, str]:
    parent = ".".join(str(step) for step in path[:-1])
    where = f"{parent} has" if parent else "the stack file has"
    return f"{where} no {quote(str(path[-1]))}", f"add it  stackyard explain {parent}".rstrip()


def _say_word(report: Report, path: Path, tags: list[str], detail: Any) -> tuple[str, str]:
    annotation = annotation_at(path, tags)
    words = type_words(annotation) or detail["ctx"]["expected"].replace("'", "")
    value = detail["input"]
    near = report.nearest(value, re.split(", | or ", words)) if isinstance(value, str) else ""
    return f"expected {words}, found {_found(value)}", f'did you mean "{near}"?' if near else _learn(path)


def _say_pattern(_report: Report, path: Path, _tags: list[str], detail: Any) -> tuple[str, str]:
    words = shapes.WORDS[detail["ctx"]["pattern"]]
    value = str(detail["input"])
    better = _repaired(detail["ctx"]["pattern"], value)
    return f"expected {words}, found {quote(value)}", f'did you mean "{better}"?' if better else _learn(path)


def _repaired(pattern: str, value: str) -> str:
    candidates = [value.lower(), value.lower().replace("_", "-"), value.replace(" ", "_"), value.replace("-", "_")]
    candidates += [f"/{value}", f"0{value}", f"{value}s", f"{value}MB", value.upper(), value.replace("/sec", "/s")]
    if value[:-1].isdecimal() and value[-1].lower() in _SIZE_UNITS:
        candidates.insert(0, value[:-1] + _SIZE_UNITS[value[-1].lower()])
    fitting = [text for text in candidates if text != value and re.fullmatch(pattern, text)]
    return fitting[0] if fitting and len(value) <= _LONGEST_REPAIRED else ""


def _say_bad_key(_report: Report, path: Path, _tags: list[str], detail: Any) -> tuple[str, str]:
    word = str(path[-1])
    pattern = detail.get("ctx", {}).get("pattern", "")
    expected = shapes.WORDS.get(pattern) or detail.get("ctx", {}).get("expected", "another key").replace("'", "")
    better = _repaired(pattern, word) if pattern else ""
    return f"the key {quote(word)} is not {expected}", f'did you mean "{better}"?' if better else _learn(path[:-1])


def _say_union(report: Report, path: Path, tags: list[str], detail: Any) -> tuple[str, str]:
    if detail["ctx"]["discriminator"].startswith("kind_of"):
        return _say_kind(path, detail["input"])
    return _say_expected(report, path, tags, detail)


def _say_kind(path: Path, value: Any) -> tuple[str, str]:
    name = ".".join(str(step) for step in path)
    if not isinstance(value, dict):
        return f"expected a mapping, found {_found(value)}", f"for example: {path[-1]}: {{postgres: 16}}"
    kinds = _kinds(value)
    what = f"{name} is {' and '.join(kinds)} at once" if kinds else f"{name} does not say what it is"
    return what, "give exactly one of postgres, redis, objects, queue, such as postgres: 16"


def _kinds(value: Any) -> list[str]:
    return [kind for kind in KINDS if isinstance(value, dict) and kind in value]


def _say_bound(_report: Report, path: Path, _tags: list[str], detail: Any) -> tuple[str, str]:
    ctx = detail["ctx"]
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    name = next(name for name in words if name in ctx)
    bound = ctx[name]
    shown = int(bound) if float(bound).is_integer() else bound
    return f"expected {words[name]} {shown}, found {_found(detail['input'])}", _learn(path)


def _say_length(_report: Report, path: Path, _tags: list[str], detail: Any) -> tuple[str, str]:
    if detail["type"].endswith("_short"):
        return "this must not be empty", _learn(path)
    most = detail["ctx"]["max_length"]
    unit = "characters" if detail["type"] == "string_too_long" else "items"
    return f"this is too long: at most {most} {unit}", _learn(path)


def _say_expected(_report: Report, path: Path, tags: list[str], detail: Any) -> tuple[str, str]:
    value = detail["input"]
    annotation = annotation_at(path, tags)
    expected = type_words(annotation)
    if not expected:
        return f"this is not right: {detail['msg']}", _learn(path)
    return f"expected {expected}, found {_found(value)}", _type_hint(annotation, expected, value) or _learn(path)


def _type_hint(annotation: Any, expected: str, value: Any) -> str:
    """What was probably meant, when only the type is wrong."""
    written = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, int | float):
        pattern = pattern_of(annotation)
        better = _repaired(pattern, written) if pattern else ""
        return f'did you mean "{better}"?' if better else f'put it in quotes: "{written}"' if expected == "text" else ""
    if "true or false" in expected and written.lower() in _UNQUOTED_FLAGS:
        return f"write {_UNQUOTED_FLAGS[written.lower()]}: in YAML 1.2, {value} is plain text"
    if "a whole number" in expected and isinstance(value, str) and value.isdecimal():
        return f"write it without quotes: {value}"
    return ""


def _found(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {quote(value)}"
    return "a list" if isinstance(value, list) else "a mapping"


def _learn(path: Path) -> str:
    words = [str(step) for step in path if isinstance(step, str) and not step.startswith("/")]
    return f"stackyard explain {'.'.join(words)}".rstrip()


Speaker = Callable[[Report, Path, list[str], Any], tuple[str, str]]
_SPEAKERS: dict[str, Speaker] = {
    "extra_forbidden": _say_unknown,
    "missing": _say_missing,
    "literal_error": _say_word,
    "string_pattern_mismatch": _say_pattern,
    "bad_key": _say_bad_key,
    "union_tag_not_found": _say_union,
    "union_tag_invalid": _say_union,
    "string_too_short": _say_length,
    "string_too_long": _say_length,
    "too_short": _say_length,
    "too_long": _say_length,
    **dict.fromkeys(("greater_than", "greater_than_equal", "less_than", "less_than_equal"), _say_bound),
}
