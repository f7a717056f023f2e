"""A running system on Docker Compose, as checks look at it: from outside as everywhere, inside through the engine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from stackyard.observe import backups
from stackyard.observe import restores as restores_of
from stackyard.observe.compose_files import Files
from stackyard.observe.compose_parts import Parts
from stackyard.observe.compose_ways import Ways
from stackyard.observe.files import end_of
from stackyard.observe.logs import LogLine
from stackyard.observe.seen import CannotSeeError, EdgeView, RestoresView
from stackyard.targets.compose import slots
from stackyard.targets.compose.dockerfiles.backups import PROGRAM
from stackyard.targets.compose.names import BACKUPS
from stackyard.targets.compose.support import notices
from stackyard.targets.compose.target import ComposeTarget
from stackyard.targets.names import COMPOSE, EDGE

_LINES = 50_000
"""Lines of one log that are searched."""


class ComposeView(Parts, Ways, Files):
    """Looks through the Compose target; see `View` for what each member means."""

    @property
    def target(self) -> str:
        return COMPOSE

    @cached_property
    def edge(self) -> EdgeView | None:
        # Who comes over a published port of loopback is to the edge somebody at the engine's own address.
        return self.edge_view(self._compose.ports, self.config(EDGE).folder, Path("nginx"), keeps_sources=False)

    @property
    def folders(self) -> Mapping[str, Path]:
        layout = self.layout
        return {"home": layout.folder, "secrets": layout.secrets, "tls": layout.tls}

    def left_out(self) -> tuple[str, ...]:
        return notices(self.system)

    def differences(self) -> tuple[str, ...]:
        """A plan of its own: what was looked at when the checks began may be old."""
        fresh = ComposeTarget(self.system)
        try:
            return tuple(map(str, fresh.plan().steps))
        finally:
            fresh.close()

    @cached_property
    def _looks(self) -> backups.Looks:
        return backups.Looks(self._look)

    def _look(self, name: str) -> Mapping[str, Any]:
        """In the container of the backups: it alone has the repository, the spool and the programs."""
        answer = self._inside(BACKUPS, (PROGRAM, "look", name))
        for line in answer.output.splitlines():
            told: dict[str, Any] = json.loads(line)
            if "result" in told:
                found: Mapping[str, Any] = told["result"]
                return found
            if "error" in told:
                raise CannotSeeError(str(told["error"]["what"]))
        raise CannotSeeError(f"{BACKUPS} could not look at {name}: {answer.errors.strip()[-300:]}")

    def backups(self, look: str) -> Mapping[str, Any]:
        return self._looks.at(look)

    def restores(self) -> RestoresView:
        """What is kept lies in volumes, closed to whoever uses them."""
        return restores_of.restores(self.layout.folder, lambda _place: None, target=COMPOSE)

    def documented_ports(self) -> Mapping[str, int]:
        return {wish.slot: wish.port for wish in slots.wishes(self.system) if wish.port}

    def host_ports(self) -> Mapping[str, int]:
        return {wish.slot: self._compose.ports[wish.slot] for wish in slots.wishes(self.system)}

    def logs(
        self,
        parts: Sequence[str],
        *,
        n: int | None = None,
        since: datetime | None = None,
        grep: re.Pattern[str] | None = None,
    ) -> list[LogLine]:
        tail = n if grep is None else None
        own = [one for one in self._own() if not parts or one.part in parts]
        found = [line for one in own for line in self._said(one, n=tail, since=since)]
        fitting = sorted((one for one in found if grep is None or grep.search(one.line)), key=lambda one: one.ts)
        return fitting if n is None else fitting[-n:]

    def log_parts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.part for one in self.planned().values()))

    def log_texts(self, most: int) -> Iterator[tuple[str, bytes]]:
        for one in self._own():
            text = "\n".join(line.line for line in self._said(one, n=_LINES))
            yield f"the log of {one.id}", text.encode()[-most:]
        for path in sorted(self.layout.log.glob("*")):
            yield path.name, end_of(path, most)
