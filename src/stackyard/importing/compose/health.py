"""Health checks: an HTTP check that a container does with curl or wget becomes a path, another one a command."""

from __future__ import annotations

import re
from typing import Any

from stackyard.importing.compose.forms import duration, script_of, seconds, split, words
from stackyard.importing.compose.ledger import Ledger
from stackyard.importing.compose.parts import Part
from stackyard.importing.compose.reading import text_of
from stackyard.spec.shapes import PROBE_PATH
from stackyard.spec.tree import Entry, Mapping, Sequence

_HERE = r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])"
_LOCAL = re.compile(rf"(?:https?://{_HERE}|(?<![\w./-]){_HERE}(?=:[0-9]))(?::([0-9]+))?(/[^\s'\"|;)]*)?")
_ASKS = re.compile(r"\b(curl|wget|http|https|urllib|requests|httpx|fetch|node)\b")
_USUAL = {"interval": 10.0, "timeout": 2.0, "retries": 3.0, "start_timeout": 60.0}


def carry_health(part: Part, ledger: Ledger) -> Any:
    """What `health` says in the stack file; None when nothing is to be said."""
    entry = part.node.entries.get("healthcheck")
    key = f"{part.key}.healthcheck"
    if entry is None:
        return None
    if part.is_resource or part.is_static or not isinstance(entry.node, Mapping):
        ledger.replaced(entry, key, "Stackyard knows itself when this part is ready")
        return None
    test = entry.node.entries.get("test")
    if "disable" in entry.node.entries or test is None:
        ledger.replaced(entry, key, "without a check, a service is ready when its port answers, a worker when it runs")
        return None
    command = _command(test)
    local = _LOCAL.search(" ".join(command))
    if local and _ASKS.search(" ".join(command)):
        path = (local[2] or "/") if re.fullmatch(PROBE_PATH, local[2] or "/") else "/"
        part.port = part.port or int(local[1] or 80)
        advice = (
            "What the answer says is not looked at, only its status."
            if re.search(r"\|\s*grep", " ".join(command))
            else ""
        )
        ledger.carried(test, f"{key}.test", f"`health: {path}`", advice)
        return _with_times(entry, key, {"path": path}, ledger)
    if not command or (part.program.words == () and part.is_python):
        ledger.lost(entry, key, "it checks with a program of the image", "Give `health` a path or a command.")
        return None
    ledger.carried(test, f"{key}.test", "`health: {command}`", _advice(part))
    return _with_times(entry, key, {"command": list(command)}, ledger)


def _advice(part: Part) -> str:
    return "" if part.is_python else "The command has to be there on every target that the system runs on."


def _command(test: Entry) -> tuple[str, ...]:
    if not isinstance(test.node, Sequence):
        text = text_of(test.node)
        return ("sh", "-c", text) if re.search(r"[|;&$<>]", text) else split(text)
    found = words(test.node)
    if found[:1] == ("CMD-SHELL",):
        text = re.sub(r"\s*\|\|\s*exit 1\s*$", "", " ".join(found[1:]))
        return ("sh", "-c", text) if re.search(r"[|;&$<>]", text) else split(text)
    found = found[1:] if found[:1] == ("CMD",) else found
    return split(script_of(found)) if script_of(found) and not re.search(r"[|;&$<>]", script_of(found)) else found


def _with_times(entry: Entry, key: str, made: dict[str, Any], ledger: Ledger) -> Any:
    node = entry.node
    assert isinstance(node, Mapping)
    for word, below in node.entries.items():
        where = f"{key}.{word}"
        if word in ("interval", "timeout") and duration(text_of(below.node)):
            _set(made, word, text_of(below.node))
            ledger.carried(below, where, f"`health.{word}`")
        elif word == "retries" and text_of(below.node).isdecimal() and 1 <= int(text_of(below.node)) <= 100:
            if float(text_of(below.node)) != _USUAL["retries"]:
                made["retries"] = int(text_of(below.node))
            ledger.carried(below, where, "`health.retries`")
        elif word == "start_period" and seconds(text_of(below.node)) is not None:
            if (seconds(text_of(below.node)) or 0) > _USUAL["start_timeout"]:
                made["start_timeout"] = duration(text_of(below.node))
            ledger.carried(below, where, "`health.start_timeout`, 60 s at least")
        elif word == "start_interval":
            ledger.replaced(below, where, "a service that starts is asked every few milliseconds")
    return made["path"] if list(made) == ["path"] else made


def _set(made: dict[str, Any], word: str, text: str) -> None:
    if seconds(text) != _USUAL[word]:
        made[word] = duration(text)
