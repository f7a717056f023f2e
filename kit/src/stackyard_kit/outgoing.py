"""Calls of other services over HTTP: bounded in time, retried where that is safe, and cut off when nobody answers.

    client = create_client("https://carrier.example", breaker=Breaker("carrier", metrics, failures=FAILURES))

is an httpx client whose every request carries the correlation id, what is left of the deadline, and the trace.
"""

from __future__ import annotations

import asyncio

import httpx
import stamina

from stackyard_kit import correlation, deadline, spans
from stackyard_kit.breaker import Breaker, DependencyAwayError

IDEMPOTENT = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")
"""Methods that may be sent twice; any other only when the request has an Idempotency-Key."""

UNABLE = (502, 503, 504)
"""Answers that say that the service itself was not reached."""


class UnableError(Exception):
    """The service answered that it cannot answer."""


FAILURES = (httpx.TransportError, UnableError, OSError, TimeoutError)
"""What a breaker around these calls counts as a failure."""


def create_client(
    base_url: str,
    *,
    breaker: Breaker,
    seconds: float = 5.0,
    attempts: int = 3,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """A client of one service. Each try takes `seconds` at most, to the head of its answer; close it at the end.

    Raises DependencyAwayError when the service cannot be reached, and DeadlinePassedError when nobody waits for its
    answer any more. An answer of 502 to 504 that stays is given back like any other.
    """
    inner = transport or httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=50))
    outgoing = _Outgoing(inner, breaker, seconds, attempts)
    return httpx.AsyncClient(base_url=base_url, transport=outgoing, timeout=seconds, follow_redirects=False)


class _Outgoing(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport, breaker: Breaker, seconds: float, attempts: int) -> None:
        self._inner = inner
        self._breaker = breaker
        self._seconds = seconds
        self._attempts = attempts

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        attributes = {"http.request.method": request.method, "server.address": request.url.host}
        with spans.span(f"{request.method} {self._breaker.name}", "client", attributes=attributes):
            try:
                return await self._try_repeatedly(request)
            except (httpx.TransportError, OSError, TimeoutError) as failure:
                raise DependencyAwayError(self._breaker.name, 1.0) from failure

    async def _try_repeatedly(self, request: httpx.Request) -> httpx.Response:
        attempts = self._attempts if _may_be_repeated(request) else 1
        response: httpx.Response | None = None
        again = stamina.retry_context(
            on=FAILURES, attempts=attempts, timeout=None, wait_initial=0.05, wait_max=1.0, wait_jitter=0.05
        )
        try:
            async for attempt in again:
                with attempt:
                    if response is not None:
                        # The answer of the try before: its connection goes back to the pool.
                        await response.aclose()
                    async with self._breaker:
                        response = await self._try(request)
                        if response.status_code in UNABLE:
                            raise UnableError
        except UnableError:
            pass
        assert response is not None
        return response

    async def _try(self, request: httpx.Request) -> httpx.Response:
        left = deadline.remaining()
        request.headers["X-Request-ID"] = correlation.current() or correlation.new()
        request.headers.update(spans.headers())
        if left != float("inf"):
            request.headers[deadline.HEADER] = f"{left:.3f}"
        try:
            async with asyncio.timeout(min(left, self._seconds)):
                return await self._inner.handle_async_request(request)
        except TimeoutError:
            # A caller's impatience says nothing about the dependency.
            deadline.remaining()
            raise

    async def aclose(self) -> None:
        await self._inner.aclose()


def _may_be_repeated(request: httpx.Request) -> bool:
    is_replayable = isinstance(request.stream, httpx.ByteStream)
    return is_replayable and (request.method in IDEMPOTENT or "Idempotency-Key" in request.headers)
