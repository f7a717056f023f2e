"""The runbook of a system, rendered from literal facts: the expected page lies beside this file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.backup.sets import State
from stackyard.model.system import Backups, System
from stackyard.model.values import Position
from stackyard.operate.restoring.plan import Facts
from stackyard.operate.restoring.runbook import Place, fingerprint, render, span

from .test_plan import FACTS, MONDAY, TUESDAY

AT = Position("stackyard.yaml", 1)
RECIPIENTS = ("age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq",)
PLACE = Place("/mnt/backups/shop", "/srv/shop/.stackyard/production/secrets", "native")
WANTED = Backups(AT, wal=True, to="/mnt/backups/shop", offsite="s3://bucket/shop", recipients=RECIPIENTS)
DRILLED = replace(TUESDAY, state=State.DRILLED, drilled="2026-03-03T04:00:00Z")


def page(system: System, wanted: Backups = WANTED, facts: Facts = FACTS) -> str:
    return render(system, wanted, replace(facts, sets=(DRILLED, MONDAY)), PLACE, "3 March 2026 at 09:00")


@pytest.fixture
def shop() -> System:
    return System("shop", "production", Path("/srv/shop"), Path("/srv/shop/stackyard.yaml"), (), backups=WANTED)


def test_the_page_names_this_system_and_its_own_commands(shop: System) -> None:
    """BAK-05: in the night nobody looks up what a part is called."""
    expected = Path(__file__).with_name("runbook.md")
    assert page(shop) == expected.read_text()


def test_what_is_missing_is_said_where_it_matters(shop: System) -> None:
    poor = Backups(AT, encrypt=False)
    found = page(shop, poor, replace(FACTS, continuous=frozenset(), drilled=0.0))
    for sentence in (
        "**No copy is kept elsewhere**",
        "**Secrets are not in the backups**",
        "Changes between backups are **not** kept",
        "**nothing yet**",
        "**The backups lie on this machine alone: they would be lost with it.**",
        "stackyard restore SET --only db",
    ):
        assert sentence in found
    assert "--to 14:05:30" not in found


def test_two_people_compare_a_recipient_by_its_fingerprint() -> None:
    assert fingerprint(RECIPIENTS[0]) == fingerprint(f"{RECIPIENTS[0]}\n")
    assert len(fingerprint(RECIPIENTS[0])) == 19


@pytest.mark.parametrize(
    ("seconds", "said"), [(12.5, "12.5 seconds"), (60, "60 seconds"), (14400, "4 hours"), (5000, "83.3 minutes")]
)
def test_spans_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_a_lost_machine_comes_back_on_the_target_that_it_ran_on(shop: System) -> None:
    """BAK-05."""
    told = render(shop, WANTED, FACTS, replace(PLACE, target="compose"), "3 March 2026 at 09:00")
    assert "--from s3://bucket/shop --key IDENTITY-FILE --env production --target compose" in told
    assert "--target" not in page(shop)


def test_backups_in_a_bucket_are_not_lost_with_the_machine(shop: System) -> None:
    lost = "they would be lost with it"
    assert lost not in page(shop, replace(WANTED, to="s3://bucket/shop", offsite=""))
    assert lost in page(shop, replace(WANTED, offsite=""))
