"""A switchover natively: data folders, fenced and renamed, and the supervisor. The places need no stack file."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.operate.switching import folders
from stackyard.targets.local import control
from stackyard.targets.local.control import Control
from stackyard.targets.local.ports import save
from stackyard.targets.local.postgres_catalog import Server
from stackyard.targets.names import NATIVE
from stackyard.targets.native import postgres_settings, processes, replicas
from stackyard.targets.native.layout import Layout
from stackyard.targets.native.target import attach

if TYPE_CHECKING:
    from stackyard.model.system import Postgres
    from stackyard.targets.native.supervisor.client import Client
    from stackyard.targets.native.target import NativeTarget


class NativePlaces:
    """See `Places` for what each member means."""

    target = NATIVE

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    @property
    def folder(self) -> Path:
        return self._layout.folder

    def stop(self, parts: Sequence[str]) -> None:
        client = self._client()
        if client is not None:
            there = {one.id for one in client.status().programs}
            client.stop([[part] for part in parts if part in there])

    def is_held(self, part: str) -> bool:
        return self._data(part).exists()

    def is_fenced(self, part: str) -> bool:
        return folders.is_fenced(self._data(part))

    def unfence(self, part: str) -> None:
        folders.unfence(self._data(part))

    def change_places(self, primary: str, replica: str) -> None:
        folders.change_places(self._data(primary), self._data(replica))

    def put_aside(self, part: str, aside: str) -> None:
        folders.put_aside(self._data(part), self._data(aside))

    def put_back(self, aside: str, part: str) -> None:
        folders.put_back(self._data(aside), self._data(part))

    def succeed(self, primary: str, replica: str, aside: str) -> None:
        folders.succeed(self._data(primary), self._data(replica), self._data(aside))

    def _data(self, part: str) -> Path:
        return self._layout.data(part)

    def _client(self) -> Client | None:
        return attach(self._layout)


class NativeServers(NativePlaces):
    """See `Servers` for what each member means."""

    def __init__(self, target: NativeTarget) -> None:
        super().__init__(target.layout)
        self._target = target
        self._replicas = dict(target.replicas)

    def runs(self, part: str) -> bool:
        return self._target.client is not None and self._target.runs(part)

    @contextlib.contextmanager
    def server(self, part: str) -> Iterator[Server]:
        replica = self._replicas.get(part)
        if replica is not None:
            yield replicas.server(self._layout, replica, self._target.machine.ports[part])
        else:
            yield self._target.database(self._resource(part)).server

    def fence(self, part: str) -> None:
        folders.fence(self._data(part), self._target.give)

    def control(self, part: str) -> Control:
        return control.read(self._data(part))

    def start(self, part: str) -> None:
        if self._target.client is None:
            save(self._layout.ports_file, self._target.machine.ports)
            self._target.supervise(detached=True)
        postgres_settings.forget_overrides(self._target, self._resource(part))
        processes.start_again(self._target, part)

    def aside(self, part: str) -> str:
        return f"{part}.broken-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}"

    def kept(self, aside: str) -> str:
        return str(self._data(aside)) if self.is_held(aside) else ""

    def confirm(self) -> None:
        from stackyard.operate.confirm import confirm

        confirm(self._target)

    def _client(self) -> Client | None:
        return self._target.client

    def _resource(self, part: str) -> Postgres:
        """The server of a part as one by itself, under its own name."""
        replica = self._replicas.get(part)
        if replica is not None:
            return replica.server
        return next(one.primary for one in self._replicas.values() if one.primary.name == part)
