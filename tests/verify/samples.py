"""A report with one outcome of every kind, as a run would make it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from stackyard.observe.view import View
from stackyard.verify.check import Check, Look, Outcome, Seen, Verdict
from stackyard.verify.report import Report


def nothing(_view: View) -> Iterator[Seen]:
    """A judge that sees nothing."""
    yield from ()


def check(
    name: str, *promises: str, claim: str = "a claim", judge: Callable[[View], Iterator[Seen]] = nothing
) -> Check:
    return Check(name, promises or ("TOP-01",), claim, Look.OUTSIDE, judge)


def report(*outcomes: Outcome) -> Report:
    return Report(
        system="shop",
        environment="development",
        target="native",
        address="https://shop.localhost",
        version="0.1",
        begun=datetime(2026, 11, 21, 8, 30, tzinfo=UTC),
        seconds=1.25,
        outcomes=outcomes,
    )


KEPT = Outcome(
    check("topology.healthy", "TOP-01", claim="every part runs"),
    Verdict.KEPT,
    "",
    (Seen("state of db", "ready"),),
    0.01,
)
BROKEN = Outcome(
    check("topology.redirect", "EDGE-01", claim="plain HTTP is redirected to HTTPS"),
    Verdict.BROKEN,
    "answered 200 instead of a redirect",
    (Seen("GET http://shop.localhost/", "200 OK <script>alert(1)</script>", "answered 200 instead of a redirect"),),
    0.2,
)
UNKNOWN = Outcome(check("edge.profile", "EDGE-01"), Verdict.UNKNOWN, "sslyze could not be installed")
AWAY = Outcome(check("cache.password", "CACHE-02"), Verdict.NOT_APPLICABLE, "the system has no cache")
