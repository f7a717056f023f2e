"""The worker: it runs jobs, by event or by timetable, and loses none when it is stopped or killed.

    worker = Worker(settings.database_url, metrics, application="shop worker")
    worker.add(SEND_RECEIPT, send_receipt)
    worker.schedule(Job("shop.tidy", Tick), Timetable("0 2 * * *"), tidy)

`worker_service.create_worker` makes a service of it, with probes and figures. Extra: `stackyard-kit[jobs]`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import procrastinate
import psycopg
import psycopg_pool
from procrastinate.exceptions import ConnectorException, ProcrastinateException
from prometheus_client import Counter, Gauge, Histogram
from pydantic import ValidationError

from stackyard_kit import correlation, spans
from stackyard_kit.cron import Tick, Timetable
from stackyard_kit.jobs import GiveUpError, Job, P, Retry
from stackyard_kit.metrics import Metrics
from stackyard_kit.settings import Secret

log = logging.getLogger(__name__)

Run = Callable[[P], Awaitable[None]]

_AWAY = (ConnectorException, psycopg.Error, psycopg_pool.PoolTimeout, OSError)
_EVER = 10 * 366 * 86400

# One statement, so that two workers never take the same job from a third: whose heart has not beaten for a while, or
# who has left the list, is dead. A job that has been tried often enough by then is what killed them.
_TAKE_FROM_THE_DEAD = """
    with lost as (
        select jobs.id,
            jobs.attempts + 1 >= coalesce((cast(%(attempts)s as jsonb) ->> jobs.task_name)::int, 1) as is_last
        from procrastinate_jobs as jobs left join procrastinate_workers as workers on workers.id = jobs.worker_id
        where jobs.status = 'doing' and jobs.task_name = any(%(names)s)
            and (workers.id is null or workers.last_heartbeat < now() - make_interval(secs => %(seconds)s))
        for update of jobs skip locked
    )
    update procrastinate_jobs as jobs
    set status = case when lost.is_last then 'failed' else 'todo' end::procrastinate_job_status,
        attempts = jobs.attempts + 1, scheduled_at = null, worker_id = null
    from lost where lost.id = jobs.id and jobs.status = 'doing'
    returning jobs.id, jobs.task_name, lost.is_last, jobs.args ->> 'correlation_id' as correlation_id
