"""What a server really runs with, compared with the files that it was given. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

_LINE = re.compile(r"^\s*([A-Za-z_][\w.]*)\s*=\s*(.*?)\s*$")
_NUMBER = re.compile(r"^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-z]*)$")
_BYTES = {"B": 1, "kB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
_MICROSECONDS = {"us": 1, "ms": 10**3, "s": 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "d": 86400 * 10**6}
_TRUE, _FALSE = frozenset({"on", "true", "yes", "1"}), frozenset({"off", "false", "no", "0"})


@dataclass(frozen=True)
class Setting:
    """A setting of a running server: `value` is that of new sessions, in `unit`, and came from `file` ("" for none).

    `kind` and `context` are vartype and context of pg_settings.
    """

    value: str
    kind: str
    unit: str = ""
    context: str = "user"
    file: str = ""
    waits_for_restart: bool = False


@dataclass(frozen=True)
class Deviation:
    """A setting that is not as it should be: `sentence` says how; `needs_restart`: a reload does not put it right."""

    name: str
    sentence: str
    needs_restart: bool = False


def parse(text: str) -> dict[str, str]:
    """The settings of a rendered postgresql.conf, names in lower case, values as they were written."""
    found = (_LINE.match(line) for line in text.splitlines())
    return {match[1].lower(): match[2] for match in found if match}


def deviations(
    wanted: Mapping[str, str], running: Mapping[str, Setting], file: str, overrides: Mapping[str, str]
) -> Iterator[Deviation]:
    """Where a server runs with something else than the settings `wanted`, which stand in `file`.

    `overrides` are those that other files set beside it (ALTER SYSTEM), whether the server has taken them in or not.
    """
    for name, value in sorted(overrides.items()):
        needs_restart = (
            name in running and running[name].context == "postmaster" and running[name].file not in ("", file)
        )
        yield Deviation(name, f"{name} was set to {value} beside the file", needs_restart)
    for name, setting in sorted(running.items()):
        if name in overrides:
            continue
        if setting.file not in ("", file):
            yield Deviation(name, f"{name} comes from {setting.file}", setting.context == "postmaster")
        elif name in wanted and not is_same(wanted[name], setting):
            what = f"{name} is {setting.value}{setting.unit and f' ({setting.unit})'} and should be {wanted[name]}"
            yield Deviation(name, what, setting.context == "postmaster")
        elif setting.waits_for_restart:
            yield Deviation(name, f"{name} waits for a restart", needs_restart=True)


def is_same(wanted: str, found: Setting) -> bool:
    """Does the text of a configuration file mean the value that the server has?"""
    text = _unquoted(wanted)
    if found.kind == "bool":
        return _truth(text) == _truth(found.value)
    if found.kind in ("integer", "real"):
        number = _number(text, found.unit)
        return number is not None and _is_close(number, Fraction(found.value), found.kind)
    if found.kind == "enum":
        one, other = _truth(text), _truth(found.value)
        # "on" may stand for a method of its own (wal_compression), which only the server knows.
        return (
            one == other
            if one is not None and other is not None
            else one is True or text.lower() == found.value.lower()
        )
    return text == found.value


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'").replace("\\\\", "\\")
    return text


def _truth(text: str) -> bool | None:
    word = text.lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _number(text: str, unit: str) -> Fraction | None:
    """The number in the unit of the setting ("8kB"); None for what is none."""
    if re.fullmatch(r"0[0-7]+", text):
        return Fraction(int(text, 8))
    match = _NUMBER.match(text)
    if match is None:
        return None
    number = Fraction(match[1])
    if not match[2]:
        return number
    count, base = re.match(r"(\d*)(.*)", unit).groups()  # type: ignore[union-attr]
    for scale in (_BYTES, _MICROSECONDS):
        if match[2] in scale and base in scale:
            return number * scale[match[2]] / (scale[base] * int(count or 1))
    return None


def _is_close(one: Fraction, other: Fraction, kind: str) -> bool:
    """Whole numbers are rounded by the server, others printed with six digits."""
    return abs(one - other) <= (Fraction(1, 2) if kind == "integer" else abs(one) / 10**5)
