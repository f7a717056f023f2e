"""Goldshop under the load of a shop, and how its pages grow with its business.

A hundred people work through the edge; rate limits are out of the way, for all of them come from one address. The same
pages are read, without the edge, at ten thousand movements, at ten times and at a hundred times as many.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg

from bench.checkout import LEFT_OUT, REPOSITORY, Checkout, running
from bench.measure import Measurement, Series
from bench.peer import programs
from bench.shop_load import ShopLoad, orders
from stackyard.operate.session import Session
from stackyard.spec.load import load
from stackyard.targets.native import service_programs
from stackyard.targets.native.effects import plain

SIZES = (10_000, 100_000, 1_000_000)
"""Movements at which pages are read."""

_GROUP = "goldshop"
_HOST = "goldshop.localhost"
_USERS = 100
_THOUGHT = 3.0
_P95, _P99, _DATABASE = 200.0, 100.0, 100.0
_USUAL = 40_000
"""Movements of the sample as it comes; people work with as many."""

_STACK = """\
system: goldshop
services:
  api:
    build: ./api
    command: uvicorn goldshop.app:create_app --factory
    port: 8000
    health: /api/health/readiness
    needs: [db, cache, files]
    migrate: python -m goldshop.migrate
    secrets: [jwt_secret]
    environment: {SAMPLE_SALES: "800"}
resources:
  db: {postgres: 16, extensions: [ltree, pg_trgm, pgcrypto, uuid-ossp, pg_stat_statements]}
  cache: {redis: ">=7"}
  files: {objects: {}}
edge:
  host: goldshop.localhost
  routes: {/api: api}
  limits: {/: {rate: 1000000/s, burst: 100000}, /api: {rate: 1000000/s, burst: 100000}, connections: 10000}
