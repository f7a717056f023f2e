"""Harm to the logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.verify.ground import Ground, Sabotage

Harm = Callable[[Ground], None]

_WORD = "sabotage-of-the-log"


def _log(ground: Ground) -> Path:
    return ground.home / "log/worker.jsonl"


def _record(line: str, ahead: timedelta = timedelta()) -> str:
    moment = (datetime.now(UTC) + ahead).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    record = {"ts": moment, "part": "worker", "id": "worker-1", "stream": "out", "line": f"{_WORD} {line}"}
    return f"{json.dumps(record, separators=(',', ':'))}\n"


def _remove_a_log(ground: Ground) -> None:
    _log(ground).unlink()


def _forge_a_line(ground: Ground) -> None:
    ground.append(_log(ground), f"{_WORD}: nothing has happened\n")


def _forge_the_future(ground: Ground) -> None:
    ground.append(_log(ground), _record("nothing will happen", timedelta(days=1)))


def _tell_a_secret(ground: Ground) -> None:
    ground.append(_log(ground), _record(f"the key is {ground.view.secret('api_key')}"))


def _take_out(ground: Ground) -> None:
    ground.take_out(_log(ground), _WORD)


def _keep_too_much(ground: Ground) -> None:
    _beyond(ground).touch(0o600)


def _keep_what_was_asked(ground: Ground) -> None:
    _beyond(ground).unlink()


def _beyond(ground: Ground) -> Path:
    return ground.home / "log/worker.jsonl.9"


def _open_a_log(ground: Ground) -> None:
    _log(ground).chmod(0o644)


def _log_queries(ground: Ground) -> None:
    ground.reload_edge(old='"path":"$edge_path"', new='"path":"$request_uri"')


def _be_silent(ground: Ground) -> None:
    ground.redefine("worker-1", env={**ground.definition("worker-1").env, "LOG_LEVEL": ("critical",)})


def _sabotage(name: str, breaks: set[str], harm: Harm, undo: Harm | None = None) -> Sabotage:
    return Sabotage(name, frozenset(breaks), harm, system="everything", undo=undo)


SABOTAGES = (
    _sabotage("a log is removed", {"logs.written"}, _remove_a_log, lambda ground: ground.restart("worker")),
    _sabotage("a line of a log is forged", {"logs.whole"}, _forge_a_line, _take_out),
    _sabotage("a line of a log is dated ahead", {"logs.whole"}, _forge_the_future, _take_out),
    _sabotage("a service writes a secret into its log", {"logs.no-secrets"}, _tell_a_secret, _take_out),
    _sabotage("an old log is kept for ever", {"logs.bounded"}, _keep_too_much, _keep_what_was_asked),
    _sabotage("a log is opened", {"logs.private", "topology.as-described"}, _open_a_log),
    _sabotage("the edge logs queries", {"logs.access", "topology.as-described"}, _log_queries),
    _sabotage("a worker says nothing", {"logs.level", "topology.as-described"}, _be_silent),
)
