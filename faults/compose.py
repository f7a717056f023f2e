"""The same on Docker Compose: containers that die, a command line that is killed at each step, replicas under load."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from tests.engine.conftest import why_no_engine

from faults.breakable import seconds_until
from faults.compose_commands import erased, killed
from faults.engine import AFTER, END_LIMIT, GROUP, SERVICES, OnCompose, docker, on_compose, recover, visited, written
from faults.load import UNSETTLED, Account, Load, load
from faults.result import Result, SkippedError
from faults.tally import Tally

__all__ = ["GROUP", "run"]

BOUND = 60.0
"""Seconds within which a container that died is ready again: the engine pauses longer after each death of a row."""
_WORDS = {
    "db": "PostgreSQL's container",
    "cache": "Redis's container",
    "photos": "the object store's container",
    "worker": "the worker's container",
    "api": "an API container, one of two",
    "edge": "the edge's container",
}


def run(ground: Path, quick: bool) -> Iterator[Result]:
    """Each container several times (once when it should be quick), commands at each of their steps, and replicas.

    Raises SkippedError without an engine.
    """
    if reason := why_no_engine():
        raise SkippedError(reason)
    with on_compose(ground) as checkout:
        yield from deaths(checkout, 1 if quick else 3)
        yield from stopped(checkout, ("api",) if quick else tuple(SERVICES))
        yield from replicas(checkout, 1 if quick else 4)
        for verb, points in (("up", 2 if quick else 8), ("down", 1 if quick else 4), ("clean", 1 if quick else 2)):
            yield from killed(checkout, verb, points)
        yield erased(checkout, 1 if quick else 3)


def deaths(checkout: OnCompose, rounds: int) -> Iterator[Result]:
    """The first process of each container gets a SIGKILL: the engine starts it again by itself."""
    must = f"ready again by itself and a write through the edge acknowledged within {BOUND:.0f} s; nothing twice"
    tallies = {name: Tally(GROUP, f"SIGKILL of {words}, from outside", must) for name, words in _WORDS.items()}
    with load(checkout) as writing:
        for _ in range(rounds):
            for name, tally in tallies.items():
                _die(checkout, name, tally, writing)
        account = writing.account()
    yield from (tally.result() for tally in tallies.values())
    yield _sum("all of these deaths together", sum(tally.tried for tally in tallies.values()), account)


def _die(checkout: OnCompose, name: str, tally: Tally, writing: Load) -> None:
    if seconds_until(checkout.is_well, 2 * BOUND) is None:
        tally.count(["not all was ready before this kill"])
        return
    written(writing)
    before = checkout.container(name)
    begun = time.monotonic()
    if name == "cache":
        writing.cache_dies()
    checkout.kill(name)

    def is_back() -> bool:
        now = next((one for one in checkout.containers() if one.id == before.id), None)
        return now is not None and now.pid not in (0, before.pid) and checkout.is_well()

    taken = seconds_until(is_back, BOUND)
    tally.count([] if taken is not None else _away(checkout), time.monotonic() - begun)


def stopped(checkout: OnCompose, names: tuple[str, ...]) -> Iterator[Result]:
    """`docker kill`: the engine takes it for somebody's wish, so it is for the next `up` to mend."""
    tally = Tally(GROUP, "`docker kill` of each container, which the engine does not start again", AFTER)
    with load(checkout) as writing:
        for name in names:
            if name == "cache":
                writing.cache_dies()
            docker("kill", checkout.container(name).id)
            begun = time.monotonic()
            tally.count(recover(checkout), time.monotonic() - begun)
        account = writing.account()
    yield tally.result(account)


def replicas(checkout: OnCompose, rounds: int) -> Iterator[Result]:
    """Three of the API, one of which dies under load."""
    growth = Tally(GROUP, "`scale api=3` under load", "no read fails; whatever ran is the same container as before")
    death = Tally(
        GROUP,
        "SIGKILL of one of three API containers under load",
        f"no read through the edge fails, and it is back by itself within {BOUND:.0f} s",
    )
    with load(checkout) as writing:
        before = {one.id: one.pid for one in checkout.containers()}
        with visited(checkout) as visitor:
            done = checkout.stackyard("scale", "api=3", timeout=END_LIMIT)
        reasons = [] if done.code == 0 else [f"`scale` ended with {done.code}: {done.error[:300]}"]
        now = {one.id: one.pid for one in checkout.containers()}
        reasons += [f"the container {one[:12]} was restarted" for one, pid in before.items() if now.get(one) != pid]
        growth.count([*reasons, *_unread(visitor.bad)])
        grown = f"{visitor.good:,} reads answered, {len(visitor.bad)} not; the slowest took {visitor.slowest:.2f} s"
        notes = [_replica_dies(checkout, death, writing) for _ in range(rounds)]
        checkout.stackyard("scale", "--reset", "api", timeout=END_LIMIT)
        seconds_until(checkout.is_well, BOUND)
        account = writing.account()
    yield growth.result(None, grown)
    yield death.result(account, *notes[:5])


def _replica_dies(checkout: OnCompose, tally: Tally, writing: Load) -> str:
    """One death; what readers and writers saw of it."""
    if seconds_until(checkout.is_well, 2 * BOUND) is None:
        tally.count(["not all was ready before this kill"])
        return ""
    written(writing)
    refused = writing.failed("api")
    with visited(checkout) as visitor:
        seconds_until(lambda: visitor.good >= 20, BOUND)
        killed = checkout.kill("api")

        def is_back() -> bool:
            return any(one.id == killed and one.is_ready and one.pid for one in checkout.containers())

        seconds_until(lambda: not is_back(), 5.0)
        taken = seconds_until(is_back, BOUND)
    late = [] if taken is not None else ["the replica did not come back by itself"]
    tally.count([*late, *_unread(visitor.bad)], taken)
    return (
        f"{visitor.good:,} reads answered, {len(visitor.bad)} not, the slowest took {visitor.slowest:.2f} s; "
        f"{writing.failed('api') - refused} writes through the edge were not acknowledged"
    )


def _unread(bad: list[str]) -> list[str]:
    return [f"{len(bad)} reads failed: {', '.join(sorted(set(bad)))}"] if bad else []


def _away(checkout: OnCompose) -> list[str]:
    """What is not ready, in the engine's words."""
    away = [f"{one.name} is {one.status} {one.health}" for one in checkout.containers() if not one.is_ready]
    return away or ["all is ready, but nothing answers"]


def _sum(fault: str, tried: int, account: Account) -> Result:
    must = f"every acknowledged write is there (but the last {UNSETTLED:.0f} s of Redis), none twice, every job done"
    held = tried if account.is_whole else 0
    return Result(GROUP, fault, must, tried, held, account.lost, notes=account.sentences())
