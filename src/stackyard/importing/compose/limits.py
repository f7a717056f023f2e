"""How many of a container run, what it may use, and when it is started again."""

from __future__ import annotations

from typing import Any

from stackyard.importing.compose.forms import duration, seconds, size
from stackyard.importing.compose.ledger import Ledger
from stackyard.importing.compose.parts import Part
from stackyard.importing.compose.reading import section, text_of
from stackyard.spec.tree import Entry, Mapping

_RESTARTS = {
    "always": "always", "unless-stopped": "always", "any": "always",
    "on-failure": "on-failure",
    "no": "never", "none": "never", "false": "never",
}  # fmt: skip
_SIGNALS = ("SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGKILL")


def carry_deployment(part: Part, made: dict[str, Any], ledger: Ledger) -> None:
    """Carry `deploy`, the older words for the same, `restart` and how a container is stopped."""
    deploy = section(part.node, "deploy") or Mapping({}, 1, 1)
    for node, word, key in ((part.node, "scale", "scale"), (deploy, "replicas", "deploy.replicas")):
        _replicas(node.entries.get(word), f"{part.key}.{key}", made, ledger)
    resources = section(deploy, "resources") or Mapping({}, 1, 1)
    limits = section(resources, "limits") or Mapping({}, 1, 1)
    below = f"{part.key}.deploy.resources.limits"
    _limit(limits.entries.get("cpus"), f"{below}.cpus", "cpu", made, ledger)
    _limit(part.node.entries.get("cpus"), f"{part.key}.cpus", "cpu", made, ledger)
    _limit(limits.entries.get("memory"), f"{below}.memory", "memory", made, ledger)
    _limit(part.node.entries.get("mem_limit"), f"{part.key}.mem_limit", "memory", made, ledger)
    _limit(limits.entries.get("pids"), f"{below}.pids", "pids", made, ledger)
    _limit(part.node.entries.get("pids_limit"), f"{part.key}.pids_limit", "pids", made, ledger)
    policy = section(deploy, "restart_policy") or Mapping({}, 1, 1)
    _restart(policy.entries.get("condition"), f"{part.key}.deploy.restart_policy.condition", made, ledger)
    _restart(part.node.entries.get("restart"), f"{part.key}.restart", made, ledger)
    _stopping(part, made, ledger)


def _replicas(entry: Entry | None, key: str, made: dict[str, Any], ledger: Ledger) -> None:
    if entry is None:
        return
    text = text_of(entry.node)
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        ledger.lost(entry, key, "a service runs at least once", "Give it `profiles`, if it should not run.")
        return
    if int(text) > 1:
        made["replicas"] = int(text)
    ledger.carried(entry, key, "`replicas`")


def _limit(entry: Entry | None, key: str, word: str, made: dict[str, Any], ledger: Ledger) -> None:
    if entry is None:
        return
    text = text_of(entry.node)
    value = size(text) if word == "memory" else _number(text, whole=word == "pids")
    if value:
        made.setdefault("limits", {})[word] = value
        ledger.carried(entry, key, f"`limits.{word}`")
    else:
        ledger.lost(entry, key, "this is no limit", f"stackyard explain services.{word}")


def _number(text: str, *, whole: bool) -> int | float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return (int(value) if whole or value.is_integer() else value) if value > 0 else None


def _restart(entry: Entry | None, key: str, made: dict[str, Any], ledger: Ledger) -> None:
    if entry is None:
        return
    word, _, count = text_of(entry.node).partition(":")
    found = _RESTARTS.get(word)
    if found is None:
        ledger.lost(entry, key, "this is no policy of restarts", "stackyard explain services.api.restart")
        return
    if found != "always":
        made["restart"] = found
    ledger.carried(entry, key, f"`restart: {found}`" + ("; pauses grow instead of a count" if count else ""))


def _stopping(part: Part, made: dict[str, Any], ledger: Ledger) -> None:
    grace = part.node.entries.get("stop_grace_period")
    if grace is not None and duration(text_of(grace.node)):
        if seconds(text_of(grace.node)) != 15:
            made["stop_grace_period"] = duration(text_of(grace.node))
        ledger.carried(grace, f"{part.key}.stop_grace_period", "`stop_grace_period`")
    signal = part.node.entries.get("stop_signal")
    if signal is None:
        return
    word = text_of(signal.node).upper()
    word = word if word.startswith("SIG") else f"SIG{word}"
    if word in _SIGNALS:
        if word != "SIGTERM":
            made["stop_signal"] = word
        ledger.carried(signal, f"{part.key}.stop_signal", "`stop_signal`")
