"""Each sabotage, done to a living system: exactly its checks break, `up` puts it right, and nothing of it is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stackyard.verify.areas import checks
from tests.engine.sabotages import HARMS
from tests.verify.ground import Ground, Sabotage
from tests.verify.sabotages import SABOTAGES

pytestmark = pytest.mark.real

# Sorted by system: so only one of them runs into the limits of a small machine at a time.
_IN_TURN: list[Sabotage] = sorted(SABOTAGES, key=lambda one: one.system)


def test_every_check_has_a_sabotage_that_breaks_it() -> None:
    """A check that nothing can break shows nothing."""
    breakable = {name for sabotage in SABOTAGES for name in sabotage.breaks}
    breakable |= {name for harm in HARMS for name in harm.breaks}
    assert {check.id for check in checks()} == breakable


@pytest.mark.parametrize("system", sorted({sabotage.system for sabotage in SABOTAGES}))
def test_an_untouched_system_keeps_everything(grounds: Callable[[str], Ground], system: str) -> None:
    report = grounds(system).verify()
    assert verdicts(report, "broken") == {}
    assert verdicts(report, "unknown") == {}


@pytest.mark.parametrize("sabotage", _IN_TURN, ids=str)
def test_a_sabotage_breaks_exactly_its_checks(grounds: Callable[[str], Ground], sabotage: Sabotage) -> None:
    ground = grounds(sabotage.system)
    sabotage.harm(ground)
    try:
        broken = verdicts(ground.verify(), "broken")
    finally:
        if sabotage.undo is not None:
            sabotage.undo(ground)
        ground.checkout.up_in_turn()
    assert set(broken) == sabotage.breaks, broken
    left = ground.verify()
    assert verdicts(left, "broken") == {}
    assert verdicts(left, "unknown") == {}


def verdicts(report: dict[str, Any], verdict: str) -> dict[str, str]:
    """The checks of that verdict, with the sentence that says why."""
    return {check["id"]: check["sentence"] for check in report["checks"] if check["verdict"] == verdict}
