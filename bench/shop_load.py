"""A hundred people who work in a shop: they look things up, search, sell, and think in between.

In a process of its own: `python -m bench.shop_load` with the orders on its standard input, the times on its output.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
import uuid
from dataclasses import asdict, dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class ShopLoad:
    """So many `users` for so many `seconds`, each with `thought` seconds between an answer and the next request."""

    port: int
    host: str
    users: int
    seconds: float
    thought: float
    email: str
    password: str


@dataclass
class _Shop:
    """What the users know of the shop."""

    items: list[str]
    variants: list[str]
    barcodes: list[str]
    warehouse: str


# What people do, and how often of a hundred times.
_MIX = (
    ("list of items", 22),
    ("one item", 14),
    ("search", 14),
    ("scan", 12),
    ("sale", 14),
    ("list of sales", 8),
    ("dashboard", 8),
    ("sales by day", 4),
    ("movements", 4),
)
_WORDS = ("solitaire", "wedding band", "saphire", "krugerand", "chain 45", "pearl", "signet", "diver", "18 ct rose")


async def run(load: ShopLoad) -> dict[str, list[float]]:
    """Milliseconds of every request, by what it was. Raises RuntimeError when one failed."""
    limits = httpx.Limits(max_connections=load.users, max_keepalive_connections=load.users)
    address = {"base_url": f"https://127.0.0.1:{load.port}", "headers": {"Host": f"{load.host}:{load.port}"}}
    async with httpx.AsyncClient(verify=False, timeout=30, limits=limits, **address) as client:  # type: ignore[arg-type]
        wanted = {"email": load.email, "password": load.password}
        signed_in = (await client.post("/api/auth/login", json=wanted)).raise_for_status()
        client.headers["Authorization"] = f"Bearer {signed_in.json()['access_token']}"
        shop = await _look_around(client)
        times: dict[str, list[float]] = {name: [] for name, _ in _MIX}
        until = time.perf_counter() + load.seconds
        users = (_user(client, shop, load, until, random.Random(number), times) for number in range(load.users))
        await asyncio.gather(*users)
    return times


async def _user(
    client: httpx.AsyncClient,
    shop: _Shop,
    load: ShopLoad,
    until: float,
    chance: random.Random,
    times: dict[str, list[float]],
) -> None:
    names, weights = zip(*_MIX, strict=True)
    await asyncio.sleep(chance.uniform(0, load.thought))
    while time.perf_counter() < until:
        (what,) = chance.choices(names, weights)
        begun = time.perf_counter()
        answer = await _do(client, shop, what, chance)
        times[what].append((time.perf_counter() - begun) * 1000)
        if answer.status_code not in (200, 201):
            raise RuntimeError(f"{what} was answered with {answer.status_code}: {answer.text[:300]}")
        await asyncio.sleep(chance.uniform(0.5, 1.5) * load.thought)


async def _do(client: httpx.AsyncClient, shop: _Shop, what: str, chance: random.Random) -> httpx.Response:
    if what == "sale":
        lines = [{"variant_id": one, "quantity": "1"} for one in chance.sample(shop.variants, chance.randint(1, 3))]
        body = {"warehouse_id": shop.warehouse, "payment": "card", "lines": lines}
        return await client.post(
            "/api/sales", json=body, headers={"Idempotency-Key": str(uuid.UUID(int=chance.getrandbits(128)))}
        )
    path, params = _read(shop, what, chance)
    return await client.get(path, params=params)


def _read(shop: _Shop, what: str, chance: random.Random) -> tuple[str, dict[str, Any]]:
    reads: dict[str, tuple[str, dict[str, Any]]] = {
        "list of items": ("/api/items", {"limit": 50, "q": chance.choice(("", "", *_WORDS[:2]))}),
        "one item": (f"/api/items/{chance.choice(shop.items)}", {}),
        "search": ("/api/search", {"q": chance.choice(_WORDS)}),
        "scan": ("/api/lookup", {"code": chance.choice(shop.barcodes)}),
        "list of sales": ("/api/sales", {"limit": 50}),
        "dashboard": ("/api/reports/dashboard", {}),
        "sales by day": ("/api/reports/sales", {"by": "day"}),
        "movements": ("/api/movements", {"limit": 50}),
    }
    return reads[what]


async def _look_around(client: httpx.AsyncClient) -> _Shop:
    page = (await client.get("/api/items", params={"limit": 200, "q": "service"})).raise_for_status().json()
    more = (await client.get("/api/items", params={"limit": 200, "sort": "newest"})).raise_for_status().json()
    items = [one["id"] for one in (*page["items"], *more["items"])]
    warehouses = (await client.get("/api/warehouses")).raise_for_status().json()["items"]
    warehouse = next(one["id"] for one in warehouses if one["code"] == "CITY")
    variants, barcodes = [], []
    for item in items[:120]:
        found = (await client.get(f"/api/items/{item}")).raise_for_status().json()
        for variant in found["variants"]:
            variants.append(variant["id"])
            barcodes += [barcode["code"] for barcode in variant["barcodes"]]
            if found["stocked"]:
                await _fill(client, variant["id"], warehouse)
    return _Shop(items, variants, barcodes, warehouse)


async def _fill(client: httpx.AsyncClient, variant: str, warehouse: str) -> None:
    """Enough of it for everybody: a sale that is refused is cheaper than one that is not."""
    more = {"variant_id": variant, "warehouse_id": warehouse, "quantity": "500", "reason": "opening", "unit_cost": "50"}
    (await client.post("/api/movements", json=more)).raise_for_status()


def orders(load: ShopLoad) -> str:
    """The load as this program reads it."""
    return json.dumps(asdict(load))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(run(ShopLoad(**json.loads(sys.stdin.read()))))))
