"""The tables of the targets side by side: one form, the same fields, and native's word is what native does."""

from __future__ import annotations

import pytest

from stackyard.model.system import Limits, Monitoring, Objects, Redis
from stackyard.model.values import Version
from stackyard.operate.targets import side_by_side
from stackyard.targets.native import table
from stackyard.targets.native.support import notices
from stackyard.targets.support import Row, Verdict
from stackyard.verify.promises import PROMISES
from tests.native.literals import here, service, system


def test_fields_of_all_targets_stand_in_one_line_with_the_promises_of_each() -> None:
    lines = side_by_side(
        {
            "native": (
                Row("logs", Verdict.KEPT, "in files", ("LOG-01",)),
                Row("network", Verdict.LOST, "there is none"),
            ),
            "compose": (Row("logs", Verdict.KEPT, "by the engine", ("LOG-01", "LOG-02")),),
        }
    )
    assert [(line.field, line.promises, list(line.targets)) for line in lines] == [
        ("logs", ("LOG-01", "LOG-02"), ["native", "compose"]),
        ("network", (), ["native"]),
    ]


def test_every_target_has_a_word_on_every_field() -> None:
    """TGT-01: one file on every target, and what differs is said."""
    assert [line.field for line in side_by_side() if len(line.targets) != 2] == []


def test_the_promises_named_are_promises() -> None:
    assert {promise for line in side_by_side() for promise in line.promises} <= PROMISES.keys()


@pytest.mark.parametrize(
    ("field", "parts"),
    [
        ("services.*.limits", {"services": [service("api", limits=Limits(memory=1024**3))]}),
        ("resources.*.replicas of a Redis", {"resources": [Redis("cache", Version((7,)), here(), replicas=1)]}),
        ("resources.*.objects.versioning", {"resources": [Objects("photos", here(), "photos", versioning=True)]}),
        ("monitoring.prometheus", {"monitoring": Monitoring(here(), prometheus=True)}),
    ],
)
def test_what_native_leaves_out_by_its_table_it_says_at_up(field: str, parts: dict[str, object]) -> None:
    row = next(row for row in table.table() if row.field == field)
    assert row.verdict is Verdict.LOST
    services = parts.pop("services", [])
    assert len(notices(system(*services, **parts))) == 1  # type: ignore[misc, arg-type]
