"""The object store of the shop, opened when it is first needed: its client takes longer to load than all the rest."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stackyard_kit.objects import ObjectStore

STORE = "files"
"""What the store is called in the environment: FILES_BUCKET, FILES_ENDPOINT."""


class Files:
    """The store that the environment names. Without one, what needs it answers 503 and the rest works."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._resources = contextlib.AsyncExitStack()
        self._lock = asyncio.Lock()
        self._store: ObjectStore | None = None
        self._warming: asyncio.Task[ObjectStore] | None = None

    @property
    def is_configured(self) -> bool:
        """Whether the environment names a store."""
        return bool(self._environment.get(f"{STORE.upper()}_BUCKET"))

    def warm(self) -> None:
        """Open the store in the background, so that the first picture need not wait for it."""
        if self.is_configured and self._warming is None:
            self._warming = asyncio.create_task(self.store())

    async def store(self) -> ObjectStore:
        """The open store. Raises ProblemError 503 when the environment names none."""
        if not self.is_configured:
            # Imported late: whoever asks for the health of the store need not have a framework.
            from stackyard_kit.problems import ProblemError

            raise ProblemError(503, "No store for files is configured.", kind="no-file-store")
        async with self._lock:
            if self._store is None:
                self._store = await self._open()
            return self._store

    async def ask(self) -> None:
        """For a health check: return when the bucket answers."""
        await (await self.store()).ask()

    async def close(self) -> None:
        """Close every connection."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait([self._warming])
        await self._resources.aclose()

    async def _open(self) -> ObjectStore:
        objects = await asyncio.to_thread(importlib.import_module, "stackyard_kit.objects")
        settings = objects.StoreSettings.from_environment(self._environment, STORE)
        store: ObjectStore = await self._resources.enter_async_context(objects.open_store(settings))
        return store
