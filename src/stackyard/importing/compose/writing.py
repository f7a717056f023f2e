"""A stack file as a person would write it: blocks for what is large, a line for what is small, quotes where needed."""

from __future__ import annotations

import json
import re
from typing import Any

_WIDTH = 100
_PLAIN = re.compile(r"[A-Za-z0-9_./$*-][A-Za-z0-9_./$*@%+=~<>(){}\[\],:;!?&| '\"-]*")
_FLOW_UNSAFE = re.compile(r"[{}\[\],]")
_TAKEN = re.compile(
    r"~|null|true|false|yes|no|on|off|[-+]?[0-9][0-9_]*(\.[0-9]*)?([eE][-+]?[0-9]+)?|\.[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+|"
    r"[-+]?\.(inf|nan)",
    re.IGNORECASE,
)
_SECTIONS = ("services", "resources", "environments", "secrets")


def write(document: dict[str, Any], header: str, comments: dict[str, list[str]]) -> str:
    """The text of a stack file; `comments` stand above the key of their dotted path."""
    lines = [f"# {header}"]
    for name, value in document.items():
        is_large = isinstance(value, dict) and name in (*_SECTIONS, "edge") and value
        lines += [""] if is_large else []
        lines += _entry(name, value, 0, name, comments)
    return "\n".join(lines) + "\n"


def _entry(name: str, value: Any, depth: int, path: str, comments: dict[str, list[str]]) -> list[str]:
    pad = "  " * depth
    lines = [f"{pad}# {text}" for text in comments.get(path, ())]
    key = _scalar(name, in_flow=False)
    flow = f"{pad}{key}: {_flow(value)}"
    if not isinstance(value, dict | list) or (_fits(flow, value) and not _wants_block(path, value, comments)):
        return [*lines, flow if isinstance(value, dict | list) else f"{pad}{key}: {_scalar(value, in_flow=False)}"]
    lines.append(f"{pad}{key}:")
    if isinstance(value, list):
        return [*lines, *(f"{pad}  - {_flow(item)}" for item in value)]
    for inner, below in value.items():
        lines += _entry(inner, below, depth + 1, f"{path}.{inner}", comments)
    return lines


def _wants_block(path: str, value: Any, comments: dict[str, list[str]]) -> bool:
    """Sections, services and longer lists of variables are read down, not across."""
    if not isinstance(value, dict) or not value:
        return False
    steps = path.split(".")
    if any(one.startswith(f"{path}.") for one in comments):
        return True
    is_part = (len(steps) == 1 and steps[0] in (*_SECTIONS, "edge")) or (
        steps[0] in ("services", "environments") and len(steps) == 2
    )
    is_long = steps[-1] in ("environment", "settings") and len(value) > 1
    holds_more = any(isinstance(inner, dict) and inner for inner in value.values())
    return is_part or is_long or holds_more


def _fits(line: str, value: Any) -> bool:
    return len(line) <= _WIDTH and not (isinstance(value, list) and any("\n" in str(item) for item in value))


def _flow(value: Any, *, in_list: bool = True) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{_scalar(key, in_flow=True)}: {_flow(item, in_list=False)}" for key, item in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(_flow(item) for item in value)}]"
    return _scalar(value, in_flow=True, in_list=in_list)


def _scalar(value: Any, *, in_flow: bool, in_list: bool = False) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    if re.fullmatch(r"0|[1-9][0-9]{0,8}", value) and not in_list:
        # A variable that is a number is written as one; the stack file takes it as the text that it is.
        return value
    if _is_plain(value, in_flow):
        return value
    if "\n" in value or "\t" in value or not value.isprintable():
        return json.dumps(value, ensure_ascii=False)
    if "'" in value and '"' not in value and "\\" not in value:
        return f'"{value}"'
    return "'" + value.replace("'", "''") + "'"


def _is_plain(value: str, in_flow: bool) -> bool:
    if not _PLAIN.fullmatch(value) or _TAKEN.fullmatch(value) or value != value.strip():
        return False
    if ": " in value or " #" in value or value.endswith(":") or value[:2] in ("- ", "? ") or value == "-":
        return False
    if value[0] in "*-" and not re.match(r"-[A-Za-z-]", value):
        return False
    return not (in_flow and _FLOW_UNSAFE.search(value))
