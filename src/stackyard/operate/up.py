"""Bring a system up, or in line with its file; say so only when the end state has been observed."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from stackyard.errors import StackyardError, StateError
from stackyard.model.system import Postgres, System
from stackyard.operate.apply import Tell, apply
from stackyard.operate.session import Session
from stackyard.targets.native import foresight, ports
from stackyard.targets.native.machine import Machine
from stackyard.targets.native.state import write_whole
from stackyard.targets.native.supervisor.client import Client
from stackyard.targets.native.supervisor.places import Places
from stackyard.targets.native.target import NativeTarget

if TYPE_CHECKING:
    from stackyard.observe.logs import LogLine


@dataclass(frozen=True)
class Outcome:
    """What `up` ends with: where the system answers, and how long it took. `client` is set when we own what runs."""

    addresses: tuple[tuple[str, str], ...]
    welcome: str
    seconds: float
    client: Client | None


def up(session: Session, *, detached: bool, tell: Tell) -> Outcome:
    """Execute the plan of the session.

    When a step fails, what this very call started is stopped again and everything else is left as it was; then the
    error is raised. Ctrl-C does the same and raises KeyboardInterrupt.
    """
    begun = time.monotonic()
    target, plan = session.target, session.plan()
    threading.Thread(target=_import_ahead, args=(session.system,), daemon=True).start()
    _refuse_second(target, detached=detached)
    ports.save(target.layout.ports_file, target.machine.ports)
    launched = target.supervise(detached=detached)
    interrupted = threading.Event()
    try:
        with _ctrl_c(target, interrupted):
            target.heed(plan)
            apply(plan, target.perform, tell, interrupted)
            from stackyard.operate.confirm import confirm

            confirm(target)
            if interrupted.is_set():
                raise KeyboardInterrupt
    except BaseException:
        _take_back(target, launched=launched)
        raise
    _record_summary(target)
    target.record.save()
    if session.opening is not None:
        foresight.note(target, session.opening.profiles, session.opening.begun)
    addresses = addresses_of(session.system, target.machine)
    owner = target.client if launched and not detached else None
    return Outcome(addresses, session.system.welcome, time.monotonic() - begun, owner)


def _import_ahead(system: System) -> None:
    """Import what is needed in a moment: it costs nothing while the first processes start."""
    if any(isinstance(resource, Postgres) for resource in system.resources):
        import_module("psycopg")
    import_module("stackyard.operate.confirm")


def _refuse_second(target: NativeTarget, *, detached: bool) -> None:
    if target.client is None or detached:
        return
    status = target.client.status()
    if status.mode == "foreground":
        raise StateError(
            f"{target.system.name} is already up in the foreground (supervisor pid {status.pid})",
            hint="`stackyard up --detach` brings it in line with the file, `stackyard down` stops it.",
        )


@contextlib.contextmanager
def _ctrl_c(target: NativeTarget, interrupted: threading.Event) -> Iterator[None]:
    """Let Ctrl-C end builds and migrations at once, and the plan with them."""

    def stop(*_: object) -> None:
        interrupted.set()
        target.runner.interrupt()
        if target.client is not None:
            # Whoever waits for a process to become ready is waiting for nothing from here on.
            threading.Thread(target=_take_back, args=(target,), kwargs={"launched": False}, daemon=True).start()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except StackyardError:
        if interrupted.is_set():
            raise KeyboardInterrupt from None
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _take_back(target: NativeTarget, *, launched: bool) -> None:
    """Stop what this plan has started, the newest first; with it the supervisor, when it was launched for this."""
    client = target.client
    target.cease()
    if client is None:
        return
    with contextlib.suppress(StackyardError):
        client.stop([[name] for name in reversed(target.started)])
        if launched:
            client.shutdown(stop_programs=True)


def addresses_of(system: System, machine: Machine) -> tuple[tuple[str, str], ...]:
    """Where people and tools reach the parts: the edge first, then what listens on this machine only."""
    made: list[tuple[str, str]] = []
    if system.edge is not None:
        made.append((system.name, machine.addresses.public_url(system)))
    for service in system.services:
        slot = service.name if service.is_static else f"{service.name}-1"
        if slot in machine.ports:
            made.append((service.name, f"http://localhost:{machine.ports[slot]}"))
    made += [
        (resource.name, f"localhost:{machine.ports[resource.name]}")
        for resource in system.resources
        if resource.name in machine.ports
    ]
    return tuple(made)


def _record_summary(target: NativeTarget) -> None:
    """What `status` shows beside the word of the supervisor."""
    system, machine = target.system, target.machine
    places = {slot: f"localhost:{port}" for slot, port in machine.ports.items()}
    if system.edge is not None:
        places["edge"] = machine.addresses.public_url(system)
    summary = {
        "system": system.name,
        "addresses": [address for _, address in addresses_of(system, machine)],
        "places": places,
        "resources": [resource.name for resource in system.resources],
    }
    write_whole(target.layout.summary_file, json.dumps(summary, indent=1) + "\n")


def follow(session: Session, client: Client, show: Callable[[LogLine], None]) -> None:
    """Show the logs of everything until Ctrl-C, then stop everything in order.

    Returns as well when somebody else stops the system. Raises StateError when the supervisor was killed.
    """
    from stackyard.observe.logs import follow as lines
    from stackyard.operate.down import stop

    session.release()
    layout = session.target.layout
    try:
        for line in lines(layout.folder, client):
            show(line)
    except KeyboardInterrupt:
        stop(layout, client)
        return
    if Places(layout.folder).card.exists():
        # A supervisor that was told to stop takes its card with it.
        raise StateError(
            "the supervisor was killed; everything that it ran was ended", hint="`stackyard up` starts it again."
        )
