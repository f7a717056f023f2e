"""Each sabotage, done to a living system: exactly its checks break, `up` puts it right, and nothing of it is left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stackyard.verify.areas import checks
from tests.engine.sabotages import ON_CONTAINERS
from tests.verify.ground import NativeGround
from tests.verify.sabotage import NATIVE, Sabotage, commit, is_kept, on
from tests.verify.sabotages import SABOTAGES

pytestmark = pytest.mark.real

_IN_TURN = on(NATIVE, SABOTAGES)


def test_every_check_has_a_sabotage_that_breaks_it() -> None:
    """A check that nothing can break shows nothing."""
    breakable = {name for one in (*SABOTAGES, *ON_CONTAINERS) for target in one.targets for name in one.breaks_on(target)}
    assert {check.id for check in checks()} == breakable


@pytest.mark.parametrize("system", sorted({sabotage.system for sabotage in _IN_TURN}))
def test_an_untouched_system_keeps_everything(grounds: Callable[[str], NativeGround], system: str) -> None:
    is_kept(grounds(system).verify())


@pytest.mark.parametrize("sabotage", _IN_TURN, ids=str)
def test_a_sabotage_breaks_exactly_its_checks(grounds: Callable[[str], NativeGround], sabotage: Sabotage) -> None:
    commit(grounds(sabotage.system), sabotage)
