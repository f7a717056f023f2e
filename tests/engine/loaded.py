"""A system on an engine at work: writes through its edge and into its database, with a ledger of both kept outside."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import psycopg
from faults.ledger import Entry, Ledger, Row, differences

from tests.e2e.conftest import Checkout, eventually

_BEFORE = 0.6
"""Seconds between the moment that is gone back to and the mistake, with writes in between."""


@dataclass(frozen=True)
class Loaded:
    """A system with a database that somebody writes into, as its owner and at its port on this machine."""

    checkout: Checkout
    database: str

    def connect(self) -> psycopg.Connection[Any]:
        role = f"{self.database}_owner"
        secret = self.checkout.folder / ".stackyard/development/secrets" / f"db.{role}"
        return psycopg.connect(
            host="127.0.0.1",
            port=self.checkout.ports()["db"],
            user=role,
            password=secret.read_text().strip(),
            dbname=self.database,
            autocommit=True,
            connect_timeout=5,
        )

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with self.connect() as session:
            return session.execute(query.encode()).fetchall()

    def beside(self) -> list[Row]:
        """What was written into a table of our own."""
        return [(int(number), str(told)) for number, told in self.ask("SELECT n, told FROM ledger")]

    @contextmanager
    def direct(self) -> Iterator[Ledger]:
        """Writes without end into a table of our own, and those that were acknowledged."""
        with self.connect() as session:
            session.execute("CREATE TABLE IF NOT EXISTS ledger (n bigint PRIMARY KEY, told text NOT NULL)")
        with _kept(_Direct(self)) as written:
            yield written


@dataclass(frozen=True)
class Shop(Loaded):
    """One that has something to write: `table` is what `path` writes to, a row that has the text in `column`."""

    host: str
    email: str
    password: str
    path: str
    table: str
    column: str
    row: Callable[[int, str], dict[str, Any]]

    @contextmanager
    def web(self) -> Iterator[httpx.Client]:
        """The edge, for somebody who is signed in."""
        with self.checkout.client(self.host) as client:
            wanted = {"email": self.email, "password": self.password}
            answer = client.post("/api/auth/login", json=wanted)
            assert answer.status_code == 200, answer.text
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            yield client

    def rows(self) -> list[Row]:
        """What the edge has written, as the table has it."""
        found = self.ask(f"SELECT {self.column} FROM {self.table} WHERE {self.column} LIKE 'row %'")
        return [(int(str(told).split()[1].rstrip(",")), str(told)) for (told,) in found]


class _Direct(Ledger):
    """As fast as one writer can."""

    def __init__(self, system: Loaded) -> None:
        super().__init__(system.checkout)  # type: ignore[arg-type]
        self._system = system

    def _write(self, number: int, told: str) -> None:
        if self._connection is None or self._connection.closed:
            self._connection = self._system.connect()
        self._connection.execute("INSERT INTO ledger VALUES (%s, %s)", (number, told))


class _AtTheEdge(Ledger):
    """Writes as a user does, no faster than the edge lets one."""

    def __init__(self, shop: Shop, web: httpx.Client) -> None:
        super().__init__(shop.checkout)  # type: ignore[arg-type]
        self._shop, self._web = shop, web

    def _write(self, number: int, told: str) -> None:
        time.sleep(0.1)
        answer = self._web.post(self._shop.path, json=self._shop.row(number, told))
        assert answer.status_code == 201, answer.text


@dataclass(frozen=True)
class Written:
    """Both ledgers."""

    edge: Ledger
    direct: Ledger

    def goes_on(self) -> bool:
        return self.edge.goes_on(5) and self.direct.goes_on(50)


@contextmanager
def _kept(written: Ledger) -> Iterator[Ledger]:
    written.start()
    try:
        yield written
    finally:
        written.stop()


@contextmanager
def under_load(shop: Shop) -> Iterator[Written]:
    """Writes at the edge and into the database, without end."""
    with shop.web() as web, shop.direct() as direct, _kept(_AtTheEdge(shop, web)) as edge:
        yield Written(edge, direct)


SHOPS: Mapping[str, tuple[str, ...]] = {
    "inventr": ("manager@inventr.example", "counter-demo-26", "/api/products", "products", "name"),
    "goldshop": ("manager@goldshop.example", "vitrine-demo-26", "/api/partners", "partners", "name"),
}
"""Who writes what where, by system."""


def _row(path: str, number: int, told: str) -> dict[str, Any]:
    if path == "/api/partners":
        return {"kind": "customer", "name": told}
    return {"sku": f"ROW-{number}", "name": told, "category": "Rows", "price": "1.00", "stock": 1}


def lose_a_table_and_have_it_back(checkout: Checkout, name: str) -> None:
    """BAK-03, BAK-04, BAK-05: a drill measures under load, and a dropped table is again what it was a second before.

    Row by row: all that was acknowledged before the moment, and nothing of what came after it.
    """
    system = f"verify_{name}"
    email, password, path, table, column = SHOPS[name]
    shop = Shop(checkout, system, name, email, password, path, table, column, partial(_row, path))
    told(checkout, "backup", "create")
    with under_load(shop) as written:
        assert written.goes_on()
        report = told(checkout, "drill")
        assert report["kept"], report["findings"]
        assert 0 < report["rto"] <= report["rto_promised"]
        assert 0 <= report["rpo"] <= report["rpo_promised"]
        steps = {one["name"]: one for one in report["steps"]}
        assert steps["readiness of api"]["evidence"] == "GET /api/health/readiness is answered"
        assert written.goes_on(), "nobody could write after the drill"
        point = time.time()
        time.sleep(_BEFORE)
        assert written.goes_on()
        with shop.connect() as session:
            session.execute(f"DROP TABLE {table} CASCADE".encode())
        assert written.direct.goes_on(50), "what does not need the table goes on"
        missed = written.edge.acknowledged
        assert not written.edge.goes_on(1, limit=1.0), f"{missed} rows were acknowledged, and no table is there"
    done = told(checkout, "restore", "--to", datetime.fromtimestamp(point, UTC).isoformat(), "--yes")
    assert done["last_commit"]["db"]
    assert compared(written.edge.entries(), shop.rows(), point) == []
    assert compared(written.direct.entries(), shop.beside(), point) == []
    eventually(lambda: checkout.status()["is_up"], 60)
    with shop.web() as web:
        answer = web.post(path, json=_row(path, 10**6, "row 1000000, after it all"))
        assert answer.status_code == 201, answer.text


def told(checkout: Checkout, *words: str) -> Any:
    """What a command answers as JSON."""
    done = checkout.stackyard(*words, "--json", timeout=600)
    assert done.code == 0, f"{words}: {done.out[-3000:]}\n{done.error}"
    return json.loads(done.out)


def compared(entries: tuple[Entry, ...], rows: list[Row], point: float) -> list[str]:
    """What is not as the ledger has it; there must have been writes on both sides of the moment."""
    assert [one for one in entries if one.answered and one.answered <= point]
    assert [one for one in entries if one.answered and one.asked > point]
    return differences(entries, rows, point)
