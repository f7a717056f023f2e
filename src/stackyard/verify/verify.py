"""Verify a running system: choose the checks, look, and make the report."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from stackyard import __version__
from stackyard.model.system import System
from stackyard.observe.native_view import NativeView
from stackyard.verify.areas import checks
from stackyard.verify.check import Outcome
from stackyard.verify.judging import judge_all
from stackyard.verify.report import Report
from stackyard.verify.select import select


def verify(system: System, words: Sequence[str] = (), tell: Callable[[Outcome], None] = lambda _: None) -> Report:
    """Look at the running system with the checks that `words` name, all without a word.

    Raises UsageError for a word that names nothing, StateError when nothing runs.
    """
    chosen = select(checks(), words)
    view = NativeView(system)
    begun, clock = datetime.now(UTC).astimezone(), time.monotonic()
    outcomes = judge_all(chosen, view, tell)
    return Report(
        system=system.name,
        environment=system.environment,
        target=view.target,
        address=view.edge.url if view.edge else "",
        version=__version__,
        begun=begun,
        seconds=time.monotonic() - clock,
        outcomes=outcomes,
    )
