"""The report in its forms: exit code, JSON, JUnit, HTML, and what has changed since the last run."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from stackyard.errors import StateError
from stackyard.verify import history
from stackyard.verify.areas import checks
from stackyard.verify.check import Outcome, Verdict
from stackyard.verify.html import headline, to_html
from stackyard.verify.junit import to_junit
from stackyard.verify.promises import PROMISES
from tests.verify.samples import AWAY, BROKEN, KEPT, UNKNOWN, report

EVERY_KIND = report(KEPT, BROKEN, UNKNOWN, AWAY)


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [((KEPT,), 0), ((KEPT, UNKNOWN, AWAY), 0), ((KEPT, BROKEN), 4), ((UNKNOWN,), 1), ((AWAY,), 1), ((), 1)],
)
def test_the_exit_code_is_no_success_when_nothing_was_shown(outcomes: tuple[Outcome, ...], code: int) -> None:
    assert report(*outcomes).exit_code == code


def test_json_has_everything() -> None:
    data = EVERY_KIND.to_json()
    assert data["counts"] == {"kept": 1, "broken": 1, "not applicable": 1, "unknown": 1}
    assert data["begun"] == "2026-11-21T08:30:00+00:00"
    assert data["checks"][1] == {
        "id": "topology.redirect",
        "promises": ["EDGE-01"],
        "claim": "plain HTTP is redirected to HTTPS",
        "look": "outside",
        "verdict": "broken",
        "sentence": "answered 200 instead of a redirect",
        "next_step": "",
        "seconds": 0.2,
        "evidence": [
            {
                "sent": "GET http://shop.localhost/",
                "came_back": "200 OK <script>alert(1)</script>",
                "fault": "answered 200 instead of a redirect",
            }
        ],
    }


def test_junit_has_a_suite_an_area_and_a_case_a_check() -> None:
    root = ElementTree.fromstring(to_junit(EVERY_KIND))
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
    }
    broken = root.find(".//testcase[@classname='topology.redirect']")
    assert broken is not None
    failure = broken.find("failure")
    assert failure is not None
    assert failure.get("message") == "answered 200 instead of a redirect"
    assert "<script>" in (broken.findtext("system-out") or "")


def test_junit_takes_what_xml_has_no_place_for() -> None:
    odd = Outcome(BROKEN.check, Verdict.BROKEN, "answered \x00\x1b[31m")
    case = ElementTree.fromstring(to_junit(report(odd))).find(".//failure")
    assert case is not None
    assert case.get("message") == "answered \ufffd\ufffd[31m"


class Tags(HTMLParser):
    """The tags of a page, and what it would load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "action")]


def test_the_page_stands_alone_and_what_came_back_cannot_run_in_it() -> None:
    page = to_html(EVERY_KIND)
    found = Tags(page)
    assert "script" not in found.tags
    assert found.loads == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "url(" not in page


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        ((KEPT,), "The one promise is kept."),
        ((KEPT, BROKEN), "The promise EDGE-01 is broken."),
        ((KEPT, UNKNOWN), "1 promise is kept; 1 check could not look."),
        ((UNKNOWN, AWAY), "Nothing could be shown."),
    ],
)
def test_the_headline_says_what_the_run_comes_to(outcomes: tuple[Outcome, ...], sentence: str) -> None:
    assert headline(report(*outcomes)) == sentence


def test_since_the_last_run(tmp_path: Path) -> None:
    file = tmp_path / "verify.json"
    assert history.read(file) is None
    file.write_text(history.to_text(report(KEPT, UNKNOWN), None))
    past = history.read(file)
    assert past is not None
    changed = history.changes(EVERY_KIND, past)
    assert [(one.outcome.check.id, one.before) for one in changed] == [
        ("topology.redirect", None),
        ("cache.password", None),
    ]


def test_a_run_of_some_checks_forgets_nothing_of_the_others(tmp_path: Path) -> None:
    file = tmp_path / "verify.json"
    file.write_text(history.to_text(report(KEPT, BROKEN), None))
    file.write_text(history.to_text(report(AWAY), history.read(file)))
    past = history.read(file)
    assert past is not None
    assert past.verdicts == {
        "topology.healthy": Verdict.KEPT,
        "topology.redirect": Verdict.BROKEN,
        "cache.password": Verdict.NOT_APPLICABLE,
    }


@pytest.mark.parametrize("text", ["", "[]", '{"verdicts": {"a": "perhaps"}, "begun": "2026-11-21"}', "{"])
def test_a_damaged_record_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "verify.json").write_text(text)
    with pytest.raises(StateError, match="damaged"):
        history.read(tmp_path / "verify.json")


def test_every_check_names_promises_that_there_are_and_has_a_name_of_its_own() -> None:
    every = checks()
    assert len({check.id for check in every}) == len(every)
    for check in every:
        assert check.promises, check.id
        assert set(check.promises) <= set(PROMISES), check.id
        first = check.claim.split()[0]
        assert first[0].islower() or not first[1:].islower(), f"{check.id}: a claim goes on in a sentence"
        assert not check.claim.endswith("."), check.id
