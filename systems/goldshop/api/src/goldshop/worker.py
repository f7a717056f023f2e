"""The worker: `uvicorn goldshop.worker:create_app --factory`. It makes pictures, delivers events and keeps house."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from goldshop import announce, image_process, images, sample_pictures, upkeep
from goldshop.checks import checks
from goldshop.files import Files
from goldshop.images import Uploaded
from goldshop.imaging import RefusedImageError, Rendered
from goldshop.notices import LowStockNotices
from goldshop.shared import EVENTS, LIVE, OUTBOX, shared_cache
from stackyard_kit.cache import Cache
from stackyard_kit.database import Database
from stackyard_kit.deliveries import by_kind, to_channel
from stackyard_kit.metrics import Metrics
from stackyard_kit.outbox import Envelope
from stackyard_kit.probes import PostgresProbe
from stackyard_kit.redis_link import RedisLink
from stackyard_kit.relay import Deliver, Relay, RelayFigures
from stackyard_kit.service import Service
from stackyard_kit.settings import settings_or_exit
from stackyard_kit.worker import Worker
from stackyard_kit.worker_service import create_worker

CONNECTIONS = 6
"""Connections to the database beside those of the queue."""


def create_app() -> Service:
    """The service as the environment describes it. Without Redis events wait; without a store pictures do."""
    settings = settings_or_exit("goldshop-worker", os.environ)
    metrics, link, files = Metrics(), RedisLink(settings.redis_url), Files(os.environ)
    database = Database(settings.database_url, application=settings.service, limit=CONNECTIONS)
    metrics.watch_pool(database.pool_use)
    postgres = PostgresProbe(settings.database_url, settings.service)
    cache = shared_cache(link, metrics)
    worker = Worker(settings.database_url, metrics, application=settings.service, concurrency=2)
    worker.add(images.PROCESS, ImageMaker(database, files).run)
    worker.schedule(upkeep.DAILY, upkeep.EVERY_NIGHT, upkeep.Upkeep(database, files).run)
    if settings.environment != "production":
        worker.add(sample_pictures.DRAW, sample_pictures.Drawing(database, files, cache).run)
    deliver = deliveries(database, link, cache)
    relay = Relay(database, OUTBOX, deliver, listen=settings.database_url, figures=RelayFigures(metrics))

    @asynccontextmanager
    async def resources() -> AsyncIterator[None]:
        relaying = asyncio.create_task(relay.run())
        try:
            yield
        finally:
            relay.stop()
            await asyncio.wait([relaying], timeout=10)
            relaying.cancel()
            for close in (files.close, link.close, database.close, postgres.close):
                await close()

    return create_worker(settings, worker, metrics, checks=checks(settings, postgres, files), resources=resources)


class ImageMaker:
    """Does the jobs of uploads: the formats of a picture, or the reason why it was refused."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files

    async def run(self, uploaded: Uploaded) -> None:
        """Make the formats, store them, write them down. A second run finds nothing to do, or does the same again."""
        from stackyard_kit.objects import NoSuchObjectError

        store = await self._files.store()
        source = images.upload_key(uploaded.image_id)
        outcome: Rendered | str
        try:
            outcome = await image_process.render(await store.get(source))
        except NoSuchObjectError:
            # Either it is done, or it was lost together with the store: nobody waits for it in vain.
            outcome = "The upload is gone. Please send it again."
        except RefusedImageError as refusal:
            outcome = str(refusal)
        if isinstance(outcome, Rendered):
            await images.store_files(store, outcome, f"images/{uploaded.image_id}")
        async with self._database.transaction() as session:
            await images.settle(session, uploaded.image_id, outcome)
        await store.delete(source)


def deliveries(database: Database, link: RedisLink, cache: Cache) -> Deliver:
    """Where events go: what people watch to the live channel, everything to the channel of events."""
    live, notices = to_channel(link, LIVE), LowStockNotices(database)

    async def forget_items(_envelope: Envelope) -> None:
        # Before anybody hears of it and asks again.
        await cache.invalidate(announce.ITEMS)

    return by_kind(
        {
            "image": (forget_items, live),
            "low-stock": live,
            "sale.completed": notices.deliver,
            "sale.returned": notices.deliver,
            "purchase.received": notices.deliver,
            "*": to_channel(link, EVENTS),
        }
    )
