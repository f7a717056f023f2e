"""The order in which the system came up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from stackyard.model.system import System
from stackyard.observe.seen import Start
from stackyard.observe.view import View
from stackyard.verify.check import Check, Look, Seen, saw


def _order(view: View) -> Iterator[Seen]:
    starts = view.starts()
    needs = needed_processes(view.system)
    if not any(needs.values()):
        yield saw("what needs what", "nothing needs anything")
    for name, others in needs.items():
        begun = starts[name].begun if name in starts else None
        if begun is None:
            continue
        for other in others:
            found = starts.get(other, Start(None, ()))
            if found.since is not None and begun < found.since:
                yield saw(f"when {other} was ready, which {name} needs", "it was made anew since, without a new start")
                continue
            shown = [f"{_time(first)} to {_time(last) if last else 'now'}" for first, last in found.ready]
            yield saw(
                f"when {other} was ready, which {name} needs; that was started at {_time(begun)}",
                " and ".join(shown) or "not that the log would say so",
                fault=f"{name} was started before {other} was ready",
                unless=found.was_ready(begun),
            )


def _time(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"


def needed_processes(system: System) -> Mapping[str, tuple[str, ...]]:
    """For each process of a service, those that must be ready before it starts."""
    services = {service.name: service for service in system.services}

    def of(name: str) -> tuple[str, ...]:
        if name not in services:
            return (name,)
        other = services[name]
        count = 0 if other.is_static or other.schedule else other.replicas
        return tuple(f"{name}-{number}" for number in range(1, count + 1))

    return {
        f"{service.name}-{number}": tuple(process for need in service.needs for process in of(need.name))
        for service in system.services
        if not service.is_static and not service.schedule
        for number in range(1, service.replicas + 1)
    }


CHECKS = (
    Check(
        "topology.order",
        ("TOP-01",),
        "each part was started after what it needs was ready",
        Look.LOG,
        _order,
        next_step="`stackyard restart` starts everything again, in order.",
    ),
)
