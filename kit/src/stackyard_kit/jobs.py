"""Jobs: work that is promised in the transaction of a request and done by a worker, once that is committed.

The queue is procrastinate's, tables in the service's own PostgreSQL: a job is there exactly when the rows are that it
is about, and a backup holds both. To enqueue takes SQL alone; what runs jobs is in `worker`.
Jobs run at least once: write them so that a second run does no harm. Extra: `stackyard-kit[jobs]`.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from stackyard_kit import correlation, spans

P = TypeVar("P", bound=BaseModel)

_ENQUEUE = text("""
    select unnest(procrastinate_defer_jobs_v1(array[row(
        :name, :name, :priority, :lock, :queueing_lock, cast(cast(:args as text) as jsonb),
        now() + make_interval(secs => cast(:after as double precision))
    )::procrastinate_job_to_defer_v1]))
""")
_ALREADY_WAITING = "procrastinate_jobs_queueing_lock_idx_v1"

_DEAD = text("""
    select id, task_name, args, attempts, (select max(at) from procrastinate_events where job_id = jobs.id) as ended
    from procrastinate_jobs as jobs where status = 'failed' order by id limit :limit
""")
_REVIVE = text("""
    update procrastinate_jobs set status = 'todo', attempts = 0, scheduled_at = null, worker_id = null
    where id = :id and status = 'failed' returning id
""")
_DISCARD = text("delete from procrastinate_jobs where id = :id and status = 'failed' returning id")


class GiveUpError(Exception):
    """Raised by a job that no other try can help: it becomes a dead letter at once."""


@dataclass(frozen=True)
class Retry:
    """How often a job is tried in all, and how long each failure makes it wait: twice as long as the one before.

    A try that was cut short, by a stop or by a worker's death, counts too: a job that kills its worker comes to an
    end. `first` and `longest` are seconds.
    """

    attempts: int = 8
    first: float = 1.0
    longest: float = 3600.0

    def wait(self, failures: int) -> float:
        """Seconds to the next try after so many failures, up to a quarter more at random so that crowds disperse."""
        return min(self.first * 2.0 ** (failures - 1), self.longest) * random.uniform(1.0, 1.25)


@dataclass(frozen=True)
class Job(Generic[P]):
    """A kind of job: its name, which stays the same for as long as jobs of it wait, and the shape of its payload.

    A try may take `timeout` seconds. Add fields to a payload with a default, so that jobs that wait stay readable.
    A worker takes the jobs that it knows by name: during a deployment no old worker spoils a job of a new kind.
    """

    name: str
    payload: type[P]
    retry: Retry = field(default_factory=Retry)
    timeout: float = 300.0


@dataclass(frozen=True)
class DeadLetter:
    """A job that was tried as often as it may be, or gave up. The correlation id finds its failures in the log."""

    id: int
    name: str
    payload: dict[str, object]
    correlation_id: str
    attempts: int
    ended: datetime


async def enqueue(
    session: AsyncSession,
    job: Job[P],
    payload: P,
    *,
    after: timedelta | None = None,
    once: str | None = None,
    alone: str | None = None,
    priority: int = 0,
) -> int | None:
    """Promise a job in the transaction of `session`, to be run no earlier than `after`; returns its id.

    While a job with the same `once` waits no other is added, and None returned. Jobs with the same `alone` run one
    after the other, in their order. The correlation id and the trace of this request travel with it.
    """
    envelope = {"payload": payload.model_dump(mode="json"), "correlation_id": correlation.current()}
    values = {
        "name": job.name,
        "priority": priority,
        "lock": alone,
        "queueing_lock": once,
        "args": json.dumps({**envelope, "trace": spans.headers()}),
        "after": after.total_seconds() if after else None,
    }
    try:
        async with session.begin_nested():
            return int(await session.scalar(_ENQUEUE, values))
    except IntegrityError as failure:
        if _ALREADY_WAITING in str(failure.orig):
            return None
        raise


async def dead_letters(session: AsyncSession, limit: int = 100) -> list[DeadLetter]:
    """The jobs that nobody will try again, the oldest first."""
    rows = await session.execute(_DEAD, {"limit": limit})
    return [_dead_letter(*row) for row in rows]


async def revive(session: AsyncSession, identifier: int) -> bool:
    """Let a dead letter be tried again as if it were new; False when there is none with this id."""
    return await session.scalar(_REVIVE, {"id": identifier}) is not None


async def discard(session: AsyncSession, identifier: int) -> bool:
    """Remove a dead letter for good; False when there is none with this id."""
    return await session.scalar(_DISCARD, {"id": identifier}) is not None


def _dead_letter(identifier: int, name: str, args: object, attempts: int, ended: datetime) -> DeadLetter:
    envelope = json.loads(args) if isinstance(args, str) else args
    assert isinstance(envelope, dict)
    payload, found = envelope.get("payload", {}), str(envelope.get("correlation_id", ""))
    return DeadLetter(identifier, name, payload, found, attempts, ended)
