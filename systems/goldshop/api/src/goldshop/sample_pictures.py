"""The drawn pictures of the sample goods: the worker makes them after the shop is up. Never in production.

Items that look alike share the files of one drawing, so that every item has a picture for the work of a hundred.
"""

from __future__ import annotations

import asyncio
import io
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel
from sqlalchemy import select, update

from goldshop import announce, images, sample
from goldshop.files import Files
from goldshop.imaging import SIZES, Rendered, Rendering
from goldshop.sample_goods import goods
from goldshop.sample_rows import image_id
from goldshop.tables import Image
from stackyard_kit.cache import Cache
from stackyard_kit.database import Database
from stackyard_kit.jobs import Job, Retry, enqueue

if TYPE_CHECKING:
    from PIL import Image as Pictures

_FORMATS: dict[str, dict[str, object]] = {
    "webp": {"format": "WEBP", "quality": 80},
    "jpg": {"format": "JPEG", "quality": 84, "progressive": True},
}


class Nothing(BaseModel):
    """The payload of the job: what is pending, the table says."""


AT_ONCE = 6
"""Drawings of one run: few enough that nobody waits for them who stops the worker."""

DRAW = Job(sample.PICTURES_JOB, Nothing, retry=Retry(attempts=20, first=5.0, longest=300.0), timeout=900.0)


@dataclass(frozen=True)
class Drawing:
    """Does the job. What was drawn before it was cut short is not drawn again."""

    database: Database
    files: Files
    cache: Cache

    async def run(self, _payload: Nothing) -> None:
        """Draw looks that images wait for, those of the most items first; after AT_ONCE the job hands on to another."""
        drawn = 0
        for look, skus in sorted(_looks().items(), key=lambda one: (-len(one[1]), one[0])):
            waiting = [image_id(sku) for sku in skus]
            if not await self._is_pending(waiting):
                continue
            if drawn == AT_ONCE:
                async with self.database.transaction() as session:
                    await enqueue(session, DRAW, Nothing(), priority=-10)
                break
            await self._draw(look, waiting)
            drawn += 1
        await self.cache.invalidate(announce.ITEMS)

    async def _draw(self, look: str, waiting: list[uuid.UUID]) -> None:
        from goldshop.sample_drawings import draw

        store = await self.files.store()
        drawn = _rendered(await asyncio.to_thread(draw, look))
        folder = f"samples/{look.replace(' ', '-')}"
        await images.store_files(store, drawn, folder)
        await self._settle(waiting, drawn, folder)

    async def _is_pending(self, waiting: Iterable[uuid.UUID]) -> bool:
        query = select(Image.id).where(Image.id.in_(list(waiting)), Image.status == "pending").limit(1)
        async with self.database.transaction() as session:
            return await session.scalar(query) is not None

    async def _settle(self, waiting: Iterable[uuid.UUID], drawn: Rendered, folder: str) -> None:
        done = update(Image).where(Image.id.in_(list(waiting)), Image.status == "pending")
        values = {"status": "ready", "width": drawn.width, "height": drawn.height}
        size = sum(len(one.data) for one in drawn.files)
        async with self.database.transaction() as session:
            await session.execute(done.values(**values, bytes=size, formats=images.formats_of(drawn, folder)))


def _looks() -> dict[str, list[str]]:
    looks: defaultdict[str, list[str]] = defaultdict(list)
    for good in goods():
        looks[good.look].append(good.sku)
    return looks


def _rendered(drawn: Pictures.Image) -> Rendered:
    files = []
    for size, longest in SIZES.items():
        fitted = drawn.copy()
        fitted.thumbnail((longest, longest))
        for name, how in _FORMATS.items():
            file = io.BytesIO()
            fitted.save(file, **how)  # type: ignore[arg-type]
            files.append(Rendering(size, name, file.getvalue()))
    return Rendered(drawn.width, drawn.height, tuple(files))
