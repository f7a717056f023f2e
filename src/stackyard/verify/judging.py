"""From checks to outcomes: look, several checks at a time, and draw the verdict from what was seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from stackyard.observe.view import View
from stackyard.verify.check import CannotSeeError, Check, DoesNotApplyError, Outcome, Seen, Verdict

_AT_ONCE = 6
"""Checks wait for answers more than they compute."""

_SHOWN = 2000
"""Characters of one piece of evidence: enough to see why, not a whole page."""


def judge_all(
    checks: Sequence[Check], view: View, tell: Callable[[Outcome], None] = lambda _: None
) -> tuple[Outcome, ...]:
    """The outcome of every check, in their order. `tell` hears of each as soon as it is known, from any thread."""

    def one(check: Check) -> Outcome:
        outcome = judge(check, view)
        tell(outcome)
        return outcome

    together = [check for check in checks if not check.alone]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = dict(zip((check.id for check in together), pool.map(one, together), strict=True))
    found |= {check.id: one(check) for check in checks if check.alone}
    return tuple(found[check.id] for check in checks)


def judge(check: Check, view: View) -> Outcome:
    """Look, and say what came of it. Never raises: a judge that fails has seen nothing, which is unknown, not kept."""
    reason = check.unless(view.system)
    if reason:
        return Outcome(check, Verdict.NOT_APPLICABLE, reason)
    begun = time.monotonic()
    seen: list[Seen] = []
    verdict, sentence = _look(check, view, seen)
    evidence = tuple(_fit(one, view) for one in seen)
    faults = [one.fault for one in evidence if one.fault]
    if faults:
        verdict, sentence = Verdict.BROKEN, "; ".join(dict.fromkeys(faults))
    return Outcome(check, verdict, view.without_secrets(sentence), evidence, time.monotonic() - begun)


def _look(check: Check, view: View, seen: list[Seen]) -> tuple[Verdict, str]:
    try:
        for one in check.judge(view):
            seen.append(one)
    except DoesNotApplyError as reason:
        return Verdict.NOT_APPLICABLE, str(reason)
    except CannotSeeError as reason:
        return Verdict.UNKNOWN, str(reason)
    except PermissionError as error:
        return Verdict.UNKNOWN, f"this user may not look at {error.filename or 'that'}: who is not root sees less"
    except Exception as error:  # noqa: BLE001 - whatever a broken system does to a judge, the others go on
        return Verdict.UNKNOWN, f"could not look: {type(error).__name__}: {error}"
    if not seen:
        return Verdict.UNKNOWN, "there was nothing to look at"
    return Verdict.KEPT, ""


def _fit(seen: Seen, view: View) -> Seen:
    """Evidence that can be shown to anybody: no secret in it, and no more of it than a reader wants."""
    return Seen(*(_short(view.without_secrets(text)) for text in (seen.sent, seen.came_back, seen.fault)))


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} … ({len(text):,} characters)"