secrets: {jwt_secret: {}}
"""

_PAGES = '''\
"""Milliseconds of every page, read from the database as the API reads it; medians of many."""
import asyncio, json, os, statistics, time
from datetime import UTC, datetime, timedelta

from goldshop import best_sellers, catalogue, ledger, movements, purchases, reports, search, sold, statements
from stackyard_kit.database import Database
from stackyard_kit.settings import Secret

TODAY = datetime.now(UTC).date()
MONTH, YEAR = TODAY - timedelta(days=29), TODAY - timedelta(days=364)
PAGES = {
    "list of items": lambda s: catalogue.page(s, catalogue.Wanted()),
    "list of sales": lambda s: sold.page(s, sold.Wanted()),
    "list of purchases": lambda s: purchases.page(s, None, "", 50),
    "list of movements": lambda s: movements.page(s, movements.Wanted()),
    "list of transactions": lambda s: ledger.page(s, ledger.Wanted()),
    "search, misspelt": lambda s: search.search(s, "saphire ring", 20),
    "search by number": lambda s: search.search(s, "S-700", 20),
    "dashboard": lambda s: reports.dashboard(s, datetime.now(UTC)),
    "sales of a year by month": lambda s: reports.sales(s, YEAR, TODAY, "month"),
    "best sellers of 30 days": lambda s: best_sellers.top(s, MONTH, TODAY, "item", 10),
    "best sellers of a year": lambda s: best_sellers.top(s, YEAR, TODAY, "item", 10),
    "value of the stock": reports.stock_values,
    "trial balance": lambda s: statements.trial_balance(s, TODAY),
    "profit and loss of a year": lambda s: statements.profit_and_loss(s, YEAR, TODAY),
}


async def main():
    database = Database(Secret(os.environ["DATABASE_URL"]), application="bench", limit=1)
    told = {}
    for name, page in PAGES.items():
        times = []
        for _ in range(23):
            begun = time.perf_counter()
            async with database.transaction() as session:
                await page(session)
            times.append((time.perf_counter() - begun) * 1000)
        told[name] = times[3:]
    await database.close()
    print(json.dumps(told))


asyncio.run(main())
'''


def measure(place: Path, rounds: int, seconds: float) -> list[Measurement]:
    """Latencies of a hundred people at work, and the growth of every page."""
    checkout = copy(place)
    with running(checkout):
        variables = environment(checkout)
        python = interpreter(checkout, variables)
        pages = [_pages(python, variables)]
        grow(python, variables, _USUAL)
        people = _people(checkout, variables, rounds, seconds)
        for size in SIZES[1:]:
            grow(python, variables, size)
            pages.append(_pages(python, variables))
    return [*people, *_growth(pages)]


def copy(place: Path, more: str = "") -> Checkout:
    """Goldshop in a folder of its own, with what else is to stand in its stack file."""
    shutil.copytree(REPOSITORY / "kit", place / "kit", ignore=LEFT_OUT)
    folder = place / "systems" / "goldshop"
    shutil.copytree(REPOSITORY / "systems" / "goldshop" / "api", folder / "api", ignore=LEFT_OUT)
    (folder / "stackyard.yaml").write_text(_STACK + more)
    checkout = Checkout(folder)
    checkout.choose_ports("edge.http", "edge.https", "edge.probe", "api-1", "db", "cache", "files")
    return checkout


def environment(checkout: Checkout) -> dict[str, str]:
    """What the migration is given: the packages, and the database as its owner."""
    target = Session(load(checkout.folder, "development", ()), "plan").target
    system, machine = target.system, target.machine
    given = service_programs.environment(system, system.service("api"), machine, migrating=True)
    return plain(given)


def interpreter(checkout: Checkout, variables: Mapping[str, str]) -> Path:
    """The Python that runs the API, and has its packages."""
    python = Path(next(one for one in programs(checkout) if one.id == "api-1").argv[0])
    if python.is_absolute():
        return python.with_name("python")
    found = shutil.which("python", path=variables["PATH"])
    assert found is not None
    return Path(found)


def grow(python: Path, variables: Mapping[str, str], movements: int) -> None:
    """Do business until there have been so many movements."""
    command = [str(python), "-m", "goldshop.sample", "--movements", str(movements)]
    subprocess.run(command, env=dict(variables), check=True, capture_output=True)


def _pages(python: Path, variables: Mapping[str, str]) -> dict[str, tuple[float, ...]]:
    done = subprocess.run([str(python), "-c", _PAGES], env=dict(variables), check=True, capture_output=True, text=True)
    return {name: tuple(times) for name, times in json.loads(done.stdout).items()}


def _people(checkout: Checkout, variables: Mapping[str, str], rounds: int, seconds: float) -> list[Measurement]:
    wanted = load_of(checkout, seconds)
    taken: list[dict[str, list[float]]] = []
    with psycopg.connect(variables["DATABASE_URL"], autocommit=True) as owner:
        one_round(wanted)
        before = _statements(owner)
        for _ in range(rounds):
            taken.append(one_round(wanted))
        calls, spent = (after - begun for after, begun in zip(_statements(owner), before, strict=True))
    everything = [sorted(time for times in one.values() for time in times) for one in taken]
    rate = statistics.median(len(one) for one in everything) / seconds
    note = f"{_USERS} users, each some {_THOUGHT:.0f} s from answer to next request: {rate:.0f} requests a second"
    return [
        _latency("95 of 100 answers within", everything, 0.95, _P95, note),
        _latency("99 of 100 answers within", everything, 0.99, _P99, ""),
        _latency(
            "99 of 100 sales within", [sorted(one["sale"]) for one in taken], 0.99, None, "stock, books and invoice"
        ),
        Measurement(
            _GROUP,
            "a statement in the database takes on average",
            "ms",
            Series("pg_stat_statements", (spent / calls,)),
            bound=_DATABASE,
            note=f"{calls:,.0f} statements",
        ),
    ]


def load_of(checkout: Checkout, seconds: float) -> ShopLoad:
    """A hundred people at work for so long."""
    person = ("manager@goldshop.example", "vitrine-demo-26")
    return ShopLoad(checkout.ports()["edge.https"], _HOST, _USERS, seconds, _THOUGHT, *person)


def one_round(wanted: ShopLoad) -> dict[str, list[float]]:
    """Milliseconds of every request by what it was. Raises RuntimeError when one failed."""
    argv = [sys.executable, "-m", "bench.shop_load"]
    done = subprocess.run(argv, input=orders(wanted), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the load did not go well\n{done.stderr[-2000:]}")
    told: dict[str, list[float]] = json.loads(done.stdout)
    return told


def _statements(owner: psycopg.Connection[tuple[object, ...]]) -> tuple[float, float]:
    query = (
        "select sum(calls)::float, sum(total_exec_time) from pg_stat_statements"
        " where dbid = (select oid from pg_database where datname = current_database())"
    )
    row = owner.execute(query).fetchone()
    assert row is not None
    return float(str(row[0])), float(str(row[1]))


def _latency(what: str, rounds: list[list[float]], part: float, bound: float | None, note: str) -> Measurement:
    samples = tuple(times[min(int(len(times) * part), len(times) - 1)] for times in rounds)
    return Measurement(_GROUP, what, "ms", Series("through the edge", samples), bound=bound, note=note)


def _growth(pages: list[dict[str, tuple[float, ...]]]) -> list[Measurement]:
    least, more, most = pages
    return [
        Measurement(
            _GROUP,
            f"{name}: {SIZES[2]:,} movements / {SIZES[0]:,}",
            "ms",
            Series(f"{SIZES[2]:,}", most[name]),
            Series(f"{SIZES[0]:,}", least[name]),
            note=f"{statistics.median(least[name]):.1f}, {statistics.median(more[name]):.1f} and"
            f" {statistics.median(most[name]):.1f} ms at {', '.join(f'{size:,}' for size in SIZES)}",
        )
        for name in least
    ]
