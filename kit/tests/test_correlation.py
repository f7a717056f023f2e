"""One id, followed from the edge to everything that a request sets in motion."""

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest
from fastapi import FastAPI
from ground import make_ground, run
from pydantic import BaseModel
from sqlalchemy import text

from stackyard_kit import job_tables
from stackyard_kit.application import layered
from stackyard_kit.breaker import Breaker
from stackyard_kit.jobs import Job, enqueue
from stackyard_kit.metrics import Metrics
from stackyard_kit.outgoing import FAILURES, create_client
from stackyard_kit.worker import Worker

pytestmark = pytest.mark.real

EDGE = "edge-4f2a9c-0017"


class Parcel(BaseModel):
    number: int


SEND = Job("correlation.send", Parcel)


def test_one_id_goes_from_the_edge_through_api_database_worker_and_outgoing_calls(postgres, captured_logs):
    """APP-03: a correlation id that follows a request through all of them."""
    ground = make_ground(postgres, ["create table parcels (number int primary key, sent boolean default false)"])
    ground.prepare(then=job_tables.create)
    carried = []

    async def carrier(request):
        carried.append((request.url.path, request.headers["x-request-id"]))
        return httpx.Response(202)

    async def story():
        metrics, app, was_sent = Metrics(), FastAPI(), asyncio.Event()
        breaker = Breaker("carrier", metrics, failures=FAILURES)
        worker = Worker(ground.app_url, metrics, application="correlation worker")
        async with (
            ground.database() as database,
            create_client("http://carrier", breaker=breaker, transport=httpx.MockTransport(carrier)) as client,
        ):

            @app.post("/parcels/{number}")
            async def accept(number: int) -> str:
                await client.post("/announced")
                async with database.transaction() as session:
                    await session.execute(text("insert into parcels (number) values (:number)"), {"number": number})
                    await enqueue(session, SEND, Parcel(number=number))
                return "accepted"

            async def send(parcel: Parcel) -> None:
                await client.post("/sent")
                async with database.transaction() as session:
                    await session.execute(text("update parcels set sent = true where number = :number"), vars(parcel))
                was_sent.set()

            worker.add(SEND, send)
            async with layered(app, metrics, AsyncExitStack()) as whole, worker.running():
                transport = httpx.ASGITransport(whole)
                async with httpx.AsyncClient(transport=transport, base_url="http://test") as edge:
                    answer = await edge.post("/parcels/7", headers={"X-Request-ID": EDGE})
                async with asyncio.timeout(15):
                    await was_sent.wait()
            return answer

    answer = run(story())
    assert answer.headers["x-request-id"] == EDGE
    ids = {event: captured_logs.find(event)[0].get("correlation_id") for event in ("request", "job")}
    assert ids == {"request": EDGE, "job": EDGE}
    assert carried == [("/announced", EDGE), ("/sent", EDGE)]
    for statement in ("insert into parcels", "update parcels"):
        assert f"/* correlation_id='{EDGE}' */ {statement}" in ground.postgres.log()
