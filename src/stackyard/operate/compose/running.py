"""What of a system is on the engine, and the verbs that need no more than that: no stack file is read here."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from stackyard.errors import PartError, StateError, UsageError
from stackyard.observe import compose_ended, compose_logs, logs, replication
from stackyard.observe.compose_status import part_of, singles, status_of
from stackyard.observe.logs import LogLine
from stackyard.observe.replication import ReplicaStatus
from stackyard.observe.status import PartStatus, SystemStatus, places, summary_of
from stackyard.runner import Command, Processes
from stackyard.targets.compose import commands, complaints, verb_commands
from stackyard.targets.compose.layout import Layout
from stackyard.targets.compose.names import CRON
from stackyard.targets.compose.rendering import LABEL_PART
from stackyard.targets.compose.snapshot import Container, Eye
from stackyard.targets.local.state import Record
from stackyard.targets.names import EDGE

PROJECT = "project"
"""In the record of the target: under which names the engine knows what is here."""
_LIMIT = 600.0
"""Seconds for Docker to stop things: parts have a grace of their own, which it keeps."""
_READY = 120.0
"""Seconds for a part to become ready again."""
_PAUSE = 0.2
_LOOPING = 4
"""Lines on the processes of a container that waits for its time: a head, its first process, the loop, a sleep."""
GOOD = frozenset({"ready", "done", "waiting"})


class Running:
    """The containers of the system of one folder in one environment."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.runner = Processes()
        self.eye = Eye(self.runner)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """What the last `up` wrote down."""
        return summary_of(self.layout)

    @cached_property
    def _recorded(self) -> Mapping[str, str]:
        return Record(self.layout.state_file).facets(PROJECT) or {}

    @property
    def project(self) -> str:
        """The name of the Compose project, "" when this system never ran on Compose."""
        return self._recorded.get("name", "")

    @property
    def system(self) -> str:
        """The name of the system, "" when it never ran on Compose."""
        return self._recorded.get("system", "")

    def containers(self) -> tuple[Container, ...]:
        """Those of this very folder, asked anew. Raises MachineError when the engine does not answer.

        Another checkout of the same system has the same project; what it runs is not ours.
        """
        if not self.project:
            return ()
        folder = str(self.layout.rendered)
        return tuple(one for one in self.eye.containers(self.project) if one.folder in ("", folder))

    def status(self) -> SystemStatus:
        """The status of all of them."""
        found = self.containers()
        return replace(status_of(self.layout, found), replicas=self._standings(found))

    def _standings(self, found: Sequence[Container]) -> tuple[ReplicaStatus, ...]:
        """How far the replicas of databases are behind; each primary is asked in its container."""
        groups = tuple(replication.groups_in(self.summary)) if found else ()
        if not groups:
            return ()
        from stackyard.targets.compose.database import socket_of

        ids = {one.service: one.id for one in found if one.is_running and not one.is_one_off}
        with ExitStack() as opened:
            places = {
                one.primary: opened.enter_context(socket_of(ids[one.primary])) for one in groups if one.primary in ids
            }
            return replication.standings(groups, places, self.layout.secrets)

    def down(self) -> tuple[str, ...]:
        """Stop and remove containers and networks, what others stand on last; the parts that were stopped."""
        found = self.containers()
        groups = self.groups(found)
        for group in groups:
            self._do("the containers cannot be stopped", commands.stop_containers([one.id for one in group]))
        if found:
            compose_ended.keep(self.runner, found, self._whose(found), self.layout.ended)
            ids = [one.id for one in found]
            self._do("the containers cannot be removed", commands.remove_containers(ids))
        if self.project:
            networks = self.eye.names(verb_commands.networks(self.project))
            if networks:
                self._do("the networks cannot be removed", commands.remove_networks(networks))
        return tuple(dict.fromkeys(part(one) for group in groups for one in group if not self._is_job(one)))

    def restart(self, names: tuple[str, ...]) -> tuple[PartStatus, ...]:
        """Restart the named parts or replicas, all of them without a name; those that others use come first.

        A service with a schedule runs at once, and then at its times again.
        Raises UsageError for a name that does not run, PartError for one that does not become ready again.
        """
        found = tuple(one for one in self.containers() if not self._is_job(one) and not one.is_one_off)
        if not found:
            raise StateError("nothing runs here", hint="`stackyard up` starts it.")
        done: list[PartStatus] = []
        for group in reversed(self.groups(self._chosen(found, names))):
            self._do("the containers cannot be restarted", verb_commands.restart([one.id for one in group]))
            for one in group:
                if is_scheduled(one):
                    self._hurry(one)
            done += self._await_ready({one.id for one in group})
        return tuple(done)

    def groups(self, found: Sequence[Container]) -> list[list[Container]]:
        """The containers to stop, group by group: the edge, then services, then the resources that they use."""
        resources = frozenset(self.summary.get("resources", ()))
        first = [one for one in found if part(one) == EDGE]
        last = [one for one in found if part(one) in resources]
        between = [one for one in found if part(one) != EDGE and part(one) not in resources]
        return [group for group in (first, between, last) if group]

    def logs(self) -> ComposeLogs:
        """The logs of all of them."""
        return ComposeLogs(self.runner, self.project, self._whose(self.containers()), self.layout.ended)

    def _whose(self, found: Sequence[Container]) -> compose_logs.Whose:
        return compose_logs.whose(found, LABEL_PART, singles(self.summary))

    def _hurry(self, one: Container) -> None:
        """Have a loop run its command now. It hears that once it has a child; before, the signal would end it."""
        deadline = time.monotonic() + _READY
        while len(self.eye.ask(verb_commands.processes(one.id)).splitlines()) < _LOOPING:
            if time.monotonic() > deadline:
                raise PartError(
                    part(one), "did not begin to wait for its time", hint=f"See `stackyard logs {part(one)}`."
                )
            time.sleep(_PAUSE)
        self._do("it cannot be told to run", verb_commands.hurry(one.id))

    def _chosen(self, found: tuple[Container, ...], names: tuple[str, ...]) -> tuple[Container, ...]:
        known = {one.id: {self._name(one), part(one)} for one in found}
        there = set().union(*known.values())
        for name in names:
            if name not in there:
                near = get_close_matches(name, there, 1)
                hint = f"Did you mean {near[0]}? " if near else ""
                raise UsageError(f"no part {name} runs here", hint=f"{hint}There are: {', '.join(sorted(there))}.")
        return tuple(one for one in found if not names or known[one.id] & set(names))

    def _await_ready(self, ids: set[str]) -> list[PartStatus]:
        deadline = time.monotonic() + _READY
        while True:
            states = [self._part(one) for one in self.containers() if one.id in ids]
            waiting = [one for one in states if one.state not in GOOD]
            if not waiting:
                return states
            if time.monotonic() > deadline or any(one.state == "failed" for one in waiting):
                late = waiting[0]
                raise PartError(
                    late.part,
                    f"{late.id} did not become ready again: {late.sentence}",
                    hint=f"`stackyard logs {late.part}` shows everything that it said.",
                )
            time.sleep(_PAUSE)

    def _part(self, one: Container) -> PartStatus:
        return part_of(one, singles(self.summary), places(self.layout))

    def _name(self, one: Container) -> str:
        return self._part(one).id

    def _is_job(self, one: Container) -> bool:
        return one.service != part(one)

    def _do(self, what: str, argv: commands.Argv) -> None:
        answer = self.runner.ask(Command(argv, Path("/"), commands.environment(), timeout=_LIMIT))
        if not answer.is_good and "no such container" not in answer.errors.lower():
            raise complaints.general(what, answer.errors.splitlines())


