"""What a drill found and measured, to keep and to show: text for a terminal, JSON for programs, HTML for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from stackyard.backup.sets import Finding

FORMAT = 1
"""The version of the report; a reader refuses a later one."""


@dataclass(frozen=True)
class Step:
    """One thing that the drill did. `seconds` count towards the recovery time when `counts`; what is done only to
    prove something does not. `is_run` is False for what could not be looked at here, and `evidence` says why."""

    name: str
    seconds: float
    evidence: str = ""
    counts: bool = False
    is_run: bool = True
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Loss:
    """How many seconds of changes a disaster at the beginning of the drill would have cost.

    `disaster` is "data folder lost" or "machine lost". `counts`: the promised recovery point is about it. `seconds` is
    None where nothing would have been left.
    """

    part: str
    disaster: str
    seconds: float | None
    evidence: str
    counts: bool = True


@dataclass(frozen=True)
class DrillReport:
    """A drill. Seconds throughout; times are UTC. `last_commit` tells, by part, the newest change that came back."""

    system: str
    environment: str
    backup: str
    backup_moment: str
    begun: str
    ended: str
    rto: float
    rto_promised: float
    rpo: float | None
    rpo_promised: float
    steps: tuple[Step, ...]
    losses: tuple[Loss, ...] = ()
    last_commit: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(one for step in self.steps for one in step.findings)

    @property
    def is_in_time(self) -> bool:
        return self.rto <= self.rto_promised

    @property
    def is_current(self) -> bool:
        return self.rpo is not None and self.rpo <= self.rpo_promised

    @property
    def kept(self) -> bool:
        """Everything came back as it was saved, quickly enough, and recent enough."""
        return not self.findings and self.is_in_time and self.is_current

    @property
    def id(self) -> str:
        """The name of its files: when it began."""
        return self.begun[:19].replace("-", "").replace(":", "") + "Z"


def headline(report: DrillReport) -> str:
    """What the drill comes to, in one sentence."""
    if report.findings:
        count = len(report.findings)
        return f"The drill failed: {count} {'thing was' if count == 1 else 'things were'} wrong."
    if not report.is_in_time:
        return f"Everything came back, but it took {span(report.rto)}; {span(report.rto_promised)} were promised."
    if not report.is_current:
        return f"Everything came back, but {_loss(report)} would be lost; {span(report.rpo_promised)} were promised."
    return f"Everything came back in {span(report.rto)}, and {_loss(report)} would be lost."


def _loss(report: DrillReport) -> str:
    return "everything since nobody knows when" if report.rpo is None else f"at most {span(report.rpo)}"


def span(seconds: float) -> str:
    """Seconds as people say them: "0.4 s", "38 s", "4 min 10 s", "3 h 5 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} days"


def to_text(report: DrillReport) -> str:
    """The report for a terminal."""
    point = "unknown" if report.rpo is None else span(report.rpo)
    lines = [
        f"Drill of {report.system} ({report.environment}), {report.begun}",
        headline(report),
        "",
        f"Set             {report.backup}, moment {report.backup_moment}",
        f"Recovery time   {span(report.rto)} (promised {span(report.rto_promised)})",
        f"Recovery point  {point} (promised {span(report.rpo_promised)})",
        "",
    ]
    lines += [f"{one.disaster}: {one.part} loses {lost(one)} ({one.evidence})" for one in report.losses]
    lines.append("")
    for step in report.steps:
        lines.append(f"{sign(step)} {step.name:<44}{span(step.seconds):>12}  {step.evidence}".rstrip())
        lines += [f"    {one.piece}: {one.what}" for one in step.findings]
    return "\n".join([*lines, ""])


def sign(step: Step) -> str:
    """✗ for a step that found something, – for one that could not be taken, ✓ for the others."""
    return "✗" if step.findings else "✓" if step.is_run else "–"


def lost(loss: Loss) -> str:
    """How much a loss is, as people say it."""
    return "everything" if loss.seconds is None else span(loss.seconds)


def to_json(report: DrillReport) -> str:
    """The report for programs, with what can be derived spelled out."""
    told = asdict(report)
    told |= {"kept": report.kept, "headline": headline(report), "findings": [asdict(one) for one in report.findings]}
    return json.dumps(told, indent=2, sort_keys=True)


def from_json(text: str) -> DrillReport:
    """The report that `to_json` wrote. Raises KeyError, TypeError or ValueError on anything else, or a later format."""
    data: dict[str, Any] = json.loads(text)
    if data["format"] != FORMAT:
        raise ValueError(f"a report of format {data['format']}: this Stackyard reads format {FORMAT}")
    for derived in ("kept", "headline", "findings"):
        del data[derived]
    steps = [{**step, "findings": tuple(Finding(**one) for one in step["findings"])} for step in data["steps"]]
    data["steps"] = tuple(Step(**step) for step in steps)
    data["losses"] = tuple(Loss(**one) for one in data["losses"])
    return DrillReport(**data)
