"""Harm to the services: they run, and do not do what was promised."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import httpx

from tests.e2e.conftest import eventually
from tests.verify.sabotage import Ground, Sabotage


def _spoil(what: str) -> Callable[[Ground], None]:
    """Run a spoiled API in the place of the real one."""

    def harm(ground: Ground) -> None:
        ground.spoil(what)
        _until(ground, 200)

    return harm


def _lose_the_database(ground: Ground) -> None:
    ground.tell("api-1", "DATABASE_URL", "postgresql://nobody:nothing@127.0.0.1:1/none")
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


def _make_heavy(ground: Ground) -> None:
    ground.serve("page.js", f'"{secrets.token_hex(500_000)}"; navigator.serviceWorker\n')


def _empty_the_manifest(ground: Ground) -> None:
    ground.serve("site.webmanifest", "{}\n")


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
