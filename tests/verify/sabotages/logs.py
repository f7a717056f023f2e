"""Harm to the logs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from stackyard.targets.names import NATIVE
from tests.verify.ground import NativeGround
from tests.verify.sabotage import FIRST, LAST, Ground, Sabotage

Harm = Callable[[Any], None]

_WORKER = "worker-1"


def _file(ground: NativeGround) -> Path:
    return ground.home / "log/worker.jsonl"


def _beyond(ground: NativeGround) -> Path:
    return ground.home / "log/worker.jsonl.9"


def _remove_a_log(ground: NativeGround) -> None:
    _file(ground).unlink()


def _forge_a_line(ground: NativeGround) -> None:
    ground.forge(_WORKER, "sabotage-of-the-log: nothing has happened")


def _forge_the_future(ground: NativeGround) -> None:
    ground.log(_WORKER, "nothing will happen", timedelta(days=1))


def _tell_a_secret(ground: Ground) -> None:
    ground.log(_WORKER, f"the password is {ground.view.secret('cache.admin')}")


def _take_out(ground: Ground) -> None:
    ground.silence(_WORKER)


def _keep_too_much(ground: NativeGround) -> None:
    _beyond(ground).touch(0o600)


def _keep_what_was_asked(ground: NativeGround) -> None:
    _beyond(ground).unlink()


def _open_a_log(ground: NativeGround) -> None:
    _file(ground).chmod(0o644)


def _log_queries(ground: Ground) -> None:
    ground.reload_edge(old='"path":"$edge_path"', new='"path":"$request_uri"')


def _be_silent(ground: Ground) -> None:
    ground.tell(_WORKER, "LOG_LEVEL", "critical")


def _kept_by_us(
    name: str, breaks: set[str], harm: Harm, undo: Harm | None = None, *, turn: int = 0, place: str = "log"
) -> Sabotage:
    """Harm to logs that Stackyard keeps itself; those of containers are the engine's."""
    return Sabotage(
        name, frozenset(breaks), harm, system="everything", undo=undo, targets=(NATIVE,), turn=turn, place=place
    )


SABOTAGES = (
    # A worker that starts again, for whatever reason, has its log anew.
    _kept_by_us(
        "a log is removed", {"logs.written"}, _remove_a_log, lambda ground: ground.restart("worker"), turn=LAST
    ),
    _kept_by_us("a line of a log is forged", {"logs.whole"}, _forge_a_line, _take_out),
    _kept_by_us("a line of a log is dated ahead", {"logs.whole"}, _forge_the_future, _take_out),
    _kept_by_us("an old log is kept for ever", {"logs.bounded"}, _keep_too_much, _keep_what_was_asked, place=""),
    _kept_by_us("a log is opened", {"logs.private", "topology.as-described"}, _open_a_log, place="worker"),
    Sabotage(
        "a service writes a secret into its log",
        frozenset({"logs.no-secrets"}),
        _tell_a_secret,
        system="everything",
        undo=_take_out,
        place="worker",
        native_place="log",
    ),
    Sabotage(
        "the edge logs queries", frozenset({"logs.access", "topology.as-described"}), _log_queries, system="everything"
    ),
    Sabotage(
        "a worker says nothing",
        frozenset({"logs.level", "topology.as-described"}),
        _be_silent,
        turn=FIRST,
        system="everything",
        native_place="worker",
        on_compose=frozenset({"logs.level", "containers.environment", "topology.as-described"}),
    ),
)
