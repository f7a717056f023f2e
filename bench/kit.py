"""What the layers of the kit cost: the same FastAPI application in them and bare, a process each, under the same load.

The token of the one is checked at each request; the other has none.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bench.checkout import REPOSITORY, free_ports
from bench.load import Load
from bench.measure import Measurement, Series, interleaved

PYTHON = Path(os.environ.get("KIT_PYTHON", REPOSITORY / ".venvs" / "inventr" / "bin" / "python"))
"""The interpreter that has the kit and uvicorn: `make test` makes it."""

_GROUP = "kit"
_BOUND = 0.85
_SECRET = "Jq4uT9xWb2LmZ7cRk5Vn8YpD3sGh6FaE"

_APPS = '''\
"""The same FastAPI application twice: bare, and in the layers of the kit."""
from contextlib import AsyncExitStack, asynccontextmanager
import os

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel


class Product(BaseModel):
    sku: str
    name: str
    price: str
    stock: int


class Page(BaseModel):
    items: list[Product]


ROWS = [Product(sku=f"T-{number}", name=f"Teapot {number}", price="12.50", stock=number) for number in range(50)]


def router(*dependencies):
    made = APIRouter(dependencies=list(dependencies))

    @made.get("/page")
    async def page() -> Page:
        return Page(items=ROWS)

    @made.get("/nothing")
    async def nothing() -> dict[str, str]:
        return {}

    return made


def bare():
    app = FastAPI()
    app.include_router(router())
    return app


def layered():
    from stackyard_kit.access import allow, install
    from stackyard_kit.application import create_fastapi, layered
    from stackyard_kit.keys import standing_keys
    from stackyard_kit.metrics import Metrics
    from stackyard_kit.service import create_app
    from stackyard_kit.settings import Settings
    from stackyard_kit.tokens import AccessTokens

    settings = Settings.from_environment(os.environ)
    tokens = AccessTokens(standing_keys(), "bench")
    with open("token", "w") as file:
        file.write(tokens.issue(id="7", name="Cleo", role="user"))

    async def who(token):
        return tokens.check(token)

    @asynccontextmanager
    async def load():
        app = create_fastapi(settings, title="bench", version="1", routers=[router(allow())])
        install(app, who)
        async with layered(app, Metrics(), AsyncExitStack()) as wrapped:
            yield wrapped

    async def close():
        return None

    return create_app(settings, load=load, checks=(), close=close)
'''


@dataclass(frozen=True)
class _Duel:
    """A request to both applications; `quiet` takes uvicorn's own access log from the bare one."""

    what: str
    path: str
    quiet: bool
    bound: float | None
    note: str


_DUELS = (
    _Duel(
        "a page of 50 rows in the kit's layers / bare FastAPI",
        "/page",
        False,
        _BOUND,
        "both write a line for each request, as uvicorn comes; the kit's says more and checks a token",
    ),
    _Duel(
        "the same / bare FastAPI that logs nothing",
        "/page",
        True,
        None,
        "",
    ),
    _Duel(
        "an empty answer in the kit's layers / bare FastAPI",
        "/nothing",
        False,
        None,
        "the costliest comparison: the application does nothing",
    ),
)


def measure(place: Path, rounds: int, seconds: float) -> list[Measurement]:
    """Throughput, in turn. Nothing where there is no interpreter with the kit."""
    if not PYTHON.exists():
        return []
    place.mkdir(parents=True, exist_ok=True)
    (place / "kit_apps.py").write_text(_APPS)
    ports = free_ports()
    ours, loud, quiet = next(ports), next(ports), next(ports)
    with (
        _serving("layered", ours, place),
        _serving("bare", loud, place),
        _serving("bare", quiet, place, "--no-access-log"),
    ):
        token = (place / "token").read_text()
        return [_duel(duel, ours, quiet if duel.quiet else loud, token, rounds, seconds) for duel in _DUELS]


def _duel(duel: _Duel, ours: int, peer: int, token: str, rounds: int, seconds: float) -> Measurement:
    own = Load(ours, "bench.localhost", seconds, path=duel.path, bearer=token, plain=True)
    other = Load(peer, "bench.localhost", seconds, path=duel.path, plain=True)
    for load in (own, other):
        load.rate()
    rates, others = interleaved(rounds, own.rate, other.rate)
    return Measurement(
        _GROUP,
        duel.what,
        "/s",
        Series("in the kit's layers", rates),
        Series("bare FastAPI", others),
        bound=duel.bound,
        better="higher",
        note=duel.note,
    )


@contextlib.contextmanager
def _serving(factory: str, port: int, place: Path, *words: str) -> Iterator[None]:
    argv = [str(PYTHON), "-m", "uvicorn", f"kit_apps:{factory}", "--factory"]
    argv += ["--port", str(port), *words]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(place),
        "DATABASE_URL": "postgresql://nobody:none@127.0.0.1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "JWT_SECRET": _SECRET,
    }
    with (place / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(argv, env=environment, stdout=log, stderr=log, cwd=place)
    try:
        _wait(process, port, place / f"{port}.log")
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError, HTTPException), contextlib.closing(HTTPConnection("127.0.0.1", port)) as link:
            link.request("GET", "/openapi.json")
            link.getresponse()
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the server on port {port} does not answer\n{log.read_text()[-2000:]}")
        time.sleep(0.05)
