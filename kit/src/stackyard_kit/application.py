"""The FastAPI application of a service: its layers, errors, figures and routes. Imported late, see `service`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware

from stackyard_kit import problems
from stackyard_kit.asgi import App
from stackyard_kit.layers import Bounded, Contained, Correlated, Logged
from stackyard_kit.metrics import Measured, Metrics
from stackyard_kit.settings import Settings
from stackyard_kit.traces import Traced, Traces

LAYERS = (Correlated, Bounded, Logged, Contained)
"""What every request passes on its way in, outermost first; then comes `Measured`, then the routes.

Where traces are on, `Traced` stands behind the first of them: it records the correlation id.
"""

EXPOSED = (
    "ETag",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-ID",
)
"""Headers of answers that pages of the public address may read from a service elsewhere."""


def create_fastapi(settings: Settings, *, title: str, version: str, routers: Sequence[APIRouter]) -> FastAPI:
    """A FastAPI application with `routers`, problem documents for errors, and documents outside production only."""
    documented = settings.environment != "production"
    app = FastAPI(
        title=title,
        version=version,
        openapi_url="/api/openapi.json" if documented else None,
        docs_url="/api/docs" if documented else None,
        redoc_url=None,
    )
    problems.install(app)
    if settings.public_url:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=[settings.public_url.rstrip("/")],
            allow_credentials=True,
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-ID"],
            expose_headers=EXPOSED,
        )
    for router in routers:
        app.include_router(router)
    return app


@asynccontextmanager
async def layered(
    app: FastAPI, metrics: Metrics, resources: AsyncExitStack, traces: Traces | None = None
) -> AsyncIterator[App]:
    """`app` behind its layers; `resources` are closed when the service stops."""
    traced = (partial(Traced, traces=traces),) if traces else ()
    wrapped: App = Measured(app, metrics)
    for layer in reversed((*LAYERS[:1], *traced, *LAYERS[1:])):
        wrapped = layer(wrapped)
    async with resources:
        yield wrapped
