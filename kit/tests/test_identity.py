"""Signing in, staying signed in and being thrown out, on a real database and in several processes."""

import asyncio
import time

import httpx
import jwt
import pytest
from argon2 import extract_parameters
from fastapi import FastAPI
from identity_parts import CLEO, MAX, PASSWORD, change_password, ground, run

from stackyard_kit import passwords, problems
from stackyard_kit.access import install
from stackyard_kit.jwks import jwks_router
from stackyard_kit.problems import ProblemError
from stackyard_kit.testing import metric
from stackyard_kit.tokens import TokenRefusedError

pytestmark = pytest.mark.real
HOME = "192.0.2.1"


@pytest.fixture(scope="module")
def shared(postgres):
    return ground(postgres, "identity")


@pytest.fixture
def place(shared):
    shared.clear()
    return shared


async def refused(promise):
    with pytest.raises(ProblemError) as problem:
        await promise
    return problem.value


def wait_longer(place):
    """Let who has to wait do so for a quarter of an hour, which no slow machine sits out."""
    place.sql("update sign_in_attempts set level = level + 20 where level = 4")


async def until_refused(identity, token, seconds=6):
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        try:
            await identity.caller(token)
        except TokenRefusedError:
            return time.monotonic() - began
        await asyncio.sleep(0.05)
    raise AssertionError(f"still accepted after {seconds} s")


def test_a_sign_in_says_who_it_was_on_every_replica(place):
    """APP-04: tokens of one replica are good on all."""

    async def story():
        async with place.service() as one, place.service() as two:
            signed = await one.sign_in("cleo", PASSWORD, HOME)
            caller = await two.caller(signed.access_token)
            assert (caller.id, caller.role, caller.attributes) == (str(CLEO), "user", {"branch": "north"})
            assert caller.session == str(signed.refresh.family)
            renewed = await two.renew(signed.refresh.token)
            assert (await one.caller(renewed.access_token)).session == caller.session
            assert metric(one.metrics.text(), "sign_ins_total", result="succeeded") == 1

    run(story())


def test_a_token_of_another_service_on_the_same_keys_is_refused(place):
    """APP-04: other audience."""

    async def story():
        async with place.service() as shop, place.service(service="bank") as bank:
            signed = await bank.sign_in("max", PASSWORD, HOME)
            with pytest.raises(TokenRefusedError):
                await shop.caller(signed.access_token)

    run(story())


def test_a_session_that_signs_out_is_over_everywhere_within_seconds(place):
    """APP-04: revocation reaches access tokens, too, on all replicas and without Redis."""

    async def story():
        async with place.service() as one, place.service() as two:
            gone, kept = [await one.sign_in("cleo", PASSWORD, HOME) for _ in range(2)]
            for service in (one, two):
                assert (await service.caller(gone.access_token)).id == str(CLEO)
            await one.sign_out(gone.refresh.token)
            with pytest.raises(TokenRefusedError):
                await one.caller(gone.access_token)
            assert await until_refused(two, gone.access_token) < 3
            assert (await two.caller(kept.access_token)).id == str(CLEO)
            assert (await refused(two.renew(gone.refresh.token))).status == 401

    run(story())


def test_a_new_password_ends_every_session_and_no_sign_in_slips_past(place):
    """APP-04: revocation of all sessions of a user."""

    async def story():
        async with place.service() as one, place.service() as two:
            sessions = [await one.sign_in("max", PASSWORD, HOME) for _ in range(3)]
            other = await one.sign_in("cleo", PASSWORD, HOME)
            late = asyncio.create_task(two.sign_in("max", PASSWORD, HOME))
            await change_password(one, MAX, "another-word-27")
            # Whichever came first: the old password's session is over or was never given.
            answers = await asyncio.gather(late, return_exceptions=True)
            for signed in sessions:
                await until_refused(two, signed.access_token)
                assert (await refused(two.renew(signed.refresh.token))).status == 401
            for signed in answers:
                if not isinstance(signed, ProblemError):
                    assert (await refused(two.renew(signed.refresh.token))).status == 401
            assert (await one.caller(other.access_token)).id == str(CLEO)
            assert (await refused(one.sign_in("max", PASSWORD, HOME))).status == 401
            assert (await one.sign_in("max", "another-word-27", HOME)).account.id == MAX
            await change_password(one, MAX, PASSWORD)

    run(story())


