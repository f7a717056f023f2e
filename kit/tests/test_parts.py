"""The testing module itself: parts that start, answer and go."""

import asyncio
import logging

import pytest

from stackyard_kit.testing import metric, started

pytestmark = pytest.mark.real


def test_the_app_role_may_write_and_not_change_the_schema(postgres):
    import psycopg

    postgres.create("parts", extensions=("pg_trgm", "uuid-ossp"))
    with postgres.connect("parts") as owner:
        owner.execute("create table notes (body text)")
    with psycopg.connect(postgres.app_url("parts"), autocommit=True) as app:
        app.execute("insert into notes values ('hello')")
        assert app.execute("select body from notes").fetchall() == [("hello",)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("create table mine (body text)")


def test_redis_wants_its_password(redis):
    import redis as client

    with client.Redis.from_url(redis.url) as signed_in:
        assert signed_in.ping()
    with client.Redis(port=redis.running.port) as stranger, pytest.raises(client.AuthenticationError):
        stranger.ping()


def test_a_figure_is_read_by_its_labels():
    text = 'hits_total{route="/a",status="200"} 3.0\nhits_total{route="/b",status="200"} 4.0\nup 1.0\n'
    assert metric(text, "hits_total", route="/b", status="200") == 4.0
    assert metric(text, "up") == 1.0
    assert metric(text, "hits_total", route="/c", status="200") == 0.0


def test_logs_are_captured_as_they_would_be_written(captured_logs):
    logging.getLogger("shop").info("order placed", extra={"fields": {"number": "1001"}})
    assert [entry["number"] for entry in captured_logs.find("order placed")] == ["1001"]


def test_a_clock_stands_still_until_it_is_moved(clock):
    before = clock.now()
    clock.move(90)
    assert (clock.now() - before).total_seconds() == clock.monotonic() == 90


def test_an_application_that_does_not_start_says_so():
    async def refuses(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no settings"})

    async def start():
        async with started(refuses):
            pass

    with pytest.raises(RuntimeError, match="no settings"):
        asyncio.run(start())
