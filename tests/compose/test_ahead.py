"""Containers made while others become ready: by whom, when, and what becomes of those that nobody took."""

from __future__ import annotations

import threading

import pytest

from stackyard.errors import PartError
from stackyard.targets.compose.ahead import Ahead, Ids, at_once


class Yard:
    """Notes what is made; `fails` are the names that cannot be."""

    def __init__(self, *fails: str) -> None:
        self.made: list[tuple[str, ...]] = []
        self._fails = fails

    def create(self, names: tuple[str, ...]) -> Ids:
        self.made.append(names)
        if set(names) & set(self._fails):
            raise PartError(names[0], "it cannot be made")
        return {name: (f"{name}-1", f"{name}-2") for name in names}


def test_what_can_be_made_is_made_once_and_taken_by_whoever_starts_it() -> None:
    yard, wanted = Yard(), ["api"]
    ahead = Ahead(lambda: wanted, yard.create, threading.Lock())
    ahead.begin()
    ahead.wait()
    wanted.append("edge")
    ahead.begin()
    ahead.wait()
    assert yard.made == [("api",), ("edge",)]
    assert ahead.take(["api", "db"]) == {"api": ("api-1", "api-2")}
    assert ahead.take(["api"]) == {}
    assert ahead.left() == ("edge-1", "edge-2")


def test_nothing_is_made_beside_another_start_nor_what_that_has_started() -> None:
    yard, turn = Yard(), threading.Lock()
    ahead = Ahead(lambda: ["api", "edge"], yard.create, turn)
    with turn:
        ahead.begin()
        assert ahead.take(["api"]) == {}, "whoever has the turn starts it in the usual way"
        assert yard.made == []
    ahead.wait()
    assert yard.made == [("edge",)]


def test_what_could_not_be_made_is_left_to_whoever_starts_it() -> None:
    yard = Yard("edge")
    ahead = Ahead(lambda: ["api", "edge"], yard.create, threading.Lock())
    ahead.begin()
    ahead.wait()
    ahead.begin()
    assert ahead.take(["api", "edge"]) == {}
    assert ahead.left() == ()
    assert yard.made == [("api", "edge")]


def test_containers_are_started_at_the_same_moment_and_a_failure_is_told() -> None:
    together = threading.Barrier(3, timeout=5)

    def start(container: str) -> None:
        together.wait()
        if container == "b":
            raise PartError("api", "it cannot be started")

    with pytest.raises(PartError, match="cannot be started"):
        at_once(start, ("a", "b", "c"))
