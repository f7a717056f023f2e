"""OpenTelemetry traces, as an option: without OTEL_EXPORTER_OTLP_ENDPOINT nothing of it is imported.

    traces = open_traces(settings.service, os.environ)      # None when off; import this module only then or here

Spans for requests (the layer `Traced`), SQL (`watch`), Redis, jobs and outgoing calls, which ask `spans`. The ids go in
and out as W3C traceparent, and stand in the log. Extra: `stackyard-kit[traces]`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stackyard_kit import correlation, spans
from stackyard_kit.asgi import App, Message, Receive, Scope, Send, header
from stackyard_kit.spans import Kind

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from sqlalchemy.ext.asyncio import AsyncEngine

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def open_traces(service: str, environment: Mapping[str, str]) -> Traces | None:
    """The tracer of this process, or None when the environment names no collector."""
    if not environment.get(ENDPOINT):
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return Traces(service, OTLPSpanExporter(f"{environment[ENDPOINT].rstrip('/')}/v1/traces"))


class Traces:
    """Records spans and sends them in the background; what cannot be sent is dropped, and nobody waits for it."""

    def __init__(self, service: str, exporter: SpanExporter) -> None:
        from opentelemetry import trace
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._trace = trace
        self._provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("stackyard_kit")
        self._propagator = TraceContextTextMapPropagator()
        self._kinds = {
            "internal": trace.SpanKind.INTERNAL,
            "client": trace.SpanKind.CLIENT,
            "server": trace.SpanKind.SERVER,
            "consumer": trace.SpanKind.CONSUMER,
        }

    @contextlib.contextmanager
    def span(
        self, name: str, kind: Kind, parent: Mapping[str, str] | None, attributes: Mapping[str, str]
    ) -> Iterator[None]:
        """A span below the current one, or the one of the headers `parent`; it ends, or fails, with the block."""
        context = self._propagator.extract(parent) if parent else None
        told = {**attributes, "correlation_id": correlation.current()}
        with self._tracer.start_as_current_span(name, context, self._kinds[kind], told):
            yield

    def headers(self) -> dict[str, str]:
        """traceparent, and tracestate where there is one."""
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return carrier

    def ids(self) -> dict[str, str]:
        """`trace_id` and `span_id` of the current span."""
        context = self._trace.get_current_span().get_span_context()
        if not context.is_valid:
            return {}
        return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}

    def describe(self, name: str, **attributes: str | int) -> None:
        """Give the current span another name, now that it is known, and more attributes."""
        span = self._trace.get_current_span()
        span.update_name(name)
        span.set_attributes(attributes)

    def watch(self, engine: AsyncEngine) -> None:
        """Record a span for every statement of the engine that runs while something is recorded. No values in it."""
        from sqlalchemy import event

        def before(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if spans.is_recording():
                # Without the comment that the correlation id stands in: the span has it already.
                plain = statement.partition("*/")[2] if statement.startswith("/*") else statement
                told = {"db.system.name": "postgresql", "db.query.text": plain.strip()}
                name = f"SQL {(plain.split(None, 1) or [''])[0].upper()}"
                connection.info["span"] = self._tracer.start_span(name, None, self._kinds["client"], told)

        def after(connection: Any, *_rest: Any) -> None:
            if span := connection.info.pop("span", None):
                span.end()

        def failed(context: Any) -> None:
            if context.connection is not None and (span := context.connection.info.pop("span", None)):
                span.record_exception(context.original_exception)
                span.set_status(self._trace.StatusCode.ERROR)
                span.end()

        event.listen(engine.sync_engine, "before_cursor_execute", before)
        event.listen(engine.sync_engine, "after_cursor_execute", after)
        event.listen(engine.sync_engine, "handle_error", failed)

    def close(self) -> None:
        """Send what has not been sent."""
        self._provider.shutdown()


class Traced:
    """A layer that records each request, below the span of its traceparent when it has one."""

    def __init__(self, app: App, traces: Traces) -> None:
        self.app = app
        self.traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        names = ("traceparent", "tracestate")
        parent = {name: value for name in names if (value := header(scope, name.encode()))}
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"]
        attributes = {"http.request.method": method, "url.path": scope["path"]}
        with spans.recorded_by(self.traces), spans.span(method, "server", parent=parent, attributes=attributes):
            try:
                await self.app(scope, receive, watch)
            finally:
                route = getattr(scope.get("route"), "path", "unmatched")
                attributes_at_end: dict[str, str | int] = {"http.route": route, "http.response.status_code": status}
                self.traces.describe(f"{method} {route}", **attributes_at_end)
