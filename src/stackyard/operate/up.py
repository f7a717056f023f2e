"""Bring a system up, or in line with its file; say so only when the end state has been observed."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from stackyard.errors import StackyardError, StateError
from stackyard.model.system import Postgres, System
from stackyard.operate import summary
from stackyard.operate.apply import Tell, apply
from stackyard.operate.choice import settle
from stackyard.operate.interrupting import ctrl_c
from stackyard.operate.session import Session
from stackyard.operate.verbs import Outcome
from stackyard.targets.local import ports
from stackyard.targets.names import NATIVE
from stackyard.targets.native import foresight
from stackyard.targets.native.supervisor.client import Client
from stackyard.targets.native.supervisor.places import Places
from stackyard.targets.native.target import NativeTarget

if TYPE_CHECKING:
    from stackyard.observe.logs import LogLine


def up(session: Session, *, detached: bool, tell: Tell) -> Outcome:
    """Execute the plan of the session.

    When a step fails, what this very call started is stopped again and everything else is left as it was; then the
    error is raised. Ctrl-C does the same and raises KeyboardInterrupt.
    """
    begun = time.monotonic()
    target, plan = session.target, session.plan()
    threading.Thread(target=_import_ahead, args=(session.system,), daemon=True).start()
    _refuse_second(target, detached=detached)
    settle(target.layout.folder, NATIVE)
    ports.save(target.layout.ports_file, target.machine.ports)
    launched = target.supervise(detached=detached)
    interrupted = threading.Event()
    try:
        with ctrl_c(interrupted, partial(_end, target)):
            target.heed(plan)
            apply(plan, target.perform, tell, interrupted)
            from stackyard.operate.confirm import confirm

            confirm(target)
            if interrupted.is_set():
                raise KeyboardInterrupt
    except BaseException:
        _take_back(target, launched=launched)
        raise
    ports_by_slot, url = target.machine.ports, target.machine.addresses.public_url(session.system)
    summary.record(target.layout, session.system, ports_by_slot, url)
    target.record.save()
    if session.opening is not None:
        foresight.note(target, session.opening.profiles, session.opening.begun)
    addresses = summary.addresses_of(session.system, ports_by_slot, url)
    owner = target.client if launched and not detached else None
    staying = partial(follow, session, owner) if owner is not None else None
    return Outcome(addresses, session.system.welcome, time.monotonic() - begun, staying, tuple(target.notes))


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


def _end(target: NativeTarget) -> None:
    """End builds and migrations at once, and what was started."""
    target.runner.interrupt()
    if target.client is not None:
        # Whoever waits for a process to become ready is waiting for nothing from here on.
        threading.Thread(target=_take_back, args=(target,), kwargs={"launched": False}, daemon=True).start()


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
