"""Goldshop, and whether it keeps what its file promises."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import Checkout
from tests.verify.ground import NativeGround
from tests.verify.parity import is_on_the_page
from tests.verify.sabotage import is_kept

pytestmark = pytest.mark.real


def test_goldshop_keeps_its_promises_and_the_page_says_so(goldshop: Checkout) -> None:
    """TGT-01, DOC-01, TEST-01: natively; the engine's tests say the same of Compose."""
    NativeGround(goldshop).bring_up()
    report = json.loads(goldshop.stackyard("verify", "--json").out)
    is_kept(report)
    is_on_the_page("goldshop", report)
