"""The matrix of sabotages and checks as a page: rows are harms, columns the checks that they break."""

from __future__ import annotations

from collections.abc import Sequence

from stackyard.targets.names import COMPOSE, NATIVE
from stackyard.verify.areas import AREAS
from stackyard.verify.check import Check
from tests.verify.sabotage import Sabotage

_HEAD = """# What breaks each check

<!-- Written by `make docs` from the sabotages that the tests do; a test holds it fresh. -->

Each row is harm that the tests do to a living system. They demand that exactly the marked checks turn broken and no
other, that the next `stackyard up` puts it right (or, where it cannot, what the check tells a person to do), and that
nothing of it is left. A check that nothing here can break would be a defect, and a test says so.

● is a check that breaks on both targets, ◐ natively only, ◑ on Compose only: because the harm can be done there only,
or because the check concerns that target only.

{sabotages} sabotages, {native} of them done natively and {compose} on Compose; {checks} checks; {marks} times a check
is broken.
"""
_MARKS = {(True, True): "●", (True, False): "◐", (False, True): "◑", (False, False): " "}


def matrix(checks: Sequence[Check], sabotages: Sequence[Sabotage]) -> str:
    """The page: a table an area, with the rows that break anything in it."""
    broken = {one: one.breaks_on(NATIVE) | one.breaks_on(COMPOSE) for one in sabotages}
    counts = {target: sum(target in one.targets for one in sabotages) for target in (NATIVE, COMPOSE)}
    marks = sum(map(len, broken.values()))
    parts = [_HEAD.format(sabotages=len(sabotages), checks=len(checks), marks=marks, **counts)]
    for area, title in AREAS.items():
        columns = [check for check in checks if check.area == area]
        rows = [one for one in sabotages if any(check.id in broken[one] for check in columns)]
        parts.append(f"\n## {title}\n\n")
        parts += [f"{number}. `{check.id}`: {check.claim}\n" for number, check in enumerate(columns, 1)]
        heads = "".join(f"| {number} " for number in range(1, len(columns) + 1))
        parts.append(f"\n| sabotage {heads}|\n|---{'|:-:' * len(columns)}|\n")
        for row in rows:
            cells = "".join(f"| {_mark(row, check.id)} " for check in columns)
            parts.append(f"| {row.name} {cells}|\n")
    return "".join(parts)


def _mark(row: Sabotage, check: str) -> str:
    return _MARKS[check in row.breaks_on(NATIVE), check in row.breaks_on(COMPOSE)]
