"""What the service does around its routes: health, figures, logs, live updates, and parts that go away."""

import asyncio
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from inventr.tables import identity
from parts import JWT_SECRET, ORIGIN, migrate, start_api
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from stackyard_kit.database import Database
from stackyard_kit.keystore import SigningKeys
from stackyard_kit.settings import Secret
from stackyard_kit.testing import wait_until
from stackyard_kit.tokens import AccessTokens

pytestmark = pytest.mark.real


@contextmanager
def listen(api, client):
    with connect(f"ws://127.0.0.1:{api.running.port}/api/ws", origin=ORIGIN) as socket:
        token = client.headers["Authorization"].removeprefix("Bearer ")
        socket.send(json.dumps({"type": "auth", "token": token}))
        assert json.loads(socket.recv(5)) == {"type": "ready"}
        yield socket


def sell(client, product, quantity=1):
    body = {"lines": [{"product_id": product["id"], "quantity": quantity}]}
    answer = client.post("/api/orders", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_health_answers_on_all_its_addresses(api):
    """APP-01: /health and the four under /api/health."""
    with api.client() as client:
        for path in ("/health", "/api/health", "/api/health/readiness", "/api/health/liveness", "/api/health/startup"):
            assert client.get(path).status_code == 200, path
        detailed = client.get("/api/health/detailed").json()
    assert {check["name"]: check["status"] for check in detailed["checks"]} == {"postgresql": "ok", "redis": "ok"}


def test_figures_tell_of_requests_pool_cache_process_and_business(api, clerk, product):
    """APP-02: what Prometheus reads."""
    for _ in range(2):
        clerk.get("/api/products", params={"search": product["sku"]})
    text = clerk.get("/metrics").text
    for wanted in (
        'http_requests_total{method="GET",route="/api/products",status="200"}',
        'http_request_duration_seconds_bucket{le="0.005",method="GET",route="/api/products"}',
        "db_pool_connections_in_use",
        'cache_reads_total{result="hit"}',
        'cache_reads_total{result="miss"}',
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        'inventr_orders{status="placed"}',
        "inventr_revenue_eur",
        'inventr_stock_units{category="Kitchen"}',
        "inventr_products_low_stock",
    ):
        assert wanted in text, wanted
    assert product["id"] not in text


def test_the_correlation_id_goes_from_the_header_to_the_answer_the_log_and_the_database(api, clerk, postgres):
    """APP-03: one id from the edge to the database comment."""
    answer = clerk.get("/api/categories", headers={"X-Request-ID": "edge-7f3a-0001"})
    assert answer.headers["x-request-id"] == "edge-7f3a-0001"
    wait_until(lambda: logged(api, "edge-7f3a-0001", "/api/categories"), "the line in the service's log", 5)
    comment = "/* correlation_id='edge-7f3a-0001' */ SELECT DISTINCT products.category"
    wait_until(lambda: comment in postgres.running.log.read_text(), "the statement in PostgreSQL's log", 5)


def logged(api, identifier, path):
    return any(entry.get("correlation_id") == identifier and entry.get("path") == path for entry in api.log())


def test_a_statement_that_waits_shows_whose_request_it_is(clerk, postgres, product):
    """APP-03: pg_stat_activity tells which request holds or waits for a lock."""
    waiting = "select query from pg_stat_activity where application_name = 'inventr' and wait_event_type = 'Lock'"
    body = {"lines": [{"product_id": product["id"], "quantity": 1}]}
    with postgres.connect() as owner, postgres.connect() as holder, ThreadPoolExecutor() as threads:
        with holder.transaction():
            holder.execute("select 1 from products where id = %s for update", [product["id"]])
            placed = threads.submit(clerk.post, "/api/orders", json=body, headers={"X-Request-ID": "edge-wait-0002"})
            wait_until(lambda: owner.execute(waiting).fetchall(), "the order's wait for the product", 10)
            ((query,),) = owner.execute(waiting).fetchall()
        assert query.startswith("/* correlation_id='edge-wait-0002' */ SELECT products.id")
        assert placed.result(10).status_code == 201


def test_a_hostile_correlation_id_is_replaced(clerk):
    """APP-03: what stands in a comment cannot end it."""
    answer = clerk.get("/api/categories", headers={"X-Request-ID": "*/ drop table users; /*"})
    assert answer.status_code == 200
    assert len(answer.headers["x-request-id"]) == 32


def test_every_client_hears_of_a_sale(api, clerk, product):
    """APP-10: stock changes before your eyes."""
    with listen(api, clerk) as one, listen(api, clerk) as other:
        placed = sell(clerk, product, 3)
        for socket in (one, other):
            stock, order = json.loads(socket.recv(5)), json.loads(socket.recv(5))
            assert (stock["type"], stock["product_id"], stock["stock"]) == ("stock", product["id"], 7)
            assert (order["type"], order["number"], order["total"]) == ("order", placed["number"], "7.50")


def test_clients_of_another_process_hear_of_it_too(api, clerk, product, postgres, redis, folder):
    """CACHE-01: real-time fan-out through Redis."""
    second = start_api(postgres, redis, folder / "second.log")
    try:
        with listen(second, clerk) as socket:
            wait_until(lambda: redis_subscribers(api, redis) >= 2, "the second subscription", 10)
            sell(clerk, product)
            assert json.loads(socket.recv(5))["stock"] == 9
    finally:
        second.running.stop()


def redis_subscribers(api, redis):
    import redis as client

    with client.Redis.from_url(redis.url) as asking:
        return asking.pubsub_numsub("inventr:live")[0][1]


def test_a_socket_without_a_good_token_is_closed_with_4401(api):
    for first in ('{"type": "auth", "token": "x.y.z"}', '{"type": "hello"}', "[]", "{"):
        with connect(f"ws://127.0.0.1:{api.running.port}/api/ws", origin=ORIGIN) as socket:
            socket.send(first)
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(5)
            assert closed.value.rcvd.code == 4401


def test_a_socket_is_closed_with_4408_when_its_token_expires(api, clerk, postgres):
    token = asyncio.run(short_token(postgres))
    with connect(f"ws://127.0.0.1:{api.running.port}/api/ws", origin=ORIGIN) as socket:
        socket.send(json.dumps({"type": "auth", "token": token}))
        assert json.loads(socket.recv(5)) == {"type": "ready"}
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(5)
        assert closed.value.rcvd.code == 4408


async def short_token(postgres):
    """A token for two seconds, signed with the service's own key."""
    database = Database(Secret(postgres.url(database="inventr")), application="test", limit=1)
    keys = SigningKeys(database, identity.keys, Secret(JWT_SECRET))
    await keys.ensure()
    tokens = AccessTokens(keys, "inventr", issuer=ORIGIN, lifetime=timedelta(seconds=2))
    await database.close()
    return tokens.issue(id=str(uuid4()), name="Cleo", role="clerk", session=str(uuid4()))


def test_a_socket_is_closed_with_4401_when_its_session_ends(api):
    """APP-04: revocation reaches sockets that are open."""
    with api.client("clerk@inventr.example") as client, listen(api, client) as socket:
        assert client.post("/api/auth/logout-everywhere").status_code == 204
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(8)
        assert closed.value.rcvd.code == 4401


def test_a_page_of_another_origin_opens_no_socket(api):
    address = f"ws://127.0.0.1:{api.running.port}/api/ws"
    with pytest.raises(InvalidStatus) as refused, connect(address, origin="https://evil.example"):
        pass
    assert refused.value.response.status_code == 403


def test_without_redis_the_api_answers_and_live_updates_still_come(api, clerk, product, redis):
    """APP-08: the API degrades rather than dies when the cache is gone, and recovers by itself."""
    redis.running.stop(9)
    try:
        with listen(api, clerk) as socket:
            sell(clerk, product)
            assert json.loads(socket.recv(5))["stock"] == 9
        started = time.monotonic()
        found = clerk.get("/api/products", params={"search": product["sku"]}).json()["items"]
        assert found[0]["stock"] == 9
        assert time.monotonic() - started < 3
        wait_until(lambda: clerk.get("/api/health/readiness").json()["status"] == "degraded", "degraded", 5)
        assert clerk.get("/api/health/readiness").status_code == 200
    finally:
        redis.running.start()
    wait_until(lambda: clerk.get("/api/health/readiness").json()["status"] == "ok", "recovery", 10)
    sell(clerk, product)
    assert clerk.get("/api/products", params={"search": product["sku"]}).json()["items"][0]["stock"] == 8


def test_without_the_database_it_is_not_ready_and_says_so_until_it_is_back(api, clerk, postgres):
    """APP-01: readiness is 503 when the database is away. APP-06: so says a problem document."""
    postgres.running.stop(2)
    try:
        wait_until(lambda: clerk.get("/api/health/readiness").status_code == 503, "not ready", 5)
        assert clerk.get("/api/health/liveness").status_code == 200
        answer = clerk.get("/api/categories")
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:problem:database-away")
        assert answer.headers["retry-after"]
        assert clerk.get("/metrics").status_code == 200
    finally:
        postgres.running.start()
    wait_until(lambda: clerk.get("/api/health/readiness").status_code == 200, "ready", 15)
    assert clerk.get("/api/categories").status_code == 200


def test_a_term_signal_closes_sockets_with_1012_and_ends_the_process(api, clerk, postgres, redis, folder):
    started = start_api(postgres, redis, folder / "short.log")
    process = started.running.process
    try:
        with listen(started, clerk) as socket:
            began = time.monotonic()
            process.terminate()
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(5)
            assert closed.value.rcvd.code == 1012
            process.wait(5)
            assert time.monotonic() - began < 4
    finally:
        process.kill()
        process.wait(5)
    assert all(entry["level"] == "info" for entry in started.log())


def test_an_incomplete_environment_ends_the_start_with_one_line():
    command = [sys.executable, "-m", "uvicorn", "inventr.app:create_app", "--factory"]
    done = subprocess.run(command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("inventr: The environment is not complete: DATABASE_URL is not set")
    assert "Traceback" not in done.stderr


def test_migrations_go_back_and_forth_and_samples_come_once(postgres):
    """DB-08: migrations are reversible."""
    postgres.create("roundtrip")
    url = postgres.url(database="roundtrip")
    for arguments in ((), ("base",), (), ()):
        done = migrate(url, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    with postgres.connect("roundtrip") as owner:
        counts = owner.execute("select (select count(*) from products), (select count(*) from users)").fetchone()
        span = owner.execute("select count(distinct created_at::date) from orders").fetchone()
    assert counts == (60, 2)
    assert span[0] >= 20


def test_production_gets_no_samples(postgres):
    postgres.create("bare")
    assert migrate(postgres.url(database="bare"), environment="production").returncode == 0
    with postgres.connect("bare") as owner:
        assert owner.execute("select count(*) from users").fetchone() == (0,)


def test_a_migration_without_its_database_says_so(postgres):
    done = migrate(postgres.url(database="absent"))
    assert done.returncode == 1
    assert json.loads(done.stdout.splitlines()[-1])["event"] == "the database does not answer"
    assert "Traceback" not in done.stdout + done.stderr


def test_the_schema_and_the_tables_in_the_code_are_the_same(postgres):
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext
    from inventr.tables import Table
    from sqlalchemy import create_engine

    engine = create_engine("postgresql+psycopg://", creator=postgres.connect)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []
    engine.dispose()
