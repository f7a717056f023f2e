"""Jobs: promised in a transaction, run at least once whatever becomes of the worker."""

import asyncio
import contextlib
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import worker_of_tests
from ground import make_ground, run
from worker_of_tests import DEADLY, FAILING, FOLLOWED, HOPELESS, QUICK, SLOW, TABLE, Parcel

from stackyard_kit import correlation, job_tables
from stackyard_kit.cron import LATE, Tick, Timetable
from stackyard_kit.jobs import Job, Retry, dead_letters, discard, enqueue, revive
from stackyard_kit.metrics import Metrics
from stackyard_kit.settings import Secret, Settings
from stackyard_kit.testing import Running, client, metric, wait_until
from stackyard_kit.worker import Worker
from stackyard_kit.worker_service import create_worker

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def ground(postgres):
    made = make_ground(postgres, [TABLE])
    made.prepare(then=job_tables.create)
    return made


@pytest.fixture(autouse=True)
def empty(ground):
    yield
    ground.as_keeper("truncate notes, procrastinate_jobs, procrastinate_workers cascade")


def notes(ground, what):
    return [number for (number,) in ground.as_keeper("select number from notes where what = %s order by at", what)]


def states(ground):
    return dict(ground.as_keeper("select status::text, count(*) from procrastinate_jobs group by 1"))


def promise(ground, job, number, **more):
    async def go():
        async with ground.database() as database, database.transaction() as session:
            return await enqueue(session, job, Parcel(number=number), **more)

    return run(go())


@contextlib.asynccontextmanager
async def working(ground, metrics=None):
    async with ground.database() as database:
        worker = worker_of_tests.make(ground.app_url.reveal(), database, metrics)
        async with worker.running():
            yield worker


async def until(holds, what):
    async with asyncio.timeout(15):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.05)


@contextlib.contextmanager
def process(ground, folder, name):
    """A worker that can be killed."""
    environment = {**os.environ, "DATABASE_URL": ground.app_url.reveal()}
    command = [sys.executable, str(Path(worker_of_tests.__file__))]
    started = Running(command, 0, folder / f"{name}.log", {"env": environment})
    started.start()
    try:
        yield started
    finally:
        started.process.kill()
        started.process.wait(5)


def test_a_job_is_there_when_the_transaction_is_committed_and_only_then(ground):
    """Nothing is promised that the database does not know of, and nothing that it does is forgotten."""

    async def story():
        async with ground.database() as database:
            with contextlib.suppress(ConnectionResetError):
                async with database.transaction() as session:
                    await enqueue(session, QUICK, Parcel(number=1))
                    raise ConnectionResetError("the order failed")
            async with database.transaction() as session:
                await enqueue(session, QUICK, Parcel(number=2))
                assert states(ground) == {}
        assert states(ground) == {"todo": 1}
        async with working(ground):
            await until(lambda: notes(ground, "quick") == [2], "the job")
            await until(lambda: states(ground) == {}, "the end of the job")

    run(story())


def test_the_correlation_id_of_the_request_is_that_of_its_job_and_of_the_jobs_that_follow(ground):
    """APP-03: one id from the request to the worker."""

    async def story():
        correlation.accept("edge-job-0001")
        async with ground.database() as database, database.transaction() as session:
            await enqueue(session, FOLLOWED, Parcel(number=5))
        correlation.accept("another-id-0002")
        async with working(ground):
            await until(lambda: notes(ground, "quick") == [5], "the job that followed")

    run(story())
    assert ground.as_keeper("select correlation_id from notes") == [("edge-job-0001",)]
    assert "/* correlation_id='edge-job-0001' */ insert into notes" in ground.postgres.log()


def test_while_one_waits_no_other_of_the_same_kind_is_added(ground):
    assert promise(ground, QUICK, 1, once="parcels")
    assert promise(ground, QUICK, 2, once="parcels") is None
    assert promise(ground, QUICK, 3)
    assert states(ground) == {"todo": 2}


def test_a_job_waits_for_its_time(ground):
    promise(ground, QUICK, 1, after=timedelta(hours=1))
    promise(ground, QUICK, 2)

    async def story():
        async with working(ground):
            await until(lambda: notes(ground, "quick") == [2], "the job without a time")

    run(story())
    assert states(ground) == {"todo": 1}


def test_a_job_that_fails_is_tried_again_and_then_is_a_dead_letter_that_can_be_revived(ground, captured_logs):
    metrics = Metrics()
    promise(ground, FAILING, 7)
    promise(ground, HOPELESS, 8)

    async def story():
        async with working(ground, metrics) as worker:
            await until(lambda: states(ground) == {"failed": 2}, "two dead letters")
            await worker.ask()
            await worker.read_figures()
            text = metrics.text()
        assert notes(ground, "failing") == [7, 7, 7]
        assert notes(ground, "hopeless") == [8]
        assert metric(text, "jobs", state="dead") == 2
        assert metric(text, "job_runs_total", job=FAILING.name, result="failed") == 3
        async with ground.database() as database:
            async with database.transaction() as session:
                first, second = await dead_letters(session)
            assert (first.name, first.payload, first.attempts) == (FAILING.name, {"number": 7}, 3)
            async with database.transaction() as session:
                assert await revive(session, first.id)
                assert await discard(session, second.id)
                assert not await revive(session, second.id)
        assert states(ground) == {"todo": 1}

    run(story())
    assert {entry["event"] for entry in captured_logs.entries if "7" in str(entry.get("exception"))} <= {"a job failed"}
    assert not any("payload" in entry["event"] for entry in captured_logs.entries)


