"""Several threads that want something done, in one go."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from stackyard.errors import PartError
from stackyard.targets.compose.starting import Together


def test_what_is_wanted_at_the_same_moment_is_done_in_one_go() -> None:
    runs: list[tuple[str, ...]] = []
    together = Together(runs.append)
    start = threading.Barrier(3)

    def submit(name: str) -> None:
        start.wait()
        together.submit(name)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(submit, ("db", "cache", "edge")))
    assert [sorted(run) for run in runs] == [["cache", "db", "edge"]]


def test_what_comes_while_one_runs_waits_for_the_next_and_never_runs_beside_it() -> None:
    runs: list[tuple[str, ...]] = []
    begun, go_on, active = threading.Event(), threading.Event(), threading.Semaphore(1)

    def run(names: tuple[str, ...]) -> None:
        assert active.acquire(blocking=False), "two at once"
        runs.append(names)
        begun.set()
        go_on.wait(5)
        active.release()

    together = Together(run)
    with ThreadPoolExecutor(3) as pool:
        pool.submit(together.submit, "db")
        assert begun.wait(5)
        later = [pool.submit(together.submit, name) for name in ("api", "worker")]
        while together._waiting is None or len(together._waiting.names) < 2:
            threading.Event().wait(0.001)
        go_on.set()
        for one in later:
            one.result(5)
    assert runs[0] == ("db",)
    assert sorted(runs[1]) == ["api", "worker"]
    assert len(runs) == 2


def test_a_failure_is_told_to_everybody_who_waited_for_it() -> None:
    def fail(names: tuple[str, ...]) -> None:
        raise PartError(names[0], "it cannot be started")

    together = Together(fail)
    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(together.submit, name) for name in ("db", "cache")]:
            with pytest.raises(PartError, match="cannot be started"):
                one.result(5)


def test_what_is_near_is_waited_for() -> None:
    runs: list[tuple[str, ...]] = []
    near = threading.Event()
    together = Together(runs.append, lambda: not near.is_set())
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(together.submit, "cache")
        while together._waiting is None:
            threading.Event().wait(0.001)
        second = pool.submit(together.submit, "db")
        while len(together._waiting.names) < 2:
            threading.Event().wait(0.001)
        near.set()
        first.result(5)
        second.result(5)
    assert runs == [("cache", "db")]
