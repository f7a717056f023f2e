import asyncio
import contextlib

import pytest

from stackyard_kit import cache as cache_module
from stackyard_kit.cache import Cache
from stackyard_kit.metrics import Metrics
from stackyard_kit.redis_link import RedisLink
from stackyard_kit.settings import Secret
from stackyard_kit.testing import free_port, metric

pytestmark = pytest.mark.real


class Source:
    """What is dear to compute, and how often it was."""

    def __init__(self, value=b"one", gate=None):
        self.value = value
        self.computed = 0
        self.gate = gate

    async def compute(self):
        self.computed += 1
        value = self.value
        if self.gate is not None:
            await self.gate.wait()
        return value


class Process:
    """A cache as one process has it."""

    def __init__(self, url, prefix, **more):
        self.metrics = Metrics()
        self.link = RedisLink(Secret(url))
        self.cache = Cache(self.link, self.metrics.cache_reads, prefix=prefix, **{"ttl": 30.0, **more})

    def reads(self, result):
        return metric(self.metrics.text(), "cache_reads_total", result=result)


@contextlib.asynccontextmanager
async def processes(url, prefix, count=1, **more):
    made = [Process(url, prefix, **more) for _ in range(count)]
    try:
        yield made
    finally:
        for one in made:
            await one.link.close()


async def held(process, place):
    async with asyncio.timeout(5):
        while not await process.link.command("EXISTS", place):
            await asyncio.sleep(0.01)


def test_a_value_is_computed_once_and_again_when_its_group_is_old(redis):
    """CACHE-03: cache-aside, and the hit rate is counted."""

    async def story():
        source = Source()
        async with processes(redis.url, "aside") as (one,):
            for _ in range(4):
                assert await one.cache.get("products", "p1", source.compute) == b"one"
            assert (source.computed, one.reads("miss"), one.reads("hit")) == (1, 1, 3)
            source.value = b"two"
            await one.cache.invalidate("products")
            assert await one.cache.get("products", "p1", source.compute) == b"two"

    asyncio.run(story())


def test_what_is_written_through_is_found_by_every_process(redis):
    """CACHE-03: write-through with a time to live."""

    async def story():
        source = Source(b"old")
        async with processes(redis.url, "through", 2) as (one, other):
            await one.cache.put("products", "p1", b"new")
            assert await other.cache.get("products", "p1", source.compute) == b"new"
            assert source.computed == 0
            (key,) = [key async for key in one.link.client.scan_iter("through:products:*:p1")]
            assert 29_000 < await one.link.command("PTTL", key) <= 30_000

    asyncio.run(story())


def test_a_value_computed_from_older_data_does_not_replace_what_was_written_meanwhile(redis):
    async def story():
        gate = asyncio.Event()
        source = Source(b"old", gate)
        async with processes(redis.url, "race", 2) as (one, other):
            reading = asyncio.create_task(one.cache.get("products", "p1", source.compute))
            await held(other, "race:products:0:p1:lock")
            await other.cache.put("products", "p1", b"new")
            gate.set()
            assert await reading == b"old"
            assert await one.cache.get("products", "p1", source.compute) == b"new"

    asyncio.run(story())


def test_of_two_writers_the_one_with_the_younger_row_wins(redis):
    async def story():
        async with processes(redis.url, "order") as (one,):
            await one.cache.put("products", "p1", b"second", order=2)
            await one.cache.put("products", "p1", b"first", order=1)
            assert await one.cache.get("products", "p1", Source().compute) == b"second"

    asyncio.run(story())


def test_a_hundred_misses_at_once_in_two_processes_compute_once(redis):
    """CACHE-03: no stampede."""

    async def story():
        gate = asyncio.Event()
        source = Source(gate=gate)
        async with processes(redis.url, "stampede", 2) as (one, other):
            asking = [
                asyncio.create_task(process.cache.get("reports", "r1", source.compute))
                for process in (one, other)
                for _ in range(50)
            ]
            await held(one, "stampede:reports:0:r1:lock")
            gate.set()
            assert set(await asyncio.gather(*asking)) == {b"one"}
            assert source.computed == 1
            assert one.reads("shared") + other.reads("shared") + one.reads("hit") + other.reads("hit") == 99
            assert not await one.link.command("EXISTS", "stampede:reports:0:r1:lock")

    asyncio.run(story())


