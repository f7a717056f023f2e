"""Harm to the services: they run, and do not do what was promised."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.e2e.conftest import eventually
from tests.verify.ground import Ground, Sabotage


def _spoil(what: str) -> Callable[[Ground], None]:
    """Run a spoiled API in the place of the real one."""

    def harm(ground: Ground) -> None:
        # Where the user of the parts may read it, whatever folder the tests are in.
        place = ground.checkout.folder.parent / "spoiled"
        place.mkdir(exist_ok=True)
        shutil.copy(Path(__file__).with_name("spoiled.py"), place)
        env = {**ground.definition("api-1").env, "PYTHONPATH": (str(place),), "SPOIL": (what,)}
        ground.redefine("api-1", argv=("uvicorn", "spoiled:create_app", "--factory"), env=env)
        _until(ground, 200)

    return harm


def _lose_the_database(ground: Ground) -> None:
    env = {**ground.definition("api-1").env, "DATABASE_URL": ("postgresql://nobody:nothing@127.0.0.1:1/none",)}
    ground.redefine("api-1", env=env)
    _until(ground, 503)


def _until(ground: Ground, status: int) -> None:
    """Wait until the API says that it is well, or that it is not."""
    address = f"http://127.0.0.1:{ground.view.port('api-1')}/api/health/readiness"
    eventually(lambda: _status(address) == status, 60)
    if status == 200:
        eventually(lambda: ground.checkout.status()["is_up"], 20)


def _status(address: str) -> int:
    try:
        return httpx.get(address, trust_env=False).status_code
    except httpx.HTTPError:
        return 0


def _release(ground: Ground) -> Path:
    return (ground.home / "sites/site/current").resolve()


def _make_heavy(ground: Ground) -> None:
    (_release(ground) / "page.js").write_text(f'"{secrets.token_hex(500_000)}"; navigator.serviceWorker\n')


def _empty_the_manifest(ground: Ground) -> None:
    (_release(ground) / "site.webmanifest").write_text("{}\n")


def _spoiled(name: str, what: str, *breaks: str) -> Sabotage:
    return Sabotage(name, frozenset({*breaks, "topology.as-described"}), _spoil(what))


SABOTAGES = (
    Sabotage(
        "a service cannot reach its database",
        frozenset({"topology.healthy", "services.health", "services.dependencies", "topology.as-described"}),
        _lose_the_database,
    ),
    _spoiled("a service forgets the id of a request", "ids", "services.correlation"),
    _spoiled("a service tells made-up figures", "figures", "services.figures"),
    _spoiled("a service is slow", "slow", "services.quick"),
    _spoiled("the document of an interface is broken", "document", "services.documented"),
    _spoiled("an error shows a stack trace", "errors", "services.errors", "edge.discreet"),
    _spoiled("a service takes any token", "doors", "services.tokens"),
    Sabotage(
        "the first page loads a megabyte",
        frozenset({"services.first-load", "topology.as-described"}),
        _make_heavy,
        system="everything",
    ),
    Sabotage(
        "the manifest of the front end is empty",
        frozenset({"services.installable", "topology.as-described"}),
        _empty_the_manifest,
        system="everything",
    ),
)
