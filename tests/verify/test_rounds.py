"""Sabotages that are done together can be told apart."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from stackyard.targets.names import COMPOSE, NATIVE
from tests.verify.sabotage import FIRST, LAST, PLANNED, Sabotage, on, rounds
from tests.verify.sabotages import SABOTAGES


def nothing(_ground: object) -> None: ...


def harm(name: str, *breaks: str, turn: int = 0, alone: bool = False, place: str = "") -> Sabotage:
    return Sabotage(name, frozenset({*breaks, PLANNED}), nothing, turn=turn, alone=alone, place=place)


@pytest.mark.parametrize("target", [NATIVE, COMPOSE])
def test_each_is_done_once(target: str) -> None:
    done = [one for several in rounds(target, SABOTAGES) for one in several]
    assert sorted(map(str, done)) == sorted(map(str, on(target, SABOTAGES)))


@pytest.mark.parametrize("target", [NATIVE, COMPOSE])
def test_no_two_of_a_round_break_the_same_check(target: str) -> None:
    for several in rounds(target, SABOTAGES):
        for one, other in combinations(several, 2):
            assert one.breaks_on(target) & other.breaks_on(target) <= {PLANNED}, (one, other)
            assert one.system == other.system


def test_natively_what_leaves_the_plan_empty_is_done_apart() -> None:
    for several in rounds(NATIVE, SABOTAGES):
        assert len({PLANNED in one.breaks for one in several}) == 1, several


def test_what_keeps_other_harm_from_showing_is_done_by_itself() -> None:
    found = rounds(COMPOSE, [harm("a", "x"), harm("b", "y", alone=True), harm("c", "z")])
    assert [[str(one) for one in several] for several in found] == [["a", "c"], ["b"]]


def test_one_place_is_harmed_once_a_round() -> None:
    found = rounds(COMPOSE, [harm("a", "x", place="site"), harm("b", "y", place="site")])
    assert [[str(one) for one in several] for several in found] == [["a"], ["b"]]


def test_a_place_may_be_another_natively() -> None:
    several = [harm("a", "x", place="site"), replace(harm("b", "y"), native_place="site")]
    assert [len(rounds(target, several)) for target in (COMPOSE, NATIVE)] == [1, 2]


def test_what_makes_containers_anew_comes_first_and_what_others_would_undo_last() -> None:
    (found,) = rounds(COMPOSE, [harm("a", "x", turn=LAST), harm("b", "y"), harm("c", "z", turn=FIRST)])
    assert [str(one) for one in found] == ["c", "b", "a"]
