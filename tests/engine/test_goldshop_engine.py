"""Goldshop on a real engine, from the same file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import ground as ground
from tests.engine.ground import ComposeGround, make
from tests.engine.loaded import lose_a_table_and_have_it_back
from tests.verify.parity import is_on_the_page
from tests.verify.sabotage import is_kept, look

pytestmark = [pytest.mark.engine, pytest.mark.long]


@pytest.fixture(scope="module")
def goldshop(ground: Path) -> Iterator[ComposeGround]:
    made = make("goldshop", ground / "compose-goldshop")
    try:
        made.bring_up()
        yield made
    finally:
        made.take_down()


def test_goldshop_keeps_its_promises_on_compose_and_the_page_says_so(goldshop: ComposeGround) -> None:
    """TGT-01, DOC-01: what it keeps natively, and what containers are to be besides."""
    report = look(goldshop)
    is_kept(report)
    is_on_the_page("goldshop", report)


@pytest.mark.timeout(900)
def test_a_table_of_goldshop_that_was_dropped_under_load_comes_back_to_the_second(goldshop: ComposeGround) -> None:
    """BAK-03, BAK-04, BAK-05: and a drill under load shows what a restore takes and loses."""
    lose_a_table_and_have_it_back(goldshop.checkout, "goldshop")
