"""How a system on Compose is asked: the engine about its containers, and programs inside of them."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from stackyard.errors import StateError
from stackyard.model.system import System
from stackyard.observe import compose_processes
from stackyard.observe.compose_containers import Own
from stackyard.observe.compose_logs import said_by
from stackyard.observe.compose_status import part_of, singles
from stackyard.observe.home import Home
from stackyard.observe.logs import LogLine
from stackyard.observe.seen import Account, CannotSeeError, Member
from stackyard.observe.status import summary_of
from stackyard.runner import Answer, Command
from stackyard.targets.compose import commands
from stackyard.targets.compose.layout import Layout
from stackyard.targets.compose.rendering import LABEL_PART
from stackyard.targets.compose.target import ComposeTarget

CONFIG = "config"
"""The folder of rendered configuration, a folder a part."""

_PATIENCE = 30.0
"""Seconds for an answer of the engine."""


class Asking(Home):
    """What every part of a look at a system on Compose stands on."""

    def __init__(self, system: System) -> None:
        """Look at the engine. Raises StateError when nothing of the system runs there."""
        self._compose = ComposeTarget(system)
        self._opened = ExitStack()
        self._lock = threading.RLock()
        self._accounts: dict[str, Account | None] = {}
        if not any(one.is_running for one in self._compose.snapshot.containers):
            raise StateError(
                f"nothing of {system.name} runs here ({system.environment}), so there is nothing to verify",
                hint="`stackyard up --detach --target compose` starts it.",
            )

    def close(self) -> None:
        """Let go of what looking has opened."""
        self._opened.close()
        self._compose.close()

    @property
    def system(self) -> System:
        return self._compose.system

    @property
    def layout(self) -> Layout:
        return self._compose.layout

    def members(self) -> tuple[Member, ...]:
        running = {one.id: (one.container.id, one.container.pid) for one in self._own() if one.container.is_running}
        return compose_processes.members(running)

    def account(self, part: str) -> Account | None:
        service = self._service(part)
        with self._lock:
            if service not in self._accounts:
                body = self._compose.blueprint.rendered.document["services"].get(service, {})
                self._accounts[service] = self._user(service, str(body["user"])) if "user" in body else None
            return self._accounts[service]

    def rendered(self, part: str) -> Mapping[str, str]:
        files = self._compose.blueprint.files
        own = [file for file in files if file.path.parts[:2] == (CONFIG, part)]
        return {"/".join(file.path.parts[2:]): file.content for file in own}

    @cached_property
    def _single(self) -> frozenset[str]:
        return singles(summary_of(self.layout))

    def _name(self, service: str, number: int) -> str:
        return service if service in self._single else f"{service}-{number}"

    def _service(self, name: str) -> str:
        """The Compose service of one of our ids."""
        services = self._compose.blueprint.rendered.containers
        return name if name in services else name.rpartition("-")[0]

    def _is_job(self, one: Own) -> bool:
        wanted = self._compose.blueprint.rendered.containers.get(one.container.service)
        return one.container.is_one_off or (wanted is not None and wanted.kind == "job")

    def _own(self) -> list[Own]:
        """Every container of the system, asked anew."""
        ids = self._compose.eye.ask(commands.containers(self._compose.project.name)).split()
        raw = {str(one["Id"]): one for one in self._inspect("container", ids)}
        found = self._compose.eye.containers(self._compose.project.name)
        made = []
        for one in found:
            if one.id in raw and not one.is_one_off:
                name = part_of(one, self._single, {}).id
                made.append(Own(name, one.labels.get(LABEL_PART, one.service), one, raw[one.id]))
        return made

    def _one(self, name: str) -> Own | None:
        return next((one for one in self._own() if one.id == name), None)

    def _running(self, service: str) -> str:
        container = self._compose.container(service)
        if not container:
            raise CannotSeeError(f"{service} does not run")
        return container

    def _inspect(self, kind: str, names: Iterable[str]) -> list[dict[str, Any]]:
        wanted = tuple(names)
        if not wanted:
            return []
        answer = self._ask(commands.inspect(kind, wanted))
        return list(json.loads(answer.output or "[]"))

    def _ask(self, argv: commands.Argv) -> Answer:
        return self._compose.asker.ask(Command(argv, Path("/"), commands.environment(), timeout=_PATIENCE))

    def _inside(self, service: str, argv: Sequence[str], *, user: str = "") -> Answer:
        return self._ask(commands.execute(self._running(service), argv, user=user))

    def _said(self, one: Own, *, n: int | None = None, since: datetime | None = None) -> list[LogLine]:
        return said_by(self._compose.asker, one.container.id, one.part, one.id, n=n, since=since)

    def _user(self, service: str, name: str) -> Account:
        """Whom the image knows under the name that the document has for it."""
        answer = self._inside(service, ("id",), user=name)
        ids = {key: int(number) for key, number in re.findall(r"(uid|gid)=(\d+)", answer.output)}
        if len(ids) != 2:
            raise CannotSeeError(f"the image of {service} does not say who {name} is: {answer.errors.strip()}")
        groups = re.findall(r"(\d+)(?:\(|,|$)", answer.output.partition("groups=")[2].strip())
        return Account(ids["uid"], ids["gid"], name, is_dropped=True, groups=frozenset(map(int, groups)))
