"""The report as one HTML page that stands alone: no script, nothing loaded from elsewhere, readable on paper too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stackyard.verify.areas import AREAS
from stackyard.verify.check import Outcome, Verdict
from stackyard.verify.promises import PROMISES
from stackyard.verify.report import Report

if TYPE_CHECKING:
    from markupsafe import Markup

_WORST_FIRST = (Verdict.BROKEN, Verdict.UNKNOWN, Verdict.KEPT, Verdict.NOT_APPLICABLE)


@dataclass(frozen=True)
class Area:
    """The outcomes of one area that concern the system."""

    name: str
    title: str
    outcomes: tuple[Outcome, ...]

    def count(self, verdict: Verdict) -> int:
        return sum(outcome.verdict is verdict for outcome in self.outcomes)


@dataclass(frozen=True)
class Promise:
    """A promise with what its checks found; `verdict` is the worst of those that concern the system."""

    id: str
    sentence: str
    verdict: Verdict
    outcomes: tuple[Outcome, ...]


def to_html(report: Report) -> str:
    """The whole page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("stackyard.verify"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = _prose
    return environment.get_template("report.html.j2").render(
        report=report,
        verdicts=Verdict,
        headline=headline(report),
        areas=_areas(report),
        promises=promises(report),
        mark={Verdict.KEPT: "✓", Verdict.BROKEN: "✗", Verdict.UNKNOWN: "?", Verdict.NOT_APPLICABLE: "–"},
        word=lambda verdict: verdict.value.replace(" ", "-"),
    )


def _prose(text: str) -> Markup:
    """A sentence with what stands in backticks as code."""
    from markupsafe import Markup, escape

    pieces = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 and number < len(pieces) - 1 else escape(piece)
        for number, piece in enumerate(pieces)
    )


def headline(report: Report) -> str:
    """What the run comes to, in one sentence."""
    shown = promises(report)
    broken = [one.id for one in shown if one.verdict is Verdict.BROKEN]
    if len(broken) == 1:
        return f"The promise {broken[0]} is broken."
    if broken:
        return f"{len(broken)} promises are broken."
    if not report.counts[Verdict.KEPT]:
        return "Nothing could be shown."
    unknown = report.counts[Verdict.UNKNOWN]
    kept = sum(one.verdict is Verdict.KEPT for one in shown)
    if unknown:
        return f"{_many(kept, 'promise')} kept; {_many(unknown, 'check', 'could not look')}."
    return f"All {kept} promises are kept." if kept > 1 else "The one promise is kept."


def _many(count: int, noun: str, verb: str = "") -> str:
    is_one = count == 1
    return f"{count} {noun}{'' if is_one else 's'} {verb or ('is' if is_one else 'are')}"


def promises(report: Report) -> tuple[Promise, ...]:
    """Every promise that any check looked at, in the order of the list, with the worst verdict of its checks."""
    made = []
    for name, sentence in PROMISES.items():
        outcomes = tuple(one for one in report.outcomes if name in one.check.promises)
        verdict = next((v for v in _WORST_FIRST if any(one.verdict is v for one in outcomes)), None)
        if verdict is not None and verdict is not Verdict.NOT_APPLICABLE:
            made.append(Promise(name, sentence, verdict, outcomes))
    return tuple(made)


def _areas(report: Report) -> tuple[Area, ...]:
    made = [
        Area(name, title, tuple(one for one in report.outcomes if one.check.area == name))
        for name, title in AREAS.items()
    ]
    return tuple(area for area in made if area.outcomes)