def is_scheduled(one: Container) -> bool:
    """Whether it runs its command at the times of a schedule."""
    return CRON in ((one.found.get("Config") or {}).get("Cmd") or ())


def part(one: Container) -> str:
    """The part of the stack file that a container belongs to."""
    return one.labels.get(LABEL_PART, one.service)


@dataclass(frozen=True)
class ComposeLogs:
    """See `Logs` of the verbs. `ended` is the folder with the logs of containers that are gone."""

    runner: Processes
    project: str
    who: compose_logs.Whose
    ended: Path

    def parts(self) -> frozenset[str]:
        return frozenset(self.who.parts.values()) | compose_ended.parts(self.ended)

    def read(
        self, parts: Sequence[str], *, n: int | None, since: datetime | None, grep: re.Pattern[str] | None
    ) -> list[LogLine]:
        there = set(self.who.parts.values())
        found: list[LogLine] = []
        if there & set(parts) or (there and not parts):
            found = compose_logs.read(self.runner, self.project, self.who, parts, n=n, since=since, grep=grep)
        missing = None if n is None else n - len(found)
        return [*logs.read(self.ended, parts, n=missing, since=since, grep=grep), *found]

    def follow(self, parts: Sequence[str], *, grep: re.Pattern[str] | None) -> Iterator[LogLine]:
        there = set(self.who.parts.values())
        if there & set(parts) or (there and not parts):
            yield from compose_logs.follow(self.project, self.who, parts, grep=grep)
