"""Figures for Prometheus: requests by route, pool, cache, process. One registry a service, nothing global."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from stackyard_kit.asgi import App, Message, Receive, Scope, Send
from stackyard_kit.database import PoolUse

MEDIA_TYPE = CONTENT_TYPE_LATEST

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Metrics:
    """The registry of a service and the figures that every service has."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        route = ("method", "route")
        self.requests = self.counter("http_requests", "Requests answered", (*route, "status"))
        self.errors = self.counter("http_request_errors", "Requests answered with a status of 500 or more", route)
        self.duration = self.histogram(
            "http_request_duration_seconds", "From the request's arrival to the end of its answer", route
        )
        self.cache_reads = self.counter(
            "cache_reads", "Reads of the cache by result: hit, stale, shared, miss or away", ("result",)
        )
        self.breaker_calls = self.counter(
            "breaker_calls", "Calls of a dependency by result: answered, failed or refused", ("dependency", "result")
        )
        self.breaker_state = self.gauge("breaker_state", "0 closed, 1 trying, 2 open", ("dependency",))
        self.sockets = self.gauge("websocket_connections", "WebSockets open now")

    def counter(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
        """A new counter of this service's registry."""
        return Counter(name, text, labels, registry=self.registry)

    def histogram(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Histogram:
        """A new histogram of seconds in this service's registry."""
        return Histogram(name, text, labels, buckets=_BUCKETS, registry=self.registry)

    def gauge(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
        """A new gauge of this service's registry."""
        return Gauge(name, text, labels, registry=self.registry)

    def watch_pool(self, use: Callable[[], PoolUse]) -> None:
        """Report the database pool at every scrape."""
        self.gauge("db_pool_connections_limit", "Connections the pool may open").set_function(lambda: use().limit)
        self.gauge("db_pool_connections_open", "Connections the pool has open").set_function(lambda: use().opened)
        self.gauge("db_pool_connections_in_use", "Connections lent to requests").set_function(lambda: use().lent)

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self.registry)


class Measured:
    """A layer that counts and times requests by the template of their route, so that ids make no new series."""

    def __init__(self, app: App, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics
        # Looking a series up by its labels costs more than counting in it.
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            self._count(scope, status, time.perf_counter() - started)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = getattr(scope.get("route"), "path", "unmatched")
        key = (method, route, status)
        series = self._series.get(key)
        if series is None:
            requests, duration = self.metrics.requests, self.metrics.duration
            series = self._series[key] = requests.labels(method, route, str(status)), duration.labels(method, route)
        series[0].inc()
        series[1].observe(seconds)
        if status >= 500:
            self.metrics.errors.labels(method, route).inc()
