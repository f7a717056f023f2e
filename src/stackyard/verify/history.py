"""What the last run found, kept beside the system, and what has changed since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stackyard.errors import StateError
from stackyard.verify.check import Outcome, Verdict
from stackyard.verify.report import Report

_FORM = 1


@dataclass(frozen=True)
class Change:
    """A check whose verdict is another than last time; `before` is None for one that was not there."""

    outcome: Outcome
    before: Verdict | None


@dataclass(frozen=True)
class Past:
    """The verdicts of the last run by check, and when it began."""

    begun: datetime
    verdicts: Mapping[str, Verdict]


def read(file: Path) -> Past | None:
    """What the last run found, None when there was none. Raises StateError for a file that is not ours."""
    try:
        data = json.loads(file.read_text())
        verdicts = {name: Verdict(word) for name, word in data["verdicts"].items()}
        return Past(datetime.fromisoformat(data["begun"]), verdicts)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(f"{file} is damaged", hint="Delete it: the next `stackyard verify` writes it anew.") from error


def to_text(report: Report, past: Past | None) -> str:
    """What to keep of a run. Checks that this run left out keep what was found of them before."""
    verdicts = {**(past.verdicts if past else {}), **{one.check.id: one.verdict for one in report.outcomes}}
    begun = report.begun.isoformat(timespec="seconds")
    return json.dumps({"form": _FORM, "begun": begun, "verdicts": verdicts}, indent=1) + "\n"


def changes(report: Report, past: Past) -> tuple[Change, ...]:
    """The outcomes that differ from the last run, in the order of the report."""
    return tuple(
        Change(outcome, past.verdicts.get(outcome.check.id))
        for outcome in report.outcomes
        if past.verdicts.get(outcome.check.id) is not outcome.verdict
    )
