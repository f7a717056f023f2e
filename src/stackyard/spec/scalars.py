"""Plain YAML scalars become values by the core schema of YAML 1.2, with a few refusals where it invites mistakes."""

from __future__ import annotations

import math
import re

from stackyard.spec.report import Wrong, quote

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_A_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_NUMERIC = frozenset("0123456789+-.")
_DIGITS = 18


def resolve(text: str, *, is_plain: bool) -> str | int | float | bool | None:
    """The value of a scalar. Raises Wrong for what is no sensible value anywhere in a stack file."""
    if not text.isprintable() and _CONTROL.search(text):
        raise Wrong("this text holds a control character", "remove it")
    if not is_plain:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    return _number(text)


def _number(text: str) -> str | int | float:
    digits = text.lstrip("+-")
    if _INTEGER.fullmatch(text):
        if digits[0] == "0" and len(digits) > 1:
            bare = digits.lstrip("0") or "0"
            raise Wrong(
                f"{quote(text)} could be octal, decimal or text",
                f'write "{text[:40]}" for text, {bare[:40]} for a number',
            )
        if len(digits) > _DIGITS:
            raise Wrong(f"this number has more than {_DIGITS} digits", "put it in quotes if it is text")
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        if len(text) > _DIGITS:
            raise Wrong(f"this number has more than {_DIGITS} digits", "put it in quotes if it is text")
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        if not math.isfinite(value := float(text)):
            raise Wrong("this number is too large", "put it in quotes if it is text")
        return value
    if _NOT_A_NUMBER.fullmatch(text):
        raise Wrong(f"{quote(text)} is not a number that can be used", "put it in quotes if it is text")
    return text
