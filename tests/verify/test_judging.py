"""From what a judge saw to the verdict: no judge can call a claim kept without having seen something for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import pytest

from stackyard.errors import UsageError
from stackyard.observe.view import View
from stackyard.verify.check import CannotSeeError, Check, DoesNotApplyError, Look, Seen, Verdict, saw
from stackyard.verify.judging import judge, judge_all
from stackyard.verify.select import select
from tests.verify.samples import check, nothing


class Blind:
    """A view that knows one secret and nothing else."""

    system = None

    def without_secrets(self, text: str) -> str:
        return text.replace("hunter2hunter2", "[the secret db]")


VIEW = cast(View, Blind())


def sees(*seen: Seen, then: Exception | None = None) -> Check:
    def look(_view: View) -> Iterator[Seen]:
        yield from seen
        if then is not None:
            raise then

    return check("edge.some", judge=look)


GOOD, BAD = Seen("GET /", "200"), Seen("GET /", "500", "it answered 500")


@pytest.mark.parametrize(
    ("judged", "verdict", "sentence"),
    [
        (sees(GOOD), Verdict.KEPT, ""),
        (sees(GOOD, BAD), Verdict.BROKEN, "it answered 500"),
        (sees(BAD, BAD), Verdict.BROKEN, "it answered 500"),
        (sees(), Verdict.UNKNOWN, "there was nothing to look at"),
        (sees(GOOD, then=CannotSeeError("no nginx here")), Verdict.UNKNOWN, "no nginx here"),
        (sees(then=DoesNotApplyError("no replicas")), Verdict.NOT_APPLICABLE, "no replicas"),
        (sees(then=OSError("refused")), Verdict.UNKNOWN, "could not look: OSError: refused"),
        (
            sees(then=PermissionError(13, "Permission denied", "/proc/7/environ")),
            Verdict.UNKNOWN,
            "this user may not look at /proc/7/environ: who is not root sees less",
        ),
        (sees(BAD, then=OSError("refused")), Verdict.BROKEN, "it answered 500"),
        (sees(BAD, then=DoesNotApplyError("no replicas")), Verdict.BROKEN, "it answered 500"),
    ],
)
def test_the_verdict_follows_from_what_was_seen(judged: Check, verdict: Verdict, sentence: str) -> None:
    outcome = judge(judged, VIEW)
    assert (outcome.verdict, outcome.sentence) == (verdict, sentence)


def test_a_check_that_does_not_concern_the_system_does_not_look() -> None:
    judged = Check("a.b", ("DB-01",), "a claim", Look.INSIDE, sees(BAD).judge, unless=lambda _: "there is no database")
    outcome = judge(judged, VIEW)
    assert (outcome.verdict, outcome.sentence) == (Verdict.NOT_APPLICABLE, "there is no database")
    assert outcome.evidence == ()


def test_no_secret_gets_into_evidence() -> None:
    """SEC-01: neither in what was sent, nor in what came back, nor in the sentence."""
    outcome = judge(sees(Seen("AUTH hunter2hunter2", "hunter2hunter2 accepted", "hunter2hunter2 works")), VIEW)
    assert "hunter2" not in repr(outcome)
    assert outcome.sentence == "[the secret db] works"


def test_long_evidence_is_shortened() -> None:
    (seen,) = judge(sees(Seen("GET /", "x" * 5000)), VIEW).evidence
    assert seen.came_back.endswith("… (5,000 characters)")
    assert len(seen.came_back) < 2100


def test_outcomes_come_in_the_order_of_the_checks() -> None:
    checks = [check(f"edge.{number}", judge=sees(GOOD).judge) for number in range(20)]
    heard: list[str] = []
    outcomes = judge_all(checks, VIEW, lambda one: heard.append(one.check.id))
    assert [one.check.id for one in outcomes] == [one.id for one in checks]
    assert sorted(heard) == sorted(one.id for one in checks)


def test_a_check_that_measures_looks_when_the_others_are_done() -> None:
    measures = replace(check("edge.0", judge=sees(GOOD).judge), alone=True)
    checks = [measures, *(check(f"edge.{number}", judge=sees(GOOD).judge) for number in range(1, 20))]
    heard: list[str] = []
    outcomes = judge_all(checks, VIEW, lambda one: heard.append(one.check.id))
    assert [one.check.id for one in outcomes] == [one.id for one in checks]
    assert heard[-1] == "edge.0"


def test_saw_has_a_fault_unless_it_is_as_it_should_be() -> None:
    assert saw("GET /", 200, fault="wrong", unless=True) == Seen("GET /", "200")
    assert saw("GET /", 500, fault="wrong", unless=False) == Seen("GET /", "500", "wrong")


CHECKS = (check("edge.hsts", "EDGE-02"), check("edge.tls.versions", "EDGE-01"), check("database.roles", "DB-02"))


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        ([], ["edge.hsts", "edge.tls.versions", "database.roles"]),
        (["edge"], ["edge.hsts", "edge.tls.versions"]),
        (["edge.tls"], ["edge.tls.versions"]),
        (["db-02"], ["database.roles"]),
        (["edge.hsts", "DB-02"], ["edge.hsts", "database.roles"]),
    ],
)
def test_checks_are_chosen_by_area_promise_or_name(words: list[str], chosen: list[str]) -> None:
    assert [one.id for one in select(CHECKS, words)] == chosen


def test_a_word_that_names_nothing_is_an_error_with_the_nearest_that_does() -> None:
    with pytest.raises(UsageError, match=r"no check is called edge\.hst") as caught:
        select(CHECKS, ["edge.hst"])
    assert caught.value.hint == "Did you mean edge.hsts?"


def test_a_judge_that_yields_nothing_is_not_kept() -> None:
    assert judge(check("edge.some", judge=nothing), VIEW).verdict is Verdict.UNKNOWN
