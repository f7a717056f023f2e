"""Verify a running system: choose the checks, look, and make the report."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from stackyard import __version__
from stackyard.observe.view import View
from stackyard.verify.areas import checks
from stackyard.verify.check import Outcome
from stackyard.verify.judging import judge_all
from stackyard.verify.report import Report
from stackyard.verify.select import select


def verify(view: View, words: Sequence[str] = (), tell: Callable[[Outcome], None] = lambda _: None) -> Report:
    """Look at the running system with the checks that `words` name, all without a word.

    Raises UsageError for a word that names nothing.
    """
    chosen = select(checks(), words)
    begun, clock = datetime.now(UTC).astimezone(), time.monotonic()
    outcomes = judge_all(chosen, view, tell)
    return Report(
        system=view.system.name,
        environment=view.system.environment,
        target=view.target,
        address=view.edge.url if view.edge else "",
        version=__version__,
        begun=begun,
        seconds=time.monotonic() - clock,
        outcomes=outcomes,
    )