def test_a_replayed_refresh_token_ends_the_session_and_its_access_tokens(place):
    """APP-04: reuse detection ends the family. MON-03: and is counted."""

    async def story():
        async with place.service() as identity:
            signed = await identity.sign_in("cleo", PASSWORD, HOME)
            second = await identity.renew(signed.refresh.token)
            place.sql("update refresh_tokens set used_at = used_at - interval '11 seconds' where used_at is not null")
            assert (await refused(identity.renew(signed.refresh.token))).kind == "session-ended"
            with pytest.raises(TokenRefusedError):
                await identity.caller(second.access_token)
            assert metric(identity.metrics.text(), "refresh_token_reuses_total") == 1

    run(story())


def test_a_wrong_password_an_unknown_name_and_a_throttled_one_tell_nothing_apart(place):
    """APP-04: the same answers whether or not the account exists. APP-06: RFC 9457 with Retry-After."""

    async def story():
        async with place.service() as identity:
            for _ in range(4):
                known = await refused(identity.sign_in("cleo", "wrong", HOME))
                unknown = await refused(identity.sign_in("nobody", "wrong", HOME))
                assert (known.status, known.detail) == (unknown.status, unknown.detail)
                assert known.status == 401
            wait_longer(place)
            for login in ("cleo", "nobody"):
                throttled = await refused(identity.sign_in(login, PASSWORD, HOME))
                assert (throttled.status, throttled.kind) == (429, "too-many-attempts")
                assert int(throttled.headers["Retry-After"]) >= 1
            text = identity.metrics.text()
            assert metric(text, "sign_ins_total", result="failed") == 8
            assert metric(text, "sign_ins_total", result="throttled") == 2

    run(story())


def test_a_name_that_nobody_has_costs_the_same_hash(place, monkeypatch):
    """APP-04: the time of an answer does not tell whether the account exists, for the same work is done."""
    worked = []

    def verify(stored, password):
        worked.append(extract_parameters(stored))
        return False

    monkeypatch.setattr(passwords, "_verify", verify)

    async def story():
        async with place.service() as identity:
            for login in ("cleo", "nobody"):
                await refused(identity.sign_in(login, "wrong", HOME))
        known, unknown = worked
        assert known == unknown

    run(story())


def test_who_was_removed_is_not_renewed(place):
    async def story():
        async with place.service() as identity:
            signed = await identity.sign_in("cleo", PASSWORD, HOME)
            place.sql("update users set id = gen_random_uuid() where login = 'cleo'")
            assert (await refused(identity.renew(signed.refresh.token))).status == 401
            place.sql("update users set id = %s where login = 'cleo'", CLEO)

    run(story())


def test_the_password_is_asked_again_with_the_same_throttle(place):
    async def story():
        async with place.service() as identity:
            assert (await identity.confirm("cleo", PASSWORD, HOME)).id == CLEO
            for _ in range(4):
                assert (await refused(identity.confirm("cleo", "wrong", HOME))).status == 401
            wait_longer(place)
            assert (await refused(identity.confirm("cleo", PASSWORD, HOME))).status == 429

    run(story())


def test_the_keys_are_published_at_both_addresses(place):
    """APP-04: a published JWKS, which is enough to check a token elsewhere."""

    async def story():
        async with place.service() as identity:
            app = FastAPI()
            problems.install(app)
            app.include_router(jwks_router(lambda request: identity.keys))
            install(app, identity.caller)
            signed = await identity.sign_in("cleo", PASSWORD, HOME)
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
                usual, other = await client.get("/.well-known/jwks.json"), await client.get("/api/auth/jwks")
            assert usual.json() == other.json()
            assert usual.headers["cache-control"] == "public, max-age=300"
            assert "/api/auth/jwks" in app.openapi()["paths"]
            kid = jwt.get_unverified_header(signed.access_token)["kid"]
            key = jwt.PyJWKSet.from_dict(usual.json())[kid]
            claims = jwt.decode(signed.access_token, key, audience="shop", issuer="shop", algorithms=["EdDSA"])
            assert claims["sub"] == str(CLEO)

    run(story())


def test_unknown_keys_make_nobody_ask_the_database_more_than_once_a_second(place):
    """APP-04: a flood of tokens with invented keys is no load."""

    async def story():
        async with place.service() as identity:
            signed = await identity.sign_in("cleo", PASSWORD, HOME)
            await identity.caller(signed.access_token)
            head, claims, mark = signed.access_token.split(".")
            forged = jwt.utils.base64url_encode(b'{"alg":"EdDSA","kid":"invented","typ":"at+jwt"}').decode()
            before = place.postgres.log().count("FROM signing_keys")
            began = time.monotonic()
            for _ in range(300):
                with pytest.raises(TokenRefusedError):
                    await identity.caller(f"{forged}.{claims}.{mark}")
            allowed = 2 + int(time.monotonic() - began)
            assert place.postgres.log().count("FROM signing_keys") - before <= 2 * allowed
            assert head

    run(story())
