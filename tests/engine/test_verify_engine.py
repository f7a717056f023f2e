"""`stackyard verify` of systems on a real engine, with the very checks of the native target, and harm done to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from stackyard.targets.names import COMPOSE
from tests.e2e.conftest import ground as ground
from tests.engine.ground import ComposeGround, make
from tests.engine.loaded import lose_a_table_and_have_it_back
from tests.verify.parity import SYSTEMS, is_on_the_page
from tests.verify.sabotage import Sabotage, commit, is_kept, look, rounds
from tests.verify.sabotages import SABOTAGES, can_break

pytestmark = pytest.mark.engine

_SYSTEMS = [
    pytest.param(name, marks=pytest.mark.long if name == "backed-up" else ())
    for name in sorted({sabotage.system for sabotage in SABOTAGES})
]
_ALWAYS = frozenset({"a container with a right of root", "a process slips away"})
"""The rounds with these are done in every run; all of them take a quarter of an hour."""


def _each_round() -> list[ParameterSet]:
    made = []
    for number, several in enumerate(rounds(COMPOSE, SABOTAGES)):
        is_quick = any(one.name in _ALWAYS for one in several)
        name = f"{several[0].system} {number}: {', '.join(map(str, several))}"
        made.append(pytest.param(several, id=name, marks=() if is_quick else pytest.mark.long))
    return made


@pytest.fixture(scope="module")
def grounds(ground: Path) -> Iterator[Callable[[str], ComposeGround]]:
    """The running system of a name, brought up when it is first asked for."""
    made: dict[str, ComposeGround] = {}

    def of(name: str) -> ComposeGround:
        if name not in made:
            made[name] = make(name, ground / f"compose-{name}")
            made[name].bring_up()
        return made[name]

    yield of
    for one in made.values():
        one.take_down()


@pytest.mark.parametrize("system", _SYSTEMS)
def test_an_untouched_system_keeps_everything(grounds: Callable[[str], ComposeGround], system: str) -> None:
    """TGT-01, DOC-01: what the same file promises natively, and what containers are to be besides.

    The page that compares the targets says the same.
    """
    report = look(grounds(system))
    is_kept(report)
    can_break(report)
    if system in SYSTEMS:
        is_on_the_page(system, report)


@pytest.mark.parametrize("several", _each_round())
def test_sabotage_breaks_exactly_its_checks(
    grounds: Callable[[str], ComposeGround], several: tuple[Sabotage, ...]
) -> None:
    """All of a round is done, and each check that breaks belongs to one of it.

    What were left of it would break a check more in the next round, or in the last look.
    """
    commit(grounds(several[0].system), *several)


@pytest.mark.parametrize("system", _SYSTEMS)
def test_nothing_is_left_of_all_the_harm(grounds: Callable[[str], ComposeGround], system: str) -> None:
    is_kept(look(grounds(system)))


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_table_of_inventr_that_was_dropped_under_load_comes_back_to_the_second(
    grounds: Callable[[str], ComposeGround],
) -> None:
    """BAK-03, BAK-04, BAK-05: and a drill under load shows what a restore takes and loses."""
    lose_a_table_and_have_it_back(grounds("inventr").checkout, "inventr")
