"""The report as JUnit XML, which every CI server shows: a suite an area, a case a check."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from stackyard.verify.areas import AREAS
from stackyard.verify.check import Outcome, Verdict
from stackyard.verify.report import Report

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for; answers of a system under attack may hold it."""


def to_junit(report: Report) -> str:
    """A broken promise is a failure, an unknown one an error, one that does not apply is skipped."""
    root = ElementTree.Element(
        "testsuites",
        {
            "name": f"{report.system} {report.environment}",
            "time": f"{report.seconds:.3f}",
            **_counts(report.outcomes),
        },
    )
    for area in AREAS:
        outcomes = [one for one in report.outcomes if one.check.area == area]
        if not outcomes:
            continue
        begun = report.begun.isoformat(timespec="seconds")
        seconds = f"{sum(one.seconds for one in outcomes):.3f}"
        suite = ElementTree.SubElement(
            root, "testsuite", {"name": area, "timestamp": begun, "time": seconds, **_counts(outcomes)}
        )
        for outcome in outcomes:
            _case(suite, outcome)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _counts(outcomes: Iterable[Outcome]) -> dict[str, str]:
    verdicts = [outcome.verdict for outcome in outcomes]
    return {
        "tests": str(len(verdicts)),
        "failures": str(verdicts.count(Verdict.BROKEN)),
        "errors": str(verdicts.count(Verdict.UNKNOWN)),
        "skipped": str(verdicts.count(Verdict.NOT_APPLICABLE)),
    }


def _case(suite: ElementTree.Element, outcome: Outcome) -> None:
    check = outcome.check
    case = ElementTree.SubElement(
        suite, "testcase", classname=check.id, name=_clean(check.claim), time=f"{outcome.seconds:.3f}"
    )
    words = {Verdict.BROKEN: "failure", Verdict.UNKNOWN: "error", Verdict.NOT_APPLICABLE: "skipped"}
    if outcome.verdict in words:
        ElementTree.SubElement(case, words[outcome.verdict], message=_clean(outcome.sentence))
    lines = [f"promises: {' '.join(check.promises)}"]
    lines += [f"sent: {one.sent}\ncame back: {one.came_back}" for one in outcome.evidence]
    ElementTree.SubElement(case, "system-out").text = _clean("\n".join(lines))


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("\ufffd", text)
