"""Traces: off without a collector, and then nothing of OpenTelemetry is loaded; on, one trace through everything."""

import asyncio
import logging
import subprocess
import sys
from contextlib import AsyncExitStack

import httpx
import pytest
from fastapi import FastAPI
from ground import make_ground, run
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import text

from stackyard_kit import spans
from stackyard_kit.application import layered
from stackyard_kit.breaker import Breaker
from stackyard_kit.metrics import Metrics
from stackyard_kit.outgoing import FAILURES, create_client
from stackyard_kit.redis_link import RedisLink
from stackyard_kit.settings import Secret
from stackyard_kit.traces import Traces, open_traces

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_without_a_collector_the_machinery_is_not_even_loaded():
    """APP-12: an option that costs nothing when off. (redis-py itself loads the bare API where that is installed.)"""
    script = (
        "import os, sys, stackyard_kit.application, stackyard_kit.outgoing, stackyard_kit.traces as traces;"
        "print(traces.open_traces('shop', {}), sorted(name for name in sys.modules if 'opentelemetry.sdk' in name))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "None []"


def test_without_a_tracer_a_span_is_nothing():
    with spans.span("anything"):
        assert (spans.ids(), spans.headers(), spans.is_recording()) == ({}, {}, False)


def test_a_collector_that_is_away_holds_nobody_up():
    async def story():
        traces = open_traces("shop", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})
        with spans.recorded_by(traces), spans.span("work"):
            assert set(spans.ids()) == {"trace_id", "span_id"}

    asyncio.run(story())


@pytest.mark.real
def test_one_trace_goes_through_request_sql_redis_and_outgoing_call(postgres, redis, captured_logs):
    """APP-12: W3C traceparent in and out, a span for each, and the trace id in the log."""
    ground = make_ground(postgres)
    exporter = InMemorySpanExporter()
    sent = []

    async def carrier(request):
        sent.append(request.headers)
        return httpx.Response(200)

    async def story():
        metrics, traces, app = Metrics(), Traces("shop", exporter), FastAPI()
        link = RedisLink(Secret(redis.url))
        breaker = Breaker("carrier", metrics, failures=FAILURES)
        async with (
            ground.database() as database,
            create_client("http://carrier", breaker=breaker, transport=httpx.MockTransport(carrier)) as client,
        ):
            traces.watch(database.engine)

            @app.get("/parcels/{number}")
            async def read(number: int) -> str:
                async with database.transaction() as session:
                    await session.execute(text("select 1"))
                await link.command("GET", "parcel")
                await client.get("/parcels")
                logging.getLogger("shop").info("parcel read")
                return "read"

            async with layered(app, metrics, AsyncExitStack(), traces) as whole:
                transport = httpx.ASGITransport(whole)
                async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
                    headers = {"traceparent": PARENT, "X-Request-ID": "edge-trace-01"}
                    assert (await browser.get("/parcels/7", headers=headers)).status_code == 200
            await link.close()
        await asyncio.to_thread(traces.close)

    run(story())
    found = {span.name: span for span in exporter.get_finished_spans()}
    assert set(found) >= {"GET /parcels/{number}", "SQL SELECT", "Redis GET", "GET carrier"}
    request = found["GET /parcels/{number}"]
    trace_id = PARENT.split("-")[1]
    assert {f"{span.context.trace_id:032x}" for span in found.values()} == {trace_id}
    assert f"{request.parent.span_id:016x}" == PARENT.split("-")[2]
    for name in ("SQL SELECT", "Redis GET", "GET carrier"):
        assert found[name].parent.span_id == request.context.span_id, name
    assert request.attributes["correlation_id"] == "edge-trace-01"
    assert request.attributes["http.response.status_code"] == 200
    assert sent[0]["traceparent"].split("-")[1:3] == [trace_id, f"{found['GET carrier'].context.span_id:016x}"]
    assert [entry["trace_id"] for entry in captured_logs.find("parcel read")] == [trace_id]
