"""Guessing passwords, made slow."""

import asyncio

import pytest
from identity_parts import TABLES, ground, run

from stackyard_kit import throttle
from stackyard_kit.throttle import Throttle, ThrottledError, network_of

pytestmark = pytest.mark.real
ACCOUNT_PER_HOUR, ADDRESS_PER_HOUR = 20, 30
"""Less than usual, so that a test need not fill a hundred."""


@pytest.fixture(scope="module")
def shared(postgres):
    return ground(postgres, "throttle")


class Door:
    """Attempts, each in a transaction of its own; the answer is how long to wait, 0 when it was let in."""

    def __init__(self, database, clock):
        self.database = database
        self.throttle = Throttle(
            TABLES.attempts, account_per_hour=ACCOUNT_PER_HOUR, address_per_hour=ADDRESS_PER_HOUR, now=clock.now
        )

    async def fail(self, account="cleo", address="192.0.2.1"):
        try:
            async with self.database.transaction() as session:
                await self.throttle.admit(session, account, address)
        except ThrottledError as throttled:
            return throttled.seconds
        return 0

    async def succeed(self, account="cleo", address="192.0.2.1"):
        async with self.database.transaction() as session:
            attempt = await self.throttle.admit(session, account, address)
        async with self.database.transaction() as session:
            await self.throttle.succeeded(session, attempt)


@pytest.fixture
def play(shared, clock):
    shared.clear()

    def start(story):
        async def go():
            async with shared.database() as database:
                await story(Door(database, clock))

        run(go())

    return start


def test_a_few_mistakes_are_free_and_each_further_one_doubles_the_wait(play, clock):
    """APP-04: login throttling with an exponential delay, which asking does not make longer."""

    async def story(door):
        assert [await door.fail() for _ in range(4)] == [0, 0, 0, 0]
        waits = []
        for _ in range(12):
            wait = await door.fail()
            assert await door.fail() == wait
            waits.append(wait)
            clock.move(wait)
            assert await door.fail() == 0
        assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]

    play(story)


def test_a_stranger_locks_nobody_out(play, clock):
    """APP-04: mistakes count for the address that makes them."""

    async def story(door):
        for _ in range(8):
            await door.fail(address="203.0.113.66")
        assert await door.fail(address="203.0.113.66") > 0
        assert await door.fail(address="192.0.2.1") == 0

    play(story)


def test_it_survives_a_restart_and_counts_for_all_replicas(play, clock, shared):
    """APP-04: throttling stands in the database."""

    async def first(door):
        for _ in range(5):
            await door.fail()
        async with shared.database() as other:
            assert await Door(other, clock).fail() == 1

    play(first)


def test_many_attempts_at_the_same_moment_count_as_many(play):
    """APP-04: no race gets more guesses."""

    async def story(door):
        answers = await asyncio.gather(*(door.fail() for _ in range(20)))
        assert answers.count(0) == 4

    play(story)


def test_what_is_refused_writes_nothing(play, shared):
    """A flood of refused attempts is no load of dead rows."""

    async def story(door):
        for _ in range(5):
            await door.fail()
        before = shared.sql("select xmin::text, ctid::text from sign_in_attempts order by digest")
        assert await door.fail() > 0
        assert shared.sql("select xmin::text, ctid::text from sign_in_attempts order by digest") == before

    play(story)


def test_a_botnet_meets_a_ceiling_that_the_owner_at_home_does_not(play, clock):
    """APP-04: at most so many failed attempts an hour on an account, from however many addresses."""

    async def story(door):
        await door.succeed(address="192.0.2.1")
        answers = [await door.fail(address=f"198.51.100.{number}") for number in range(ACCOUNT_PER_HOUR + 5)]
        assert answers.count(0) == ACCOUNT_PER_HOUR
        assert answers[-1] == 3600 / ACCOUNT_PER_HOUR
        assert await door.fail(address="192.0.2.1") == 0
        assert await door.fail(account="max", address="198.51.100.1") == 0
        # Two places: the owner's own mistake took one, too.
        clock.move(2 * 3600 / ACCOUNT_PER_HOUR)
        assert await door.fail(address="198.51.100.250") == 0
        assert await door.fail(address="198.51.100.251") > 0

    play(story)


def test_one_address_that_tries_every_name_meets_a_ceiling(play, clock):
    """APP-04: one password on many accounts."""

    async def story(door):
        await door.succeed(account="max", address="192.0.2.9")
        answers = [await door.fail(f"name-{number}", "192.0.2.9") for number in range(ADDRESS_PER_HOUR + 3)]
        assert answers.count(0) == ADDRESS_PER_HOUR
        assert await door.fail("max", "192.0.2.9") == 0

    play(story)


def test_the_usual_ceilings_are_those_that_owasp_names():
    assert (throttle.ACCOUNT_PER_HOUR, throttle.ADDRESS_PER_HOUR) == (100, 300)


def test_a_sign_in_of_ones_own_does_not_pay_for_guesses_at_others(play, clock):
    async def story(door):
        for number in range(ADDRESS_PER_HOUR - 1):
            await door.fail(f"name-{number}", "192.0.2.9")
        for _ in range(3):
            await door.succeed("mallory", "192.0.2.9")
        assert await door.fail("one-more", "192.0.2.9") == 0
        assert await door.fail("two-more", "192.0.2.9") > 0

    play(story)


def test_a_success_forgets_mistakes_and_time_does_too(play, clock):
    async def story(door):
        for _ in range(3):
            await door.fail()
        await door.succeed()
        assert [await door.fail() for _ in range(5)] == [0, 0, 0, 0, 1]
        clock.move(25 * 3600)
        assert [await door.fail() for _ in range(4)] == [0, 0, 0, 0]

    play(story)


def test_old_rows_go_and_none_of_them_tells_a_name(play, clock, shared):
    async def story(door):
        for number in range(20):
            await door.fail(f"hunter{number}")
        assert "hunter" not in str(shared.sql("select encode(digest, 'escape') from sign_in_attempts"))
        clock.move(2 * 86400)
        await door.succeed("max", "192.0.2.2")
        assert shared.sql("select count(*) from sign_in_attempts") == [(3,)]

    play(story)


def test_what_counts_as_one_address():
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:3::4") != network_of("2001:db8:1:2::4")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("testclient") == "testclient"
