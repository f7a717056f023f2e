"""How a plan and its progress look: the same words everywhere, in columns, and only failures when it is to be quiet."""

from __future__ import annotations

import pytest

from stackyard.cli.output import table
from stackyard.cli.progress import View, describe
from stackyard.errors import PartError
from stackyard.operate.apply import Progress
from stackyard.plan.element import Kind
from stackyard.plan.step import Downtime, Plan, Step, Verb


def step(verb: Verb, subject: str, cause: str, downtime: Downtime = Downtime.NONE) -> Step:
    return Step(verb, subject, cause, downtime, f"process:{subject}", Kind.PROCESS, subject)


MIGRATE = step(Verb.MIGRATE, "the schema of api", "changed: source")
RESTART = step(Verb.RESTART, "api-1", "changed: source", Downtime.BRIEF)
PLAN = Plan("shop", "development", "native", (MIGRATE, RESTART))


def test_a_plan_is_described_with_verb_subject_cause_and_what_people_notice() -> None:
    assert describe(PLAN) == [
        "  migrate  the schema of api  changed: source",
        "  restart  api-1              changed: source  away for a moment",
    ]


def test_an_empty_plan_is_a_sentence() -> None:
    assert describe(Plan("shop", "testing", "native", ())) == ["shop is as testing wants it: nothing to do"]


def test_each_step_is_told_when_it_is_done_with_how_long_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    view = View(PLAN)
    with view.shown():
        view.tell(Progress(MIGRATE, "begun"))
        view.tell(Progress(MIGRATE, "done", 0.0321))
        view.tell(Progress(RESTART, "begun"))
        view.tell(Progress(RESTART, "failed", 61.25, PartError("api", "api-1 did not become ready")))
    assert capsys.readouterr().out == "✓ migrate the schema of api 32 ms\n✗ restart api-1 61.2 s\n"


def test_a_quiet_view_tells_failures_only(capsys: pytest.CaptureFixture[str]) -> None:
    view = View(PLAN, quiet=True)
    with view.shown():
        view.tell(Progress(MIGRATE, "done", 0.0321))
        view.tell(Progress(RESTART, "failed", 1.0, PartError("api", "no")))
    assert capsys.readouterr().out == "✗ restart api-1 1.0 s\n"


def test_columns_are_aligned_and_no_line_ends_in_blanks() -> None:
    rows = [("PART", "STATE", "PID"), ("api-1", "ready", "4711"), ("db", "backoff", "")]
    assert table(rows) == ["PART   STATE    PID", "api-1  ready    4711", "db     backoff"]
    assert table([]) == []
