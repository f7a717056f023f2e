"""The page that lays the targets side by side says what the reports said, and can be read back."""

from __future__ import annotations

from stackyard.verify.check import Verdict
from stackyard.verify.parity import Side, page, read, side
from tests.verify.samples import check

CHECKS = (
    check("topology.healthy", "TOP-01"),
    check("topology.supervisor", "TOP-01"),
    check("containers.limits", "TOP-09"),
    check("edge.hsts", "EDGE-02"),
)
NATIVE = Side(
    "native",
    {
        "topology.healthy": Verdict.KEPT,
        "topology.supervisor": Verdict.KEPT,
        "containers.limits": Verdict.NOT_APPLICABLE,
        "edge.hsts": Verdict.KEPT,
    },
    {"containers.limits": "this target runs no containers"},
)
COMPOSE = Side(
    "compose",
    {**NATIVE.verdicts, "containers.limits": Verdict.KEPT, "topology.supervisor": Verdict.NOT_APPLICABLE}
    | {"edge.hsts": Verdict.BROKEN},
    {"topology.supervisor": "its engine watches; and answers", "edge.hsts": "no header"},
)


def test_a_promise_is_kept_when_one_check_saw_it_and_none_saw_otherwise() -> None:
    text = page({"shop": [NATIVE, COMPOSE]}, CHECKS)
    row = {line.split(" | ")[0].strip("| "): line.split(" | ")[2:] for line in text.splitlines() if " | " in line}
    assert row["TOP-01"] == ["kept", "kept |"]
    assert row["TOP-09"] == ["–", "kept |"]
    assert row["EDGE-02"] == ["kept", "**broken** |"]


def test_a_page_can_be_read_back() -> None:
    text = page({"shop": [NATIVE, COMPOSE]}, CHECKS)
    assert read(text) == {"shop": [NATIVE, COMPOSE]}
    assert page(read(text), CHECKS) == text


def test_a_side_is_what_a_report_says() -> None:
    checks = [{"id": "edge.hsts", "verdict": "broken", "sentence": "no header"}]
    assert side({"target": "compose", "checks": checks}) == Side(
        "compose", {"edge.hsts": Verdict.BROKEN}, {"edge.hsts": "no header"}
    )
