"""Idempotency keys over HTTP, on a real database."""

import asyncio
import json
from datetime import timedelta
from typing import Annotated

import httpx
import pytest
from fastapi import Body, FastAPI, Header
from fastapi.responses import Response
from ground import Ground, make_ground, run
from sqlalchemy import MetaData, text

from stackyard_kit import problems
from stackyard_kit.idempotency import (
    Answer,
    IdempotencyKey,
    Keyed,
    Once,
    answered,
    fingerprint,
    idempotency_table,
    required,
)
from stackyard_kit.problems import ProblemError

pytestmark = pytest.mark.real

TABLE = idempotency_table(MetaData())


@pytest.fixture(scope="module")
def prepared(postgres) -> Ground:
    ground = make_ground(postgres, ["create table orders (id int generated always as identity primary key, what text)"])
    ground.prepare(then=TABLE.create)
    return ground


@pytest.fixture
def ground(prepared) -> Ground:
    prepared.as_keeper("truncate orders, idempotency_keys")
    return prepared


class Shop:
    """A service with one route; `entered` is set while a request is at work, which goes on when `go_on` is."""

    def __init__(self, database, lifetime=timedelta(hours=1)):
        self.once = Once(TABLE, lifetime=lifetime)
        self.entered, self.go_on = asyncio.Event(), asyncio.Event()
        self.go_on.set()
        self.app = FastAPI()
        problems.install(self.app)

        @self.app.post("/orders")
        async def place(
            wanted: Annotated[dict[str, str], Body()],
            caller: Annotated[str, Header(alias="X-Caller")] = "ann",
            key: IdempotencyKey = None,
        ) -> Response:
            request = Keyed(key, caller, fingerprint("POST /orders", json.dumps(wanted, sort_keys=True)))

            async with database.transaction() as session:

                async def work():
                    query = text("insert into orders (what) values (:what) returning id")
                    number = await session.scalar(query, wanted)
                    self.entered.set()
                    await self.go_on.wait()
                    if wanted["what"] == "nothing left":
                        raise ProblemError(409, "Sold out.", kind="out-of-stock")
                    return Answer(201, json.dumps({"number": number}).encode())

                return answered(await self.once.run(session, request, work))

    def client(self):
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://shop")


def on(ground, story, **more):
    async def go():
        async with ground.database(10) as database:
            shop = Shop(database, **more)
            async with shop.client() as client:
                return await story(shop, client)

    return run(go())


def post(client, what, key=None, caller="ann"):
    headers = {"X-Caller": caller} | ({"Idempotency-Key": key} if key else {})
    return client.post("/orders", json={"what": what}, headers=headers)


def orders(ground):
    return ground.as_keeper("select count(*) from orders")[0][0]


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(ground):
    """The work is done once, and the repeated answer says that it is one."""

    async def story(_shop, client):
        return [await post(client, "lamp", "key-1") for _ in range(3)]

    first, *later = on(ground, story)
    assert (first.status_code, "Idempotent-Replayed" in first.headers) == (201, False)
    for answer in later:
        assert (answer.status_code, answer.json()) == (201, first.json())
        assert answer.headers["Idempotent-Replayed"] == "true"
        assert answer.headers["content-type"] == first.headers["content-type"]
    assert orders(ground) == 1


def test_a_key_belongs_to_one_request_of_one_caller(ground):
    """Another body under the key is refused; another caller has keys of his own; without a key nothing is kept."""

    async def story(_shop, client):
        wanted = [("lamp", "k", "ann"), ("desk", "k", "ann"), ("desk", "k", "ben"), ("lamp", None, "ann")]
        return [await post(client, *one) for one in wanted]

    answers = on(ground, story)
    assert [answer.status_code for answer in answers] == [201, 422, 201, 201]
    assert answers[1].json()["type"] == "urn:problem:idempotency-key-reused"
    assert ground.as_keeper("select scope from idempotency_keys order by 1") == [("ann",), ("ben",)]


def test_the_same_request_at_the_same_time_is_told_to_come_again(ground):
    """A duplicate gets 409 while the first is at work, without waiting for it, and its answer afterwards."""

    async def story(shop, client):
        shop.go_on.clear()
        first = asyncio.create_task(post(client, "lamp", "k"))
        await shop.entered.wait()
        busy = await asyncio.gather(*(post(client, "lamp", "k") for _ in range(4)))
        assert not first.done()
        shop.go_on.set()
        return await first, busy, await post(client, "lamp", "k")

    first, busy, after = on(ground, story)
    assert {answer.status_code for answer in busy} == {409}
    assert busy[0].json()["type"] == "urn:problem:idempotency-key-in-use"
    assert busy[0].headers["Retry-After"] == "1"
    assert (after.json(), after.headers["Idempotent-Replayed"]) == (first.json(), "true")
    assert orders(ground) == 1


def test_what_failed_leaves_neither_work_nor_key(ground):
    """The answer is kept in the transaction of the work, so one is not there without the other."""

    async def story(_shop, client):
        failed = await post(client, "nothing left", "k")
        return failed, await post(client, "lamp", "k")

    failed, after = on(ground, story)
    assert (failed.status_code, after.status_code) == (409, 201)
    assert orders(ground) == 1


def test_a_process_that_dies_at_work_leaves_nothing_half_done(ground):
    """The connection is lost before the commit: the key is free at once, and the work was not done."""

    async def story(shop, client):
        shop.go_on.clear()
        first = asyncio.create_task(post(client, "lamp", "k"))
        await shop.entered.wait()
        ground.as_keeper("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'test'")
        shop.go_on.set()
        broken = await first
        return broken, await post(client, "lamp", "k")

    broken, after = on(ground, story)
    assert broken.status_code in (500, 503)
    assert after.status_code == 201
    assert "Idempotent-Replayed" not in after.headers
    assert orders(ground) == 1


def test_an_answer_is_kept_for_its_lifetime_and_then_swept(ground):
    """A key that has run out is as good as a new one."""

    async def story(shop, client):
        await post(client, "lamp", "k")
        again = await post(client, "desk", "k")
        async with ground.database() as database, database.transaction() as session:
            return again, await shop.once.sweep(session)

    again, swept = on(ground, story, lifetime=timedelta(seconds=-1))
    assert (again.status_code, "Idempotent-Replayed" in again.headers) == (201, False)
    assert (orders(ground), swept) == (2, 1)


def test_a_key_has_to_be_printable_and_can_be_required(ground):
    """What cannot be a key is refused before anything is done."""

    async def story(_shop, client):
        return [await post(client, "lamp", key) for key in ("two words", "x" * 200)]

    assert [answer.status_code for answer in on(ground, story)] == [422, 422]
    assert orders(ground) == 0
    assert required("k") == "k"
    with pytest.raises(ProblemError, match="needs an Idempotency-Key"):
        required(None)