def test_a_worker_that_is_killed_in_the_middle_of_a_job_loses_nothing(ground, tmp_path):
    """After SIGKILL the job runs again, in another worker."""
    with ground.postgres.connect(ground.name) as holder:
        holder.execute(b"select pg_advisory_lock(11)")
        promise(ground, SLOW, 11)
        with process(ground, tmp_path, "first") as first:
            wait_until(lambda: notes(ground, "slow began") == [11], "the job's beginning", 15)
            first.stop(9)
        assert states(ground) == {"doing": 1}

    async def second():
        async with working(ground):
            await until(lambda: notes(ground, "slow ended") == [11], "the job's end")
            await until(lambda: states(ground) == {}, "the empty queue")

    run(second())
    assert notes(ground, "slow began") == [11, 11]


def test_a_job_that_kills_its_worker_once_more_than_it_may_comes_to_an_end(ground, tmp_path):
    promise(ground, DEADLY, 31)
    with process(ground, tmp_path, "deadly") as worker:
        assert worker.process.wait(15) == -9

    async def next_one():
        async with working(ground):
            await until(lambda: states(ground) == {"failed": 1}, "the dead letter")

    run(next_one())
    assert notes(ground, "deadly") == [31]


def test_a_stop_lets_a_job_finish_and_gives_back_what_takes_too_long(ground):
    """The worker's patience is a second: one job ends within it, the other does not."""

    async def story(holder):
        async with working(ground):
            await until(lambda: sorted(notes(ground, "slow began")) == [21, 22], "both jobs")
            asyncio.get_running_loop().call_later(0.2, holder.execute, b"select pg_advisory_unlock(21)")

    with ground.postgres.connect(ground.name) as holder:
        holder.execute(b"select pg_advisory_lock(21), pg_advisory_lock(22)")
        for number in (21, 22):
            promise(ground, SLOW, number)
        run(story(holder))
        assert notes(ground, "slow ended") == [21]
        assert states(ground) == {"todo": 1}


@pytest.mark.parametrize("after", [0, 0.002, 0.008, 0.03])
def test_a_stop_comes_to_an_end_however_early_it_comes(ground, after):
    """Also while the connections are just being opened."""

    async def story():
        async with asyncio.timeout(20), working(ground):
            await asyncio.sleep(after)

    run(story())


def test_a_worker_as_a_service_has_the_figures_of_every_service(ground):
    """APP-02: it counts what it answers, beside what it did."""
    settings = Settings(database_url=ground.app_url, redis_url=Secret("redis://127.0.0.1:1/0"), jwt_secret=Secret("x"))

    @contextlib.asynccontextmanager
    async def nothing():
        yield

    async def story():
        metrics = Metrics()
        async with ground.database() as database:
            worker = worker_of_tests.make(ground.app_url.reveal(), database, metrics)
            async with client(create_worker(settings, worker, metrics, resources=nothing)) as browser:
                assert (await browser.get("/elsewhere")).status_code == 404
                answer = await browser.get("/metrics")
        unmatched = {"method": "GET", "route": "unmatched"}
        assert metric(answer.text, "http_requests_total", **unmatched, status="404") == 1

    run(story())


def test_a_worker_goes_on_when_the_database_was_away(ground):
    async def story():
        async with working(ground) as worker:
            await until(lambda: bool(ground.as_keeper("select 1 from procrastinate_workers")), "the worker")
            ground.as_keeper(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'test worker'"
            )
            await asyncio.to_thread(promise, ground, QUICK, 41)
            await until(lambda: notes(ground, "quick") == [41], "the job after the interruption")
            await worker.ask()

    run(story())


def test_a_time_of_the_timetable_runs_once_however_many_workers_there_are(ground):
    ran = []

    async def tidy(tick):
        ran.append(tick.due)

    async def story():
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(2):
                worker = Worker(ground.app_url, Metrics(), application="timetable")
                worker.schedule(Job("test.tidy", Tick), Timetable("0 2 1 1 *"), tidy)
                await stack.enter_async_context(worker.running())
            await until(lambda: bool(ran), "the run that was missed")
            await asyncio.sleep(0.3)

    run(story())
    assert len(ran) == 1
    assert (ran[0].month, ran[0].day, ran[0].hour) == (1, 1, 2)


def test_what_was_missed_is_made_good_once_or_left_out():
    """The policy of missed times, without a clock."""
    due = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    nightly, reminder = Timetable("0 2 * * *"), Timetable("0 2 * * *", missed="skip")
    assert nightly.is_wanted(due, due + timedelta(hours=9))
    assert not nightly.is_wanted(due, due + timedelta(hours=25))
    assert reminder.is_wanted(due, due + LATE)
    assert not reminder.is_wanted(due, due + timedelta(hours=9))
    with pytest.raises(ValueError, match="columns"):
        Timetable("daily").next(due)


def test_waits_grow_to_their_limit():
    retry = Retry(first=1.0, longest=60.0)
    for failures, least in ((1, 1), (2, 2), (5, 16), (30, 60)):
        assert least <= retry.wait(failures) <= least * 1.25


def test_the_tables_can_be_made_and_removed(postgres):
    """DB-08: a migration with the queue's tables is reversible."""
    ground = make_ground(postgres)
    for _ in range(2):
        ground.prepare(then=job_tables.create)
        ground.prepare(then=job_tables.drop)
    left = "select proname from pg_proc where proname ~ %s union select relname from pg_class where relname ~ %s"
    assert ground.as_keeper(left, "^procrastinate", "^procrastinate") == []
