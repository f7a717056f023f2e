"""The whole system, from the tree to the model, before parts are selected and what they share is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stackyard.model.system import Backups, Logs, Monitoring, Secret, System
from stackyard.spec import shapes
from stackyard.spec.build_edge import build_edge
from stackyard.spec.build_resources import build_resources
from stackyard.spec.build_services import build_services
from stackyard.spec.report import Report
from stackyard.spec.sections import Block, duration, size, text, texts, value
from stackyard.spec.tree import Mapping

_DAY = 86400.0


def build(tree: Mapping, path: Path, environment: str, report: Report) -> System:
    """The system in `tree`, whose structure is right; `path` is the stack file. Wrong values go into the report."""
    top = Block(tree, "", path.parent, report)
    name = text(tree.entries["system"].node)
    return System(
        name=name,
        environment=environment,
        root=path.parent,
        file=path,
        services=tuple(build_services(top)),
        resources=tuple(build_resources(top, name)),
        edge=build_edge(top, name),
        secrets=tuple(_secrets(top)),
        backups=_backups(top),
        monitoring=_monitoring(top),
        logs=_logs(top, environment),
        accept_loss=_accept_loss(top),
        **top.read(network=text, description=text, welcome=text),
    )


def _secrets(top: Block) -> list[Secret]:
    return [
        Secret(name, top.report.position(entry), **part.read(provided=value, length=value))
        for name, entry, part in top.inners("secrets")
    ]


def _backups(top: Block) -> Backups | None:
    part = top.inner("backups")
    if part is None:
        return None
    positive = duration(1)
    values: dict[str, Any] = part.read(
        at=text,
        keep=duration(_DAY),
        encrypt=value,
        weekly=value,
        monthly=value,
        to=text,
        offsite=text,
        recipients=texts,
        wal=lambda node: value(node) == "continuous",
        rate=lambda node: shapes.read_byte_rate(text(node)),
        rpo=positive,
        rto=positive,
        drill=text,
    )
    has_database = any("postgres" in resource for _, _, resource in top.inners("resources"))
    if not values.setdefault("wal", has_database):
        # A daily backup can lose a day; an hour would be a promise that nothing keeps.
        values.setdefault("rpo", _DAY)
    return Backups(position=part.report.position(top.entry("backups")), **values)


def _monitoring(top: Block) -> Monitoring | None:
    part = top.inner("monitoring")
    if part is None:
        return None
    values = part.read(prometheus=value, grafana=value, alerts=text, retention=duration(3600))
    return Monitoring(position=part.report.position(top.entry("monitoring")), **values)


def _logs(top: Block, environment: str) -> Logs:
    part = top.inner("logs")
    values = part.read(keep=duration(3600), size=size(1024**2), level=text) if part else {}
    if environment == "development":
        values.setdefault("level", "debug")
    return Logs(**values)


def _accept_loss(top: Block) -> dict[str, tuple[str, ...]]:
    part = top.inner("accept_loss")
    return {target: texts(entry.node) for target, entry in part.node.entries.items()} if part else {}
