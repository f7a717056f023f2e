"""What a process knows by heart: read once for all, while the old serves."""

import asyncio

import pytest

from stackyard_kit import correlation
from stackyard_kit.freshness import Freshness


class Source:
    """What is read: it can be slow and it can fail."""

    def __init__(self):
        self.reads = 0
        self.seen_id = ""
        self.failure = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def load(self):
        self.reads += 1
        self.seen_id = correlation.current()
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure


def test_all_who_come_at_first_wait_for_one_reading():
    async def story():
        source = Source()
        known = Freshness("test", source.load, seconds=60)
        correlation.accept("edge-0000-1111")
        await asyncio.gather(*(known.ensure() for _ in range(50)))
        await known.ensure()
        assert (source.reads, source.seen_id) == (1, "")

    asyncio.run(story())


def test_the_old_serves_while_the_new_is_on_its_way():
    async def story():
        source = Source()
        known = Freshness("test", source.load, seconds=0.2)
        await known.ensure()
        source.gate.clear()
        await asyncio.sleep(0.21)
        async with asyncio.timeout(0.1):
            await known.ensure()
            await asyncio.sleep(0)
        assert source.reads == 2
        source.gate.set()
        await known.close()

    asyncio.run(story())


def test_after_a_quiet_time_or_on_request_the_next_waits_for_the_new():
    async def story():
        source = Source()
        known = Freshness("test", source.load, seconds=0.05)
        await known.ensure()
        await asyncio.sleep(0.2)
        await known.ensure()
        assert source.reads == 2
        known.expire()
        await known.ensure()
        assert source.reads == 3

    asyncio.run(story())


def test_a_failure_is_told_while_nothing_is_known_and_rides_on_the_old_afterwards(captured_logs):
    """APP-08: what is known serves while its source is away."""

    async def story():
        source = Source()
        source.failure = ConnectionRefusedError()
        known = Freshness("keys", source.load, seconds=0.0)
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                await known.ensure()
        source.failure = None
        await known.ensure()
        source.failure = ConnectionRefusedError()
        for _ in range(5):
            await known.ensure()
            await asyncio.sleep(0)
        await known.close()
        assert len(captured_logs.find("what is known grows old")) == 2

    asyncio.run(story())


def test_looking_again_has_a_limit():
    async def story():
        source = Source()
        known = Freshness("keys", source.load, seconds=60)
        await known.ensure()
        for _ in range(20):
            await known.again(at_most_every=60)
        assert source.reads == 1
        await known.again()
        assert source.reads == 2

    asyncio.run(story())


def test_closing_ends_a_reading_that_hangs():
    async def story():
        source = Source()
        source.gate.clear()
        known = Freshness("keys", source.load, seconds=60)
        waiting = asyncio.create_task(known.ensure())
        await asyncio.sleep(0.01)
        await known.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(story())