def test_who_comes_to_the_lock_when_another_has_just_let_it_go_takes_what_that_one_stored(redis):
    """CACHE-03: no stampede, however unlucky the moment between the look and the lock."""

    async def story():
        source = Source()
        async with processes(redis.url, "unlucky", 2) as (one, other):
            ask = one.link.command

            async def ask_late(*words):
                if words[0] == "SET" and str(words[1]).endswith(":lock"):
                    await other.cache.get("reports", "r1", source.compute)
                return await ask(*words)

            one.link.command = ask_late
            assert await one.cache.get("reports", "r1", source.compute) == b"one"
            assert (source.computed, other.reads("miss"), one.reads("shared")) == (1, 1, 1)
            assert not await ask("EXISTS", "unlucky:reports:0:r1:lock")

    asyncio.run(story())


def test_a_stale_value_is_told_while_one_request_computes_its_successor(redis):
    """CACHE-03: no stampede, and nobody waits."""

    async def story():
        source = Source(b"old")
        async with processes(redis.url, "stale", 2, ttl=0.05, stale=30.0) as (one, other):
            await one.cache.get("reports", "r1", source.compute)
            await asyncio.sleep(0.1)
            source.value, source.gate = b"new", asyncio.Event()
            refreshing = asyncio.create_task(one.cache.get("reports", "r1", source.compute))
            await held(other, "stale:reports:0:r1:lock")
            assert await one.cache.get("reports", "r1", source.compute) == b"old"
            assert await other.cache.get("reports", "r1", source.compute) == b"old"
            source.gate.set()
            assert await refreshing == b"new"
            assert (source.computed, one.reads("stale"), other.reads("stale")) == (2, 1, 1)

    asyncio.run(story())


def test_who_waits_for_a_process_that_died_computes_for_itself(redis, monkeypatch):
    monkeypatch.setattr(cache_module, "PATIENCE_SECONDS", 0.1)

    async def story():
        source = Source()
        async with processes(redis.url, "died") as (one,):
            await one.link.command("SET", "died:reports:0:r1:lock", "of a process that was killed")
            assert await one.cache.get("reports", "r1", source.compute) == b"one"
            assert source.computed == 1

    asyncio.run(story())


def test_a_failure_is_that_of_all_who_waited_and_the_next_one_tries_again(redis):
    async def story():
        gate = asyncio.Event()

        async def fails():
            await gate.wait()
            raise ValueError("no report today")

        async with processes(redis.url, "failed") as (one,):
            asking = [asyncio.create_task(one.cache.get("reports", "r1", fails)) for _ in range(5)]
            await held(one, "failed:reports:0:r1:lock")
            gate.set()
            failures = await asyncio.gather(*asking, return_exceptions=True)
            assert {str(failure) for failure in failures} == {"no report today"}
            assert await one.cache.get("reports", "r1", Source().compute) == b"one"

    asyncio.run(story())


def test_when_the_client_that_computes_goes_away_another_takes_the_lead(redis):
    async def story():
        slow = Source(gate=asyncio.Event())
        source = Source()
        async with processes(redis.url, "left") as (one,):
            leader = asyncio.create_task(one.cache.get("reports", "r1", slow.compute))
            await held(one, "left:reports:0:r1:lock")
            followers = [asyncio.create_task(one.cache.get("reports", "r1", source.compute)) for _ in range(5)]
            await asyncio.sleep(0.05)
            leader.cancel()
            assert await asyncio.gather(*followers) == [b"one"] * 5
            assert source.computed == 1

    asyncio.run(story())


def test_without_redis_everything_is_computed_and_nothing_fails():
    """APP-08: the API degrades rather than dies when the cache is gone."""

    async def story():
        source = Source()
        async with processes(f"redis://127.0.0.1:{free_port()}/0", "away") as (one,):
            for _ in range(3):
                assert await one.cache.get("products", "p1", source.compute) == b"one"
            await one.cache.put("products", "p1", b"new")
            assert (source.computed, one.reads("away")) == (3, 3)

    asyncio.run(story())
