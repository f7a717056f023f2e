"""Variables in a Compose file: `$NAME`, `${NAME}`, `${NAME:-default}` and their kin. Values come from the .env file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NESTING = 10


@dataclass(frozen=True)
class Interpolated:
    """A text with its variables filled in. `unset` had no value and no default; `only` is the one it consists of."""

    text: str
    unset: tuple[str, ...] = ()
    only: str = ""


def interpolate(text: str, values: Mapping[str, str], depth: int = 0) -> Interpolated:
    """`text` with every variable replaced. What is no well-formed reference stays as it is written."""
    made, rest = "", text
    unset: list[str] = []
    names: list[str] = []
    while "$" in rest:
        before, _, rest = rest.partition("$")
        made += before
        if rest.startswith("$"):
            made, rest = made + "$", rest[1:]
        elif rest.startswith("{") and (end := _closing(rest)):
            found = _braced(rest[1:end], values, depth)
            made, rest = made + found.text, rest[end + 1 :]
            unset += found.unset
            names.append(found.only)
        elif match := _NAME.match(rest):
            name = match[0]
            rest = rest[match.end() :]
            made += values.get(name, "")
            unset += [] if name in values else [name]
            names.append(name)
        else:
            made += "$"
    is_whole = len(names) == 1 and text.strip().startswith("$") and (text.strip().endswith("}") or text[1:] == names[0])
    return Interpolated(made + rest, tuple(unset), names[0] if is_whole else "")


def _closing(text: str) -> int:
    """Where the brace that `text` begins with is closed; 0 when it is not."""
    depth = 0
    for place, char in enumerate(text):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth == 0:
            return place
    return 0


def _braced(inner: str, values: Mapping[str, str], depth: int) -> Interpolated:
    match = _NAME.match(inner)
    if match is None:
        return Interpolated(f"${{{inner}}}")
    name, rest = match[0], inner[match.end() :]
    value = values.get(name)
    operator = next((sign for sign in (":-", ":?", ":+", "-", "?", "+") if rest.startswith(sign)), "")
    word = rest[len(operator) :]
    has_value = bool(value) if operator.startswith(":") else value is not None
    if operator.endswith("+"):
        return _word(name, word if has_value else "", values, depth)
    if has_value:
        return Interpolated(value or "", (), name)
    if operator.endswith("-"):
        return _word(name, word, values, depth)
    return Interpolated("", () if value is not None else (name,), name)


def _word(name: str, word: str, values: Mapping[str, str], depth: int) -> Interpolated:
    found = interpolate(word, values, depth + 1) if depth < _NESTING else Interpolated(word)
    return Interpolated(found.text, found.unset, name)


def read_env(text: str) -> dict[str, str]:
    """The variables of an env file: `NAME=value` a line, with quotes, comments and `export` as Compose takes them."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, sign, value = line.strip().removeprefix("export ").partition("=")
        if sign and _NAME.fullmatch(name.strip()):
            values[name.strip()] = _unquoted(value.strip())
    return values


def _unquoted(value: str) -> str:
    for quote in ("'", '"'):
        if value.startswith(quote) and (end := value.find(quote, 1)) > 0:
            return value[1:end]
    return re.split(r"\s#", value, maxsplit=1)[0].strip()
