"""Sabotages that are done together can be told apart."""

from __future__ import annotations

from itertools import combinations

from stackyard.targets.names import COMPOSE
from tests.verify.sabotage import FIRST, LAST, PLANNED, Sabotage, on, rounds
from tests.verify.sabotages import SABOTAGES


def nothing(_ground: object) -> None: ...


def harm(name: str, *breaks: str, turn: int = 0, alone: bool = False, place: str = "") -> Sabotage:
    return Sabotage(name, frozenset({*breaks, PLANNED}), nothing, turn=turn, alone=alone, place=place)


def test_each_is_done_once() -> None:
    done = [one for several in rounds(COMPOSE, SABOTAGES) for one in several]
    assert sorted(map(str, done)) == sorted(map(str, on(COMPOSE, SABOTAGES)))


def test_no_two_of_a_round_break_the_same_check() -> None:
    for several in rounds(COMPOSE, SABOTAGES):
        for one, other in combinations(several, 2):
            assert one.breaks_on(COMPOSE) & other.breaks_on(COMPOSE) <= {PLANNED}, (one, other)
            assert one.system == other.system


def test_what_keeps_other_harm_from_showing_is_done_by_itself() -> None:
    found = rounds(COMPOSE, [harm("a", "x"), harm("b", "y", alone=True), harm("c", "z")])
    assert [[str(one) for one in several] for several in found] == [["a", "c"], ["b"]]


def test_one_place_is_harmed_once_a_round() -> None:
    found = rounds(COMPOSE, [harm("a", "x", place="site"), harm("b", "y", place="site")])
    assert [[str(one) for one in several] for several in found] == [["a"], ["b"]]


def test_what_makes_containers_anew_comes_first_and_what_others_would_undo_last() -> None:
    (found,) = rounds(COMPOSE, [harm("a", "x", turn=LAST), harm("b", "y"), harm("c", "z", turn=FIRST)])
    assert [str(one) for one in found] == ["c", "b", "a"]
