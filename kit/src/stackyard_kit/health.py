"""Health: what the service depends on, really asked, and asked at most once a second however many probes come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

FRESH_SECONDS = 1.0
"""How long an answer of a dependency is passed on before it is asked again."""

PATIENCE_SECONDS = 1.5
"""How long a dependency may take to answer before it counts as away."""


@dataclass(frozen=True)
class Check:
    """A dependency. `ask` returns when it works and raises when it does not; without a `vital` one nothing works."""

    name: str
    ask: Callable[[], Awaitable[None]]
    vital: bool = True


@dataclass(frozen=True)
class Finding:
    """What a check found: `error` is the kind of failure ("" when it works), never its text, which may name hosts."""

    name: str
    vital: bool
    error: str
    milliseconds: float

    @property
    def works(self) -> bool:
        return not self.error


class Health:
    """Asks the checks, remembers each answer for a moment, and sums them up."""

    def __init__(self, checks: tuple[Check, ...]) -> None:
        self._checks = checks
        self._findings: list[Finding] = []
        self._asked = float("-inf")
        self._asking = asyncio.Lock()

    async def findings(self) -> list[Finding]:
        """One finding a check, at most FRESH_SECONDS old; probes that come together share one question."""
        async with self._asking:
            if time.monotonic() - self._asked > FRESH_SECONDS:
                self._findings = list(await asyncio.gather(*(_ask(check) for check in self._checks)))
                self._asked = time.monotonic()
        return self._findings


async def _ask(check: Check) -> Finding:
    started = time.perf_counter()
    error = ""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await check.ask()
    except Exception as failure:  # noqa: BLE001 - whatever a driver raises, the dependency did not answer
        error = type(failure).__name__
    return Finding(check.name, check.vital, error, round((time.perf_counter() - started) * 1000, 2))


def verdict(findings: list[Finding]) -> str:
    """ "ok", "degraded" (something is away that the service can do without) or "unavailable"."""
    if all(finding.works for finding in findings):
        return "ok"
    return "degraded" if all(finding.works for finding in findings if finding.vital) else "unavailable"


def details(findings: list[Finding]) -> list[dict[str, Any]]:
    """The findings for the detailed answer, which does not leave the house."""
    return [
        {
            "name": finding.name,
            "status": "ok" if finding.works else "away",
            "vital": finding.vital,
            "milliseconds": finding.milliseconds,
            "error": finding.error or None,
        }
        for finding in findings
    ]
