"""Goldshop on a real engine, from the same file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import ground as ground
from tests.engine.ground import make
from tests.verify.parity import is_on_the_page
from tests.verify.sabotage import is_kept, look

pytestmark = [pytest.mark.engine, pytest.mark.long]


def test_goldshop_keeps_its_promises_on_compose_and_the_page_says_so(ground: Path) -> None:
    """TGT-01, DOC-01: what it keeps natively, and what containers are to be besides."""
    goldshop = make("goldshop", ground / "compose-goldshop")
    try:
        goldshop.bring_up()
        report = look(goldshop)
        is_kept(report)
        is_on_the_page("goldshop", report)
    finally:
        goldshop.take_down()
