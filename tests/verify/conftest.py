"""The systems that are verified and sabotaged: one of each for the whole run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import ground as ground
from tests.e2e.conftest import guestbook as guestbook
from tests.verify.ground import NativeGround, make


@pytest.fixture(scope="session")
def grounds(ground: Path) -> Iterator[Callable[[str], NativeGround]]:
    """The running system of a name, brought up when it is first asked for."""
    made: dict[str, NativeGround] = {}

    def of(name: str) -> NativeGround:
        if name not in made:
            made[name] = make(name, ground / f"verify-{name}")
            made[name].bring_up()
        return made[name]

    yield of
    for one in made.values():
        one.take_down()
