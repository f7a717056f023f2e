"""The report of one run: outcomes, their counts, and the exit code that follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stackyard.errors import EXIT_BROKEN, EXIT_DONE, EXIT_FAILED
from stackyard.verify.check import Outcome, Verdict


@dataclass(frozen=True)
class Report:
    """One run of the checks against one system. `begun` is when, with its time zone; `seconds` how long it took."""

    system: str
    environment: str
    target: str
    address: str
    version: str
    begun: datetime
    seconds: float
    outcomes: tuple[Outcome, ...]

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """How many of each verdict; all four are there."""
        found = Counter(outcome.verdict for outcome in self.outcomes)
        return {verdict: found[verdict] for verdict in Verdict}

    def of(self, verdict: Verdict) -> tuple[Outcome, ...]:
        """The outcomes with that verdict."""
        return tuple(outcome for outcome in self.outcomes if outcome.verdict is verdict)

    @property
    def exit_code(self) -> int:
        """4 when a promise is broken; 1 when nothing at all could be shown: a run that judged nothing is no success."""
        if self.counts[Verdict.BROKEN]:
            return EXIT_BROKEN
        return EXIT_DONE if self.counts[Verdict.KEPT] else EXIT_FAILED

    def to_json(self) -> dict[str, Any]:
        """The documented form of `stackyard verify --json`."""
        return {
            "system": self.system,
            "environment": self.environment,
            "target": self.target,
            "address": self.address,
            "version": self.version,
            "begun": self.begun.isoformat(timespec="seconds"),
            "seconds": round(self.seconds, 3),
            "counts": {verdict.value: count for verdict, count in self.counts.items()},
            "checks": [_outcome(outcome) for outcome in self.outcomes],
        }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    check = outcome.check
    return {
        "id": check.id,
        "promises": list(check.promises),
        "claim": check.claim,
        "look": check.look.value,
        "verdict": outcome.verdict.value,
        "sentence": outcome.sentence,
        "next_step": check.next_step if outcome.verdict is Verdict.BROKEN else "",
        "seconds": round(outcome.seconds, 3),
        "evidence": [{"sent": one.sent, "came_back": one.came_back, "fault": one.fault} for one in outcome.evidence],
    }
