"""A worker in a process of its own, for the tests that kill it. It notes in a table what it did."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import timedelta

from pydantic import BaseModel
from sqlalchemy import text

from stackyard_kit import correlation, logs
from stackyard_kit.database import Database
from stackyard_kit.jobs import GiveUpError, Job, Retry, enqueue
from stackyard_kit.metrics import Metrics
from stackyard_kit.settings import Secret
from stackyard_kit.worker import Worker


class Parcel(BaseModel):
    number: int


SLOW = Job("test.slow", Parcel)
QUICK = Job("test.quick", Parcel)
FAILING = Job("test.failing", Parcel, Retry(attempts=3, first=0.01))
HOPELESS = Job("test.hopeless", Parcel)
FOLLOWED = Job("test.followed", Parcel)
DEADLY = Job("test.deadly", Parcel, Retry(attempts=1))

TABLE = "create table notes (what text, number int, correlation_id text, at timestamptz default clock_timestamp())"


def make(url: str, database: Database, metrics: Metrics | None = None) -> Worker:
    """The worker, whose slow job waits for an advisory lock that a test may hold."""

    async def note(what: str, number: int) -> None:
        values = {"what": what, "number": number, "id": correlation.current()}
        async with database.transaction() as session:
            await session.execute(text("insert into notes values (:what, :number, :id)"), values)

    async def slow(parcel: Parcel) -> None:
        await note("slow began", parcel.number)
        async with database.transaction() as session:
            await session.execute(text("select pg_advisory_xact_lock(:number)"), {"number": parcel.number})
        await note("slow ended", parcel.number)

    async def quick(parcel: Parcel) -> None:
        await note("quick", parcel.number)

    async def failing(parcel: Parcel) -> None:
        await note("failing", parcel.number)
        raise ConnectionResetError("the carrier hung up")

    async def hopeless(parcel: Parcel) -> None:
        await note("hopeless", parcel.number)
        raise GiveUpError("no such carrier")

    async def followed(parcel: Parcel) -> None:
        async with database.transaction() as session:
            await enqueue(session, QUICK, parcel, after=timedelta(seconds=0))

    async def deadly(parcel: Parcel) -> None:
        await note("deadly", parcel.number)
        os.kill(os.getpid(), signal.SIGKILL)

    worker = Worker(
        Secret(url), metrics or Metrics(), application="test worker", heartbeat=0.3, silence=1.2, patience=1.0
    )
    for job, run in (
        (SLOW, slow),
        (QUICK, quick),
        (FAILING, failing),
        (HOPELESS, hopeless),
        (FOLLOWED, followed),
        (DEADLY, deadly),
    ):
        worker.add(job, run)
    return worker


async def main() -> None:
    """Work until SIGTERM comes."""
    url = os.environ["DATABASE_URL"]
    database = Database(Secret(url), application="test job", limit=3)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with make(url, database).running():
        await stop.wait()
    await database.close()


if __name__ == "__main__":
    logs.configure("test-worker", "info")
    asyncio.run(main())
