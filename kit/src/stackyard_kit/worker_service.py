"""A worker as a service: `uvicorn shop.worker:create_app --factory` runs it, answers probes and stops it gracefully."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from stackyard_kit.asgi import App, Receive, Scope, Send, send_json
from stackyard_kit.health import Check
from stackyard_kit.metrics import MEDIA_TYPE, Measured, Metrics
from stackyard_kit.service import Service, create_app
from stackyard_kit.settings import Settings
from stackyard_kit.worker import Worker

Resources = Callable[[], AbstractAsyncContextManager[None]]


def create_worker(
    settings: Settings, worker: Worker, metrics: Metrics, *, checks: tuple[Check, ...] = (), resources: Resources
) -> Service:
    """The service that runs `worker`: its probes, `/metrics`, and nothing else.

    `resources` is entered before the first job is taken and left after the last has ended: connections and the like.
    """

    @asynccontextmanager
    async def load() -> AsyncIterator[App]:
        async with resources(), worker.running():
            yield Measured(_figures_of(worker, metrics), metrics)

    return create_app(settings, load=load, checks=(Check("worker", worker.ask), *checks), close=_nothing)


def _figures_of(worker: Worker, metrics: Metrics) -> App:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        if scope["type"] != "http" or scope["path"] != "/metrics":
            await send_json(send, 404, {"status": 404, "title": "Not Found"}, "application/problem+json")
            return
        await worker.read_figures()
        content = metrics.text()
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return answer


async def _nothing() -> None:
    return
