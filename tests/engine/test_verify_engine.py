"""`stackyard verify` of inventr on a real engine, with the very checks of the native target, and harm done to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import ground as ground
from tests.engine.ground import ComposeGround, Harm, make
from tests.engine.sabotages import HARMS

pytestmark = pytest.mark.engine

_QUICK = frozenset(
    {
        "a stranger in the network of the database",
        "the database trusts everybody",
        "a secret that others can read",
        "a process slips into a container",
    }
)
"""Harm that every run does; all of it takes a quarter of an hour."""


@pytest.fixture(scope="module")
def inventr(ground: Path) -> Iterator[ComposeGround]:
    made = make(ground / "verify-on-compose")
    yield made
    made.checkout.stackyard("down")
    made.checkout.stackyard("clean", "--data", "--yes")


def test_an_untouched_system_keeps_everything(inventr: ComposeGround) -> None:
    """TGT-01: what the same file promises natively, and what containers are to be besides."""
    report = inventr.verify()
    assert report["target"] == "compose"
    assert verdicts(report, "broken") == {}
    assert verdicts(report, "unknown") == {}
    assert report["counts"]["kept"] > 90


@pytest.mark.parametrize(
    "harm", [pytest.param(one, id=str(one), marks=() if str(one) in _QUICK else pytest.mark.long) for one in HARMS]
)
def test_harm_breaks_exactly_its_checks(inventr: ComposeGround, harm: Harm) -> None:
    harm.harm(inventr)
    try:
        broken = verdicts(inventr.verify(), "broken")
    finally:
        if harm.undo is not None:
            harm.undo(inventr)
        inventr.up()
    assert set(broken) == harm.breaks, broken
    left = inventr.verify()
    assert verdicts(left, "broken") == {}
    assert verdicts(left, "unknown") == {}


def verdicts(report: dict[str, Any], verdict: str) -> dict[str, str]:
    """The checks of that verdict, with the sentence that says why."""
    return {check["id"]: check["sentence"] for check in report["checks"] if check["verdict"] == verdict}
