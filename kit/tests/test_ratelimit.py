import asyncio
import contextlib

import httpx
import pytest
from fastapi import Depends, FastAPI

from stackyard_kit import problems
from stackyard_kit.metrics import Metrics
from stackyard_kit.ratelimit import RateLimiter, Rule, limited
from stackyard_kit.redis_link import RedisLink
from stackyard_kit.settings import Secret
from stackyard_kit.testing import free_port, metric

LOGIN = Rule.of("login", "3/minute")


@contextlib.asynccontextmanager
async def limiter(url, prefix="shop"):
    link, metrics = RedisLink(Secret(url)), Metrics()
    try:
        yield RateLimiter(link, metrics, prefix=prefix), metrics
    finally:
        await link.close()


def test_a_rule_is_read_from_a_text():
    assert Rule.of("api", "100 per 15 minutes") == Rule("api", 100, 900)
    with pytest.raises(ValueError, match="couldn't parse"):
        Rule.of("api", "often")


@pytest.mark.real
def test_processes_count_together_and_callers_apart(redis):
    """CACHE-01: rate-limit counters are in Redis."""

    async def story():
        async with limiter(redis.url, "together") as (one, _), limiter(redis.url, "together") as (other, _):
            first = [(await process.hit(LOGIN, "10.0.0.1")).is_allowed for process in (one, other, one, other)]
            assert first == [True, True, True, False]
            assert (await one.hit(LOGIN, "10.0.0.2")).remaining == 2

    asyncio.run(story())


@pytest.mark.real
def test_after_the_wait_that_was_told_a_request_passes(redis):
    async def story():
        rule = Rule("quick", 2, 1)
        async with limiter(redis.url, "wait") as (one, _):
            for _ in range(2):
                assert (await one.hit(rule, "me")).is_allowed
            refused = await one.hit(rule, "me")
            assert not refused.is_allowed
            await asyncio.sleep(refused.wait)
            assert (await one.hit(rule, "me")).is_allowed

    asyncio.run(story())


def ask(url, times):
    """The answers of a small application with one limited route."""

    async def story():
        app = FastAPI()
        problems.install(app)
        async with limiter(url, "routes") as (one, metrics):

            @app.get("/login", dependencies=[Depends(limited(LOGIN, lambda request: one))])
            async def log_in() -> str:
                return "welcome"

            transport = httpx.ASGITransport(app)  # the client's address is 127.0.0.1
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return [await client.get("/login") for _ in range(times)], metrics.text()

    return asyncio.run(story())


@pytest.mark.real
def test_a_refusal_is_a_problem_document_that_says_when_to_come_back(redis):
    """APP-06: RFC 9457, with Retry-After and the RateLimit fields."""
    answers, text = ask(redis.url, 4)
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == '"login";q=3;w=60'
    assert answers[0].headers["ratelimit"].startswith('"login";r=2;t=')
    refused = answers[3]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "urn:problem:too-many-requests"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit"] == f'"login";r=0;t={refused.headers["retry-after"]}'
    labels = {"rule": "login", "count": "shared"}
    assert metric(text, "rate_limit_decisions_total", result="refused", **labels) == 1


def test_without_redis_each_process_counts_for_itself():
    """APP-08: the limit holds, and nothing fails, when Redis is gone."""
    answers, text = ask(f"redis://127.0.0.1:{free_port()}/0", 5)
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert metric(text, "rate_limit_decisions_total", rule="login", result="allowed", count="process") == 3
