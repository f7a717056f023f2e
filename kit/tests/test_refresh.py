"""Refresh tokens: good once, with a moment's grace."""

import asyncio
from datetime import timedelta

import pytest
from identity_parts import CLEO, MAX, TABLES, ground, run

from stackyard_kit.refresh import GRACE, RefreshRefusedError, RefreshTokens

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def shared(postgres):
    return ground(postgres, "refresh")


class Sessions:
    """Refresh tokens, each use in a transaction of its own."""

    def __init__(self, database, clock):
        self.database = database
        self.tokens = RefreshTokens(TABLES.refresh, now=clock.now)

    async def begin(self, user=CLEO):
        async with self.database.transaction() as session:
            return await self.tokens.issue(session, user)

    async def use(self, token):
        async with self.database.transaction() as session:
            try:
                return await self.tokens.rotate(session, token)
            except RefreshRefusedError as refused:
                return refused

    async def revoke_all(self, user=CLEO):
        async with self.database.transaction() as session:
            return await self.tokens.revoke_all(session, user)


@pytest.fixture
def play(shared, clock):
    shared.clear()

    def start(story):
        async def go():
            async with shared.database() as database:
                await story(Sessions(database, clock))

        run(go())

    return start


def test_a_token_gives_its_successor_once_and_its_reuse_ends_the_family(play, clock):
    """APP-04: rotation with reuse detection."""

    async def story(sessions):
        first = await sessions.begin()
        second = await sessions.use(first.token)
        assert (second.user_id, second.family) == (CLEO, first.family)
        clock.move(GRACE.total_seconds() + 1)
        replay = await sessions.use(first.token)
        assert (replay.reused, replay.family) == (True, first.family)
        assert isinstance(await sessions.use(second.token), RefreshRefusedError)

    play(story)


def test_two_tabs_that_refresh_at_once_get_the_same_successor(play, clock):
    """APP-04: a grace of seconds, in which the family does not fork."""

    async def story(sessions):
        first = await sessions.begin()
        answers = await asyncio.gather(*(sessions.use(first.token) for _ in range(4)))
        (successor,) = {answer.token for answer in answers}
        assert len({answer.expires_at for answer in answers}) == 1
        assert (await sessions.use(successor)).family == first.family

    play(story)


def test_the_grace_ends_with_the_use_of_the_successor(play, clock):
    """APP-04: whoever is second with a token that went on is a thief, or was robbed."""

    async def story(sessions):
        first = await sessions.begin()
        second = await sessions.use(first.token)
        third = await sessions.use(second.token)
        assert (await sessions.use(first.token)).reused
        assert isinstance(await sessions.use(third.token), RefreshRefusedError)

    play(story)


def test_a_thief_who_is_quick_enough_for_the_grace_is_found_out_at_the_next_turn(play, clock):
    """APP-04: the grace weakens the detection of reuse by seconds, not more."""

    async def story(sessions):
        first = await sessions.begin()
        owner, thief = await sessions.use(first.token), await sessions.use(first.token)
        clock.move(900)
        assert not isinstance(await sessions.use(thief.token), RefreshRefusedError)
        clock.move(60)
        assert (await sessions.use(owner.token)).reused

    play(story)


def test_a_session_that_rests_ends_and_so_does_one_that_never_rests(play, clock):
    async def story(sessions):
        rested, busy = await sessions.begin(), await sessions.begin(MAX)
        for _ in range(4):
            clock.move(timedelta(days=7).total_seconds())
            busy = await sessions.use(busy.token)
        assert busy.expires_at - clock.now() == timedelta(days=2)
        clock.move(timedelta(days=2).total_seconds())
        for token in (rested, busy):
            refused = await sessions.use(token.token)
            assert (isinstance(refused, RefreshRefusedError), refused.reused) == (True, False)

    play(story)


def test_every_session_of_a_user_can_be_ended_and_nobody_elses(play):
    """APP-04: sign out everywhere."""

    async def story(sessions):
        one, two, other = await sessions.begin(), await sessions.begin(), await sessions.begin(MAX)
        two = await sessions.use(two.token)
        assert set(await sessions.revoke_all()) == {one.family, two.family}
        assert isinstance(await sessions.use(one.token), RefreshRefusedError)
        assert isinstance(await sessions.use(two.token), RefreshRefusedError)
        assert (await sessions.use(other.token)).user_id == MAX

    play(story)


def test_no_rotation_outlives_the_end_of_all_sessions(play):
    """APP-04: the end of all sessions and a rotation at the same moment."""

    async def story(sessions):
        for _ in range(10):
            token = await sessions.begin()
            rotated, _ = await asyncio.gather(sessions.use(token.token), sessions.revoke_all())
            if not isinstance(rotated, RefreshRefusedError):
                assert isinstance(await sessions.use(rotated.token), RefreshRefusedError)

    play(story)


@pytest.mark.parametrize("token", ["", "nobody's", "' or 1=1 --", "\x00", "\ud800", "x" * 100_000])
def test_an_unknown_token_is_refused_whatever_it_is(play, token):
    async def story(sessions):
        refused = await sessions.use(token)
        assert (isinstance(refused, RefreshRefusedError), refused.reused) == (True, False)

    play(story)


def test_the_database_holds_nothing_that_could_be_used(play, shared):
    """APP-04: digests and nonces only, also of the successor that is given again."""

    async def story(sessions):
        first = await sessions.begin()
        second = await sessions.use(first.token)
        held = str(shared.sql("select * from refresh_tokens"))
        assert first.token not in held
        assert second.token not in held

    play(story)
