"""What the YAML parser says, in words for people who do not know its grammar."""

from __future__ import annotations

import yaml

from stackyard.model.values import Position
from stackyard.spec.report import Report
from stackyard.spec.source import Source, place_after

_OPEN_END = "unexpected end of stream"
_CONTROL = ("a control character stands here", "remove it")
_WORDS: dict[str, tuple[str, str]] = {
    "cannot start any token": (
        "this character cannot begin a value",
        "indent with spaces, not tabs; quote text that begins with @, ` or %",
    ),
    "mapping values are not allowed": (
        'a second key in one line, or text with ": " in it',
        "put the text in quotes, or the key on its own line",
    ),
    "did not find expected key": (
        "the indentation does not fit the lines above",
        "keys of one mapping start in the same column",
    ),
    "could not find expected ':'": ('this line should be "key: value"', "a colon and a space after the key"),
    "did not find expected ',' or": ("a bracket or comma is missing", "check the brackets that are open here"),
    "did not find expected node content": (
        "a value is missing or begins with a special character",
        "put text with special characters in quotes",
    ),
    "did not find expected '-' indicator": (
        "the list does not go on here",
        "items of one list start in the same column",
    ),
    "tab character": ("a tab stands where indentation is expected", "indent with spaces"),
    _OPEN_END: ("a quote or bracket is opened and never closed", "close it"),
    "control characters are not allowed": _CONTROL,
    "special characters are not allowed": _CONTROL,
}


def report_syntax(error: yaml.YAMLError, source: Source, report: Report) -> None:
    """Add the parser's `error` to the report."""
    spot = _spot(error, source)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    if _is_end(spot, source):
        problem = _OPEN_END
    for sign, (what, hint) in _WORDS.items():
        if sign in problem:
            report.add(spot, "", f"this is not YAML: {what}", hint)
            return
    report.add(spot, "", f"this is not YAML: {problem}", "check the line and the one above it")


def _spot(error: yaml.YAMLError, source: Source) -> Position:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None and mark.line < len(source.lines):
        return Position("", mark.line + 1, mark.column + 1)
    if mark is not None:
        return Position("", len(source.lines), len(source.lines[-1]) + 1)
    # libyaml counts bytes, the Python parser characters; the nearest character is good enough for a message.
    offset = getattr(error, "position", 0)
    before = source.text.encode("utf-8", "replace")[:offset].decode("utf-8", "replace")
    return Position("", *place_after(before))


def _is_end(spot: Position, source: Source) -> bool:
    here, *below = source.lines[spot.line - 1 :] or ("",)
    return not here[spot.column - 1 :].strip() and not any(line.strip() for line in below)
