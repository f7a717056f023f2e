"""What the service does around its routes: health, live updates, parts that go away, migrations, its document."""

from __future__ import annotations

import json
import re
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from goldshop import openapi
from parts import ORIGIN, made, migrate
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from stackyard_kit.testing import wait_until

pytestmark = pytest.mark.real

WEB = Path(__file__).parents[2] / "web" / "src" / "api" / "openapi.json"


@contextmanager
def listen(shop, client=None):
    with connect(f"ws://127.0.0.1:{shop.api.running.port}/api/ws", origin=ORIGIN) as socket:
        token = (client or shop.clerk).headers["Authorization"].removeprefix("Bearer ")
        socket.send(json.dumps({"type": "auth", "token": token}))
        assert json.loads(socket.recv(5)) == {"type": "ready"}
        yield socket


def heard(socket, kind):
    """The next event of a kind; others come in between, from what else goes on."""
    while True:
        event = json.loads(socket.recv(5))
        if event["type"] == kind:
            return event


def test_health_answers_on_all_its_addresses(shop):
    """APP-01: /health and the four under /api/health."""
    for path in ("/health", "/api/health", "/api/health/readiness", "/api/health/liveness", "/api/health/startup"):
        assert shop.clerk.get(path).status_code == 200, path
    detailed = shop.clerk.get("/api/health/detailed").json()
    assert {"postgresql", "redis"} <= {check["name"] for check in detailed["checks"]}


def test_every_client_hears_of_a_sale(shop):
    """APP-10: stock changes before your eyes, for whoever watches."""
    variant = shop.variant("10")
    with listen(shop) as one, listen(shop, shop.manager) as other:
        sold = made(shop.clerk.post("/api/sales", json=shop.sale(variant, "3")))
        for socket in (one, other):
            stock, sale = heard(socket, "stock"), heard(socket, "sale")
            assert (stock["variant_id"], stock["warehouse_id"], stock["quantity"]) == (variant, shop.warehouse, "7")
            assert (sale["number"], sale["gross"], sale["status"]) == (sold["number"], "363.00", "completed")


def test_a_socket_without_a_good_token_is_closed_with_4401(shop):
    """APP-04: the first message signs in."""
    with connect(f"ws://127.0.0.1:{shop.api.running.port}/api/ws", origin=ORIGIN) as socket:
        socket.send('{"type": "auth", "token": "x.y.z"}')
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(5)
        assert closed.value.rcvd.code == 4401


def test_a_sale_is_written_for_others_to_hear_of_in_the_same_transaction(shop, postgres):
    """APP-11: the outbox has what was sold, and nothing of what was refused."""
    variant = shop.variant("1")
    sold = made(shop.clerk.post("/api/sales", json=shop.sale(variant)))
    assert shop.clerk.post("/api/sales", json=shop.sale(variant)).status_code == 409
    with postgres.connect() as owner:
        rows = owner.execute(
            "select payload ->> 'invoice' from outbox where kind = 'sale.completed' and payload ->> 'id' = %s",
            [sold["id"]],
        ).fetchall()
    assert rows == [(sold["invoice"]["number"],)]


def test_without_redis_it_still_sells_and_live_updates_still_come(shop, redis):
    """APP-08: the API degrades rather than dies when the cache is gone, and recovers by itself."""
    variant = shop.variant("10")
    redis.running.stop(9)
    try:
        with listen(shop) as socket:
            made(shop.clerk.post("/api/sales", json=shop.sale(variant)))
            assert heard(socket, "stock")["quantity"] == "9"
        began = time.monotonic()
        assert shop.clerk.get("/api/items").status_code == 200
        assert shop.level(variant) == "9"
        assert time.monotonic() - began < 4
        wait_until(lambda: shop.clerk.get("/api/health/readiness").json()["status"] == "degraded", "degraded", 5)
    finally:
        redis.running.start()
    wait_until(lambda: shop.clerk.get("/api/health/readiness").json()["status"] == "ok", "recovery", 10)
    made(shop.clerk.post("/api/sales", json=shop.sale(variant)))


def test_without_the_database_it_says_so_sells_nothing_by_halves_and_comes_back(shop, postgres):
    """APP-01, APP-06: readiness is 503, and so is every answer that needs the database, as a problem document."""
    variant = shop.variant("10")
    postgres.running.stop(2)
    try:
        wait_until(lambda: shop.clerk.get("/api/health/readiness").status_code == 503, "not ready", 5)
        assert shop.clerk.get("/api/health/liveness").status_code == 200
        answer = shop.clerk.post("/api/sales", json=shop.sale(variant))
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:problem:database-away")
        assert answer.headers["retry-after"]
    finally:
        postgres.running.start()
    wait_until(lambda: shop.clerk.get("/api/health/readiness").status_code == 200, "ready", 15)
    assert shop.level(variant) == "10"


def test_failures_are_problem_documents_that_name_the_place(shop):
    """APP-06: RFC 9457, with JSON pointers."""
    bad = {
        "warehouse_id": "x",
        "payment": "barter",
        "lines": [{"variant_id": shop.supplier, "quantity": "0"}],
        "tip": 1,
    }
    answer = shop.clerk.post("/api/sales", json=bad)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/warehouse_id", "/payment", "/lines/0/quantity", "/tip"}
    assert shop.clerk.get("/api/nothing").json()["status"] == 404


def test_migrations_go_back_and_forth_and_production_gets_no_samples(postgres):
    """DB-08: migrations are reversible."""
    postgres.create("roundtrip")
    url = postgres.url(database="roundtrip")
    done = migrate(url, "head", "base", "head", "head", environment="production")
    assert done.returncode == 0, done.stdout + done.stderr
    with postgres.connect("roundtrip") as owner:
        assert owner.execute("select (select count(*) from users), (select count(*) from accounts)").fetchone() == (
            0,
            22,
        )
    assert migrate(url, "base", environment="production").returncode == 0
    with postgres.connect("roundtrip") as owner:
        left = owner.execute(
            "select relname from pg_class c join pg_namespace n on n.oid = relnamespace"
            " where n.nspname in ('public', 'audit') and relkind in ('r', 'p', 'S') and relname <> 'alembic_version'"
        ).fetchall()
    assert left == []


def test_partitions_are_made_ahead_and_no_row_is_astray(postgres):
    """DB-07: by month, for stock movements and the trail of changes."""
    with postgres.connect() as owner:
        for table in ("movements", "audit.changes"):
            ahead = "select count(*) from pg_inherits where inhparent = %s::regclass"
            assert owner.execute(ahead, [table]).fetchone()[0] >= 5
        assert owner.execute("select count(*) from movements_default").fetchone() == (0,)


@pytest.mark.filterwarnings("ignore:Did not recognize type")
def test_the_schema_and_the_tables_in_the_code_are_the_same(postgres):
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext
    from goldshop.tables import Table
    from sqlalchemy import create_engine

    engine = create_engine("postgresql+psycopg://", creator=postgres.connect)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Table.metadata)
    engine.dispose()
    # Partitions, the job queue's own tables, and the column that only triggers know.
    other = re.compile(r"movements_(y\d|default)|procrastinate_|'made_in'")
    assert [one for one in found if not other.search(str(one))] == []


def test_the_document_for_the_front_end_is_current(shop):
    """APP-06: the typed client is generated from this file; `python -m goldshop.openapi` writes it."""
    assert json.loads(WEB.read_text(encoding="utf-8")) == json.loads(openapi.text())
    assert shop.clerk.get("/api/openapi.json").json()["paths"].keys() == openapi.document()["paths"].keys()
