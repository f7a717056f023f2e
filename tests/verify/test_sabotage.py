"""Every sabotage, done to a living system: exactly its checks break, `up` puts it right, and nothing of it is left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stackyard.targets.names import COMPOSE, NATIVE
from stackyard.verify.areas import checks
from tests.verify.ground import NativeGround
from tests.verify.parity import SYSTEMS, is_on_the_page
from tests.verify.sabotage import Sabotage, commit, is_kept, look, rounds
from tests.verify.sabotages import SABOTAGES, breakable, can_break

pytestmark = pytest.mark.real

_ROUNDS = rounds(NATIVE, SABOTAGES)
_SYSTEMS = sorted({several[0].system for several in _ROUNDS})


@pytest.mark.parametrize(
    ("target", "has_not"),
    [
        (NATIVE, {check.id for check in checks() if check.area == "containers"}),
        # Its engine watches the parts and keeps their logs, and has edits run only while somebody watches.
        (
            COMPOSE,
            {
                "topology.supervisor",
                "topology.watcher",
                "logs.written",
                "logs.whole",
                "logs.bounded",
                "logs.private",
            },
        ),
    ],
)
def test_every_check_of_what_a_target_has_is_broken_there_by_a_sabotage(target: str, has_not: set[str]) -> None:
    """A check that nothing can break shows nothing."""
    assert {check.id for check in checks()} - breakable(target) == has_not


@pytest.mark.parametrize("system", _SYSTEMS)
def test_an_untouched_system_keeps_everything(grounds: Callable[[str], NativeGround], system: str) -> None:
    """TGT-01, DOC-01: and the page that compares the targets says the same."""
    report = look(grounds(system))
    is_kept(report)
    can_break(report)
    if system in SYSTEMS:
        is_on_the_page(system, report)


@pytest.mark.parametrize("several", _ROUNDS, ids=lambda several: ", ".join(map(str, several)))
def test_sabotage_breaks_exactly_its_checks(
    grounds: Callable[[str], NativeGround], several: tuple[Sabotage, ...]
) -> None:
    """All of a round is done, and each check that breaks belongs to one of it.

    What were left of it would break a check more in the next round, or in the last look.
    """
    commit(grounds(several[0].system), *several)


@pytest.mark.parametrize("system", _SYSTEMS)
def test_nothing_is_left_of_all_the_harm(grounds: Callable[[str], NativeGround], system: str) -> None:
    is_kept(look(grounds(system)))
