"""The application behind the probes: everything that `goldshop.app` loads late."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from goldshop import __version__
from goldshop.accounts import Users
from goldshop.figures import BusinessFigures
from goldshop.files import Files
from goldshop.parts import Parts
from goldshop.pictures import Pictures
from goldshop.routes import (
    auth,
    categories,
    changes,
    images,
    invoices,
    items,
    labels,
    ledger,
    live,
    metrics,
    partners,
    purchases,
    reports,
    sales,
    search,
    stock,
)
from goldshop.shared import live_fanout, shared_cache
from goldshop.tables import identity as identity_tables
from stackyard_kit import access
from stackyard_kit.application import create_fastapi, layered
from stackyard_kit.asgi import App
from stackyard_kit.database import Database
from stackyard_kit.identity import Identity
from stackyard_kit.metrics import Metrics
from stackyard_kit.redis_link import RedisLink
from stackyard_kit.settings import Settings

ROUTERS = (
    auth.router,
    auth.keys,
    categories.router,
    items.router,
    images.router,
    labels.router,
    stock.router,
    partners.router,
    purchases.router,
    sales.router,
    invoices.router,
    search.router,
    reports.router,
    ledger.router,
    changes.router,
    live.router,
    metrics.router,
)


@asynccontextmanager
async def application(settings: Settings, files: Files) -> AsyncIterator[App]:
    """The application of `settings`, with its connections, until the block ends; `files` is closed with it."""
    app = create_fastapi(settings, title="goldshop", version=__version__, routers=ROUTERS)
    figures = Metrics()
    link = RedisLink(settings.redis_url)
    database = Database(settings.database_url, application=settings.service, limit=settings.database_pool)
    figures.watch_pool(database.pool_use)
    fanout = live_fanout(link)
    identity = Identity(settings, database, identity_tables, Users(), figures)
    access.install(app, identity.caller)
    app.state.parts = Parts(
        settings=settings,
        database=database,
        cache=shared_cache(link, figures),
        fanout=fanout,
        metrics=figures,
        identity=identity,
        files=files,
        pictures=Pictures(files),
        business=BusinessFigures(figures),
    )
    files.warm()
    fanout.start()
    resources = AsyncExitStack()
    for close in (database.close, link.close, fanout.close, identity.close, files.close):
        resources.push_async_callback(close)
    async with layered(app, figures, resources) as wrapped:
        yield wrapped
