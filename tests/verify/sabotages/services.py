"""Harm to the services: they run, and do not do what was promised."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import httpx

from stackyard.observe.seen import CannotSeeError
from tests.e2e.conftest import eventually
from tests.verify.sabotage import FIRST, PLANNED, Ground, Sabotage


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
    eventually(lambda: _status(ground) == status, 60)
    if status == 200:
        eventually(lambda: ground.checkout.status()["is_up"], 20)


def _status(ground: Ground) -> int:
    """What the API itself says, past the edge."""
    try:
        host, port = ground.view.place("api-1")
        return httpx.get(f"http://{host}:{port}/api/health/readiness", trust_env=False).status_code
    except (httpx.HTTPError, CannotSeeError):
        return 0


def _make_heavy(ground: Ground) -> None:
    ground.serve("page.js", f'"{secrets.token_hex(500_000)}"; navigator.serviceWorker\n')


def _empty_the_manifest(ground: Ground) -> None:
    ground.serve("site.webmanifest", "{}\n")


def _spoiled(name: str, what: str, *breaks: str) -> Sabotage:
    return Sabotage(
        name,
        frozenset({*breaks, PLANNED}),
        _spoil(what),
        on_compose=frozenset({*breaks, PLANNED, "containers.image", "containers.environment", "containers.read-only"}),
        turn=FIRST,
        place="api",
    )


SABOTAGES = (
    Sabotage(
        "a service cannot reach its database",
        frozenset({"topology.healthy", "services.health", "services.dependencies", PLANNED}),
        _lose_the_database,
        alone=True,
    ),
    _spoiled("a service forgets the id of a request", "ids", "services.correlation"),
    _spoiled("a service tells made-up figures", "figures", "services.figures"),
    _spoiled("a service is slow", "slow", "services.quick"),
    _spoiled("the document of an interface is broken", "document", "services.documented"),
    _spoiled("an error shows a stack trace", "errors", "services.errors", "edge.discreet"),
    _spoiled("a service takes any token", "doors", "services.tokens"),
    Sabotage(
        "the first page loads a megabyte",
        frozenset({"services.first-load", PLANNED}),
        _make_heavy,
        system="everything",
        on_compose=frozenset({"services.first-load", "containers.read-only", PLANNED}),
        turn=FIRST,
        place="site",
    ),
    Sabotage(
        "the manifest of the front end is empty",
        frozenset({"services.installable", PLANNED}),
        _empty_the_manifest,
        system="everything",
        on_compose=frozenset({"services.installable", "containers.read-only", PLANNED}),
        turn=FIRST,
        place="site",
    ),
)
