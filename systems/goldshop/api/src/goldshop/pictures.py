"""Formats of images on their way out: from the memory of this process, or streamed from the object store."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

from goldshop.files import Files
from goldshop.imaging import FORMATS

_KEPT = 512
_SMALL = 48 * 1024


@dataclass(frozen=True)
class Picture:
    """A format of an image on its way out; `data` when it is small, else `chunks`, to be read before `close`."""

    media_type: str
    size: int
    data: bytes | None = None
    chunks: AsyncIterator[bytes] | None = None
    resources: AsyncExitStack | None = None


class Pictures:
    """Reads formats of images. Small ones, such as all that a list shows, are kept in memory: they never change."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._kept: OrderedDict[tuple[uuid.UUID, str], bytes] = OrderedDict()

    def kept(self, identifier: uuid.UUID, form: str) -> Picture | None:
        """The picture if it is in memory."""
        data = self._kept.get((identifier, form))
        if data is None:
            return None
        self._kept.move_to_end((identifier, form))
        return Picture(_media_type(form), len(data), data=data)

    async def open(self, identifier: uuid.UUID, form: str, key: str) -> Picture:
        """The picture at `key` of the store. Raises NoSuchObjectError or DependencyAwayError."""
        store = await self._files.store()
        async with AsyncExitStack() as resources:
            stored, chunks = await resources.enter_async_context(store.stream(key))
            if stored.size > _SMALL:
                return Picture(_media_type(form), stored.size, chunks=chunks, resources=resources.pop_all())
            data = b"".join([chunk async for chunk in chunks])
        self._kept[identifier, form] = data
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return Picture(_media_type(form), len(data), data=data)


def _media_type(form: str) -> str:
    return FORMATS[form.rpartition(".")[2]]
