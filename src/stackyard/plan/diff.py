"""The decision: which steps turn what was observed into what is desired."""

from __future__ import annotations

from collections.abc import Sequence

from stackyard.plan.element import Element, Kind, Observed, Seen
from stackyard.plan.order import in_order
from stackyard.plan.step import Downtime, Plan, Step, Verb

_FIRST = {
    Kind.TOOL: Verb.FETCH,
    Kind.CERTIFICATE: Verb.ISSUE,
    Kind.FILES: Verb.WRITE,
    Kind.DATA: Verb.CREATE,
    Kind.ENVIRONMENT: Verb.INSTALL,
    Kind.SITE: Verb.BUILD,
    Kind.CATALOG: Verb.RECONCILE,
    Kind.SETTINGS: Verb.RECONCILE,
    Kind.INIT: Verb.INIT,
    Kind.MIGRATION: Verb.MIGRATE,
    Kind.PROCESS: Verb.START,
}
_ABSENT = {
    Kind.TOOL: "not on this machine",
    Kind.CERTIFICATE: "there is none",
    Kind.DATA: "there is no data yet",
    Kind.ENVIRONMENT: "not installed yet",
    Kind.SITE: "not built yet",
    Kind.CATALOG: "roles and extensions can only be compared once it runs",
    Kind.INIT: "they run once, on first creation",
    Kind.MIGRATION: "not migrated yet",
    Kind.PROCESS: "it does not run",
}


def diff(system: str, environment: str, target: str, desired: Sequence[Element], observed: Observed) -> Plan:
    """The plan. Elements that are as they should be give no step; processes nobody wants any more are stopped."""
    ordered = in_order(desired)
    wanted = {element.id for element in desired}
    steps = [_stop(name, seen) for name, seen in observed.items() if _is_process(name) and name not in wanted]
    for element in ordered:
        if step := _step(element, observed.get(element.id)) or _again(element, steps):
            steps.append(step)
    return Plan(system, environment, target, tuple(_with_waits(steps, ordered)))


def _is_process(name: str) -> bool:
    return name.startswith(f"{Kind.PROCESS}:")


def _stop(name: str, seen: Seen) -> Step:
    subject = name.removeprefix(f"{Kind.PROCESS}:")
    return Step(Verb.STOP, subject, "no longer in the stack file", Downtime.NONE, name, Kind.PROCESS, seen.part)


def _step(element: Element, seen: Seen | None) -> Step | None:
    if seen is None:
        return _make(element, _FIRST[element.kind], _ABSENT.get(element.kind, "not there yet"), Downtime.NONE)
    if seen.broken:
        return _make(element, _FIRST[element.kind], seen.broken, Downtime.NONE)
    changed = sorted(
        name for name in {*element.facets, *seen.facets} if element.facets.get(name) != seen.facets.get(name)
    )
    if not changed:
        return None
    cause = f"changed: {', '.join(changed)}"
    if element.kind is Kind.DATA:
        # What is there is never made anew; only what surrounds it (a password, a bucket) is put right.
        return _make(element, Verb.RECONCILE, cause, Downtime.NONE)
    if element.kind is not Kind.PROCESS:
        return _make(element, _FIRST[element.kind], cause, Downtime.NONE)
    if element.reloadable.issuperset(changed):
        return _make(element, Verb.RELOAD, cause, Downtime.NONE)
    return _make(element, Verb.RESTART, cause, Downtime.BRIEF)


def _again(element: Element, steps: Sequence[Step]) -> Step | None:
    """What is right, and may no longer be after a step of those before it; what starts itself is seen to by that."""
    if not element.again_after:
        return None
    begun = {step.element for step in steps if step.verb in (Verb.START, Verb.RESTART)}
    if element.again_after not in begun or not begun.isdisjoint(element.after):
        return None
    cause = f"it shows once {element.again_after.partition(':')[2]} is started"
    return _make(element, _FIRST[element.kind], cause, Downtime.NONE)


def _make(element: Element, verb: Verb, cause: str, downtime: Downtime) -> Step:
    return Step(verb, element.title, cause, downtime, element.id, element.kind, element.part, element.after)


def _with_waits(steps: Sequence[Step], ordered: Sequence[Element]) -> list[Step]:
    """Steps wait for steps only: an element without a step is right already, but what it stands on may have one."""
    own = {step.element for step in steps}
    waits: dict[str, tuple[str, ...]] = {}
    for element in ordered:
        found: dict[str, None] = {}
        for before in element.after:
            found.update(dict.fromkeys([before] if before in own else waits.get(before, ())))
        waits[element.id] = tuple(found)
    return [
        Step(
            step.verb,
            step.subject,
            step.cause,
            step.downtime,
            step.element,
            step.kind,
            step.part,
            waits.get(step.element, ()),
        )
        for step in steps
    ]
