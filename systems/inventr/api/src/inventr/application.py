"""The application behind the probes: everything that `inventr.app` loads late."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from inventr import __version__
from inventr.accounts import Users
from inventr.figures import BusinessFigures
from inventr.parts import Parts
from inventr.routes import auth, live, metrics, orders, products, revenue, stock
from inventr.tables import identity as identity_tables
from stackyard_kit import access
from stackyard_kit.application import create_fastapi, layered
from stackyard_kit.asgi import App
from stackyard_kit.cache import Cache
from stackyard_kit.database import Database
from stackyard_kit.fanout import Fanout
from stackyard_kit.identity import Identity
from stackyard_kit.metrics import Metrics
from stackyard_kit.redis_link import RedisLink
from stackyard_kit.settings import Settings

CACHE_SECONDS = 15.0
"""How long a list or a revenue report may be kept; a change makes it old at once."""

ROUTERS = (
    auth.router,
    auth.keys,
    products.router,
    stock.router,
    orders.router,
    revenue.router,
    live.router,
    metrics.router,
)


@asynccontextmanager
async def application(settings: Settings) -> AsyncIterator[App]:
    """The application of `settings`, with its connections, until the block ends."""
    app = create_fastapi(settings, title="inventr", version=__version__, routers=ROUTERS)
    figures = Metrics()
    link = RedisLink(settings.redis_url)
    database = Database(settings.database_url, application=settings.service, limit=settings.database_pool)
    figures.watch_pool(database.pool_use)
    fanout = Fanout(link, f"{settings.service}:live")
    identity = Identity(settings, database, identity_tables, Users(), figures)
    access.install(app, identity.caller)
    app.state.parts = Parts(
        settings=settings,
        database=database,
        cache=Cache(link, figures.cache_reads, prefix=settings.service, ttl=CACHE_SECONDS),
        fanout=fanout,
        metrics=figures,
        identity=identity,
    )
    app.state.business = BusinessFigures(figures)
    fanout.start()
    resources = AsyncExitStack()
    for close in (database.close, link.close, fanout.close, identity.close):
        resources.push_async_callback(close)
    async with layered(app, figures, resources) as wrapped:
        yield wrapped