"""
_COUNT = "select status::text as status, count(*) as amount from procrastinate_jobs group by status"


class Worker:
    """Runs the jobs that were added to it, `concurrency` at a time.

    A stop waits `patience` seconds for what runs, then cuts it short and gives it back. A worker says every
    `heartbeat` seconds that it lives; one that has been silent for `silence` seconds counts as dead, and the others
    (or itself, started again) take over what it was at.
    """

    def __init__(
        self,
        database_url: Secret,
        metrics: Metrics,
        *,
        application: str,
        concurrency: int = 4,
        patience: float = 20.0,
        heartbeat: float = 5.0,
        silence: float = 30.0,
        tracer: spans.Tracer | None = None,
    ) -> None:
        self._options: Any = {
            "concurrency": concurrency,
            "shutdown_graceful_timeout": patience,
            "update_heartbeat_interval": heartbeat,
            "stalled_worker_timeout": silence,
            "fetch_job_polling_interval": 2.0,
            "delete_jobs": "successful",
            "install_signal_handlers": False,
            "name": None,
        }
        self._patience = patience
        self._silence = silence
        self._tracer = tracer
        self._figures = _Figures(metrics)
        self._retries: dict[str, Retry] = {}
        connector = procrastinate.PsycopgConnector(
            conninfo=database_url.reveal(),
            min_size=1,
            max_size=4,
            timeout=5.0,
            # A pooler between us and the server may give every statement another connection.
            kwargs={"application_name": application, "prepare_threshold": None},
        )
        self._app = procrastinate.App(connector=connector, periodic_defaults={"max_delay": _EVER})
        self._works = False

    def add(self, job: Job[P], run: Run[P]) -> None:
        """Let `run` do the jobs of this kind."""

        async def once(_context: procrastinate.JobContext, **envelope: Any) -> None:
            payload = envelope.get("payload", {})
            await self._run(job, lambda: run(job.payload.model_validate(payload)), envelope)

        self._register(job, once)

    def schedule(self, job: Job[Tick], timetable: Timetable, run: Run[Tick]) -> None:
        """Let `run` happen at the times of the timetable, in one worker of all. Raises ValueError for a bad one."""
        timetable.next(datetime.now(UTC))

        async def once(context: procrastinate.JobContext, timestamp: int) -> None:
            due = datetime.fromtimestamp(timestamp, UTC)
            if context.job.attempts == 0 and not timetable.is_wanted(due, datetime.now(UTC)):
                log.info("a time of the timetable was missed", extra={"fields": {"job": job.name, "due": due}})
                return
            await self._run(job, lambda: run(Tick(due=due)), {})

        task = self._register(job, once)
        self._app.periodic(cron=timetable.expression)(task)

    async def ask(self) -> None:
        """For a health check: return when jobs are being taken. Raises RuntimeError when not."""
        if not self._works:
            raise RuntimeError("the worker takes no jobs")

    async def read_figures(self) -> None:
        """Bring the gauges up to date; they stay as they are while the database is away."""
        if self._works and not self._figures.are_fresh:
            with contextlib.suppress(*_AWAY, ProcrastinateException):
                self._figures.tell(await self._app.connector.execute_query_all_async(_COUNT))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work while the block runs. At its end what runs is finished or given back."""
        logging.getLogger("procrastinate.worker").addFilter(_is_about_no_job)
        stop = asyncio.Event()
        working = asyncio.create_task(self._work_until(stop))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait([working])
            logging.getLogger("procrastinate.worker").removeFilter(_is_about_no_job)

    async def _work_until(self, stop: asyncio.Event) -> None:
        pause = 0.5
        while not stop.is_set():
            began = time.monotonic()
            try:
                # Never cancelled: a pool that is just being opened would not come to an end.
                async with self._app.open_async():
                    await self._work(stop)
            except _AWAY as failure:
                log.warning("the database is away", extra={"fields": {"failure": type(failure).__name__}})
            finally:
                self._works = False
            pause = 0.5 if time.monotonic() - began > 60 else min(pause * 2, 10.0)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stop.wait()

    async def _work(self, stop: asyncio.Event) -> None:
        rescuing = asyncio.create_task(self._rescue_forever())
        working = asyncio.create_task(self._app.run_worker_async(queues=list(self._retries), **self._options))
        stopping = asyncio.create_task(stop.wait())
        self._works = True
        try:
            await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
            while not working.done():
                working.cancel()
                await asyncio.wait([working], timeout=self._patience + 5.0)
        finally:
            rescuing.cancel()
            stopping.cancel()
            await asyncio.wait([rescuing, stopping])
        if not working.cancelled():
            working.result()

    async def _rescue_forever(self) -> None:
        attempts = json.dumps({name: retry.attempts for name, retry in self._retries.items()})
        values = {"attempts": attempts, "names": list(self._retries), "seconds": self._silence}
        while True:
            with contextlib.suppress(*_AWAY, ProcrastinateException):
                for row in await self._app.connector.execute_query_all_async(_TAKE_FROM_THE_DEAD, **values):
                    self._figures.count(row["task_name"], "dead" if row["is_last"] else "taken-over")
                    level = logging.ERROR if row["is_last"] else logging.WARNING
                    log.log(level, "a job of a dead worker", extra={"fields": row})
            await asyncio.sleep(self._silence / 3)

    def _register(self, job: Job[Any], once: Callable[..., Awaitable[None]]) -> Any:
        self._retries[job.name] = job.retry
        strategy = _Again(job.retry)
        return self._app.task(name=job.name, queue=job.name, pass_context=True, retry=strategy)(once)

    async def _run(self, job: Job[Any], run: Callable[[], Awaitable[None]], envelope: dict[str, Any]) -> None:
        correlation.accept(str(envelope.get("correlation_id", "")))
        parent = envelope.get("trace") or {}
        began = time.perf_counter()
        result = "failed"
        try:
            with spans.recorded_by(self._tracer), spans.span(f"job {job.name}", "consumer", parent=parent):
                async with asyncio.timeout(job.timeout):
                    await run()
            result = "done"
        except asyncio.CancelledError:
            result = "given-back"
            raise
        except (GiveUpError, ValidationError):
            result = "gave-up"
            log.exception("a job gave up", extra={"fields": {"job": job.name}})
            raise
        except Exception:
            log.exception("a job failed", extra={"fields": {"job": job.name}})
            raise
        finally:
            seconds = time.perf_counter() - began
            self._figures.count(job.name, result, seconds)
            fields = {"job": job.name, "result": result, "milliseconds": round(seconds * 1000, 1)}
            log.info("job", extra={"fields": fields})


class _Again(procrastinate.BaseRetryStrategy):
    """When a job that failed, or was cut short, is tried again."""

    def __init__(self, retry: Retry) -> None:
        self._retry = retry

    def get_retry_decision(self, *, exception: BaseException, job: Any) -> procrastinate.RetryDecision | None:
        """At once after a stop, later after a failure, and never after the last try."""
        if isinstance(exception, asyncio.CancelledError):
            return procrastinate.RetryDecision(retry_at=datetime.now(UTC))
        failures = job.attempts + 1
        if isinstance(exception, GiveUpError | ValidationError) or failures >= self._retry.attempts:
            return None
        wait = timedelta(seconds=self._retry.wait(failures))
        return procrastinate.RetryDecision(retry_at=datetime.now(UTC) + wait)


class _Figures:
    """What Prometheus reads of jobs."""

    FRESH_SECONDS = 5.0

    def __init__(self, metrics: Metrics) -> None:
        self._runs: Counter = metrics.counter("job_runs", "Tries of jobs by result", ("job", "result"))
        self._seconds: Histogram = metrics.histogram("job_duration_seconds", "How long a try took", ("job",))
        self._jobs: Gauge = metrics.gauge("jobs", "Jobs in the queue: waiting, running or dead", ("state",))
        self._told = float("-inf")

    @property
    def are_fresh(self) -> bool:
        return time.monotonic() - self._told < self.FRESH_SECONDS

    def count(self, job: str, result: str, seconds: float | None = None) -> None:
        self._runs.labels(job, result).inc()
        if seconds is not None:
            self._seconds.labels(job).observe(seconds)

    def tell(self, rows: list[dict[str, Any]]) -> None:
        amounts = {row["status"]: row["amount"] for row in rows}
        for state, status in (("waiting", "todo"), ("running", "doing"), ("dead", "failed")):
            self._jobs.labels(state).set(amounts.get(status, 0))
        self._told = time.monotonic()


def _is_about_no_job(record: logging.LogRecord) -> bool:
    # procrastinate writes the arguments of a job into its lines, and they may be anybody's; ours say the rest.
    return not hasattr(record, "job")
