"""Signing keys in a database that several processes share."""

import asyncio
import contextlib
from datetime import timedelta

import jwt
import pytest
from identity_parts import SECRET, TABLES, ground, run

from stackyard_kit import keystore
from stackyard_kit.keystore import SigningKeys
from stackyard_kit.settings import Secret
from stackyard_kit.tokens import AccessTokens, TokenRefusedError

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def shared(postgres):
    return ground(postgres, "keystore")


@pytest.fixture
def place(shared):
    shared.clear()
    return shared


@contextlib.asynccontextmanager
async def process(place, clock, secret=SECRET):
    """One replica: its keys, and tokens made with them."""
    async with place.database() as database:
        keys = SigningKeys(database, TABLES.keys, Secret(secret), now=clock.now)
        keys.database = database
        try:
            yield keys, AccessTokens(keys, "shop", now=clock.now)
        finally:
            await keys.close()


async def renewed(keys):
    """What FRESH_SECONDS later happens by itself."""
    await keys._freshness.again()


def issue(tokens):
    return tokens.issue(id="7", name="Cleo", role="clerk")


def kid_of(token):
    return jwt.get_unverified_header(token)["kid"]


def test_replicas_that_start_together_share_one_key_and_a_restart_keeps_it(place, clock):
    """APP-04: keys survive restarts and are the same on all replicas."""

    async def story():
        async with contextlib.AsyncExitStack() as stack:
            replicas = [await stack.enter_async_context(process(place, clock)) for _ in range(4)]
            await asyncio.gather(*(keys.ensure() for keys, _ in replicas))
            token = issue(replicas[0][1])
            assert all(tokens.check(token).id == "7" for _, tokens in replicas)
        async with process(place, clock) as (keys, tokens):
            await keys.ensure()
            assert tokens.check(token).id == "7"
            assert kid_of(issue(tokens)) == kid_of(token)

    run(story())
    assert place.sql("select count(*) from signing_keys") == [(1,)]


def test_a_key_changes_on_schedule_without_a_token_refused_anywhere(place, clock):
    """APP-04: rotation without downtime: published a day ahead, and each replica reads at a time of its own."""

    async def story():
        async with process(place, clock) as (one, ours), process(place, clock) as (two, theirs):
            seen = set()
            for step in range(2 * 65):
                await renewed(one)
                if step % 2 == 0:
                    await renewed(two)
                for issuer, checker in ((ours, theirs), (theirs, ours)):
                    token = issue(issuer)
                    seen.add(kid_of(token))
                    assert checker.check(token).id == "7"
                clock.move(12 * 3600)
            assert len(seen) == 3

    run(story())
    assert len(place.sql("select kid from signing_keys")) <= 3


def test_a_key_can_be_changed_now_and_what_the_old_one_signed_stays_good(place, clock):
    """APP-04: rotation on request."""

    async def story():
        async with process(place, clock) as (one, ours), process(place, clock) as (two, theirs):
            await one.ensure()
            await two.ensure()
            old = issue(ours)
            async with one.database.transaction() as session:
                kid = await one.rotate(session)
            for keys in (one, two):
                await renewed(keys)
            assert kid_of(issue(ours)) == kid_of(old)
            clock.move(31)
            new = issue(ours)
            assert kid_of(new) == kid
            assert theirs.check(new).id == theirs.check(old).id == "7"

    run(story())


def test_a_withdrawn_key_is_refused_everywhere_and_another_signs(place, clock):
    """APP-04: a key that leaked is worth nothing after the next reading."""

    async def story():
        async with process(place, clock) as (one, ours), process(place, clock) as (two, theirs):
            await one.ensure()
            await two.ensure()
            stolen = issue(ours)
            assert theirs.check(stolen).id == "7"
            async with one.database.transaction() as session:
                await one.withdraw(session, kid_of(stolen))
            await renewed(two)
            with pytest.raises(TokenRefusedError):
                theirs.check(stolen)
            assert kid_of(issue(theirs)) != kid_of(stolen)

    run(story())


def test_a_new_secret_signs_with_a_new_key_and_refuses_nobody(place, clock):
    """APP-04: the secret behind the keys changes one replica after another."""

    async def story():
        async with process(place, clock) as (one, ours), process(place, clock, SECRET[::-1]) as (two, theirs):
            await one.ensure()
            old = issue(ours)
            await two.ensure()
            new = issue(theirs)
            assert kid_of(new) != kid_of(old)
            assert theirs.check(old).id == "7"
            await renewed(one)
            assert ours.check(new).id == "7"
            assert kid_of(issue(ours)) == kid_of(old)

    run(story())


def test_a_dump_of_the_database_signs_nothing_and_a_key_put_in_another_row_is_ignored(place, clock, captured_logs):
    """APP-04: private keys are encrypted, each for its own row. APP-07: keys apart from data."""

    async def story():
        async with process(place, clock) as (keys, tokens):
            await keys.ensure()
            token = issue(tokens)
            private = keys.signer(clock.now()).private.private_bytes_raw()
        ((sealed,),) = place.sql("select sealed from signing_keys")
        assert private not in sealed
        assert len(sealed) == 12 + 32 + 16
        place.sql("update signing_keys set kid = 'mine'")
        async with process(place, clock) as (keys, tokens):
            await keys.ensure()
            with pytest.raises(TokenRefusedError):
                tokens.check(token)
            assert kid_of(issue(tokens)) != "mine"
        assert captured_logs.find("a signing key is not what it says")

    run(story())


def test_keys_that_are_known_serve_while_the_database_is_away(place, clock, monkeypatch):
    """APP-08: checking a token needs no database."""
    monkeypatch.setattr(keystore, "FRESH_SECONDS", 0.0)

    async def story():
        async with process(place, clock) as (keys, tokens):
            await keys.ensure()
            token = issue(tokens)

            async def fails():
                raise ConnectionRefusedError

            monkeypatch.setattr(keys._freshness, "_load", fails)
            for _ in range(3):
                await keys.ensure()
                assert tokens.check(token).id == "7"

    run(story())


def test_without_a_key_ever_read_the_failure_is_told(place, clock, monkeypatch):
    async def story():
        async with process(place, clock) as (keys, _):

            async def fails():
                raise ConnectionRefusedError

            monkeypatch.setattr(keys._freshness, "_load", fails)
            for _ in range(2):
                with pytest.raises(ConnectionRefusedError):
                    await keys.ensure()

    run(story())


def test_a_key_lives_for_a_month_and_is_known_a_day_ahead(place, clock):
    async def story():
        async with process(place, clock) as (keys, _):
            await keys.ensure()
            clock.move(timedelta(days=29, minutes=-1).total_seconds())
            await renewed(keys)
            assert len(keys.jwks(clock.now())["keys"]) == 1
            clock.move(120)
            await renewed(keys)
            assert len(keys.jwks(clock.now())["keys"]) == 2

    run(story())
