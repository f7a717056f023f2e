"""The matrix of sabotages and checks as a page: rows are harms, columns the checks that they break."""

from __future__ import annotations

from collections.abc import Sequence

from stackyard.verify.areas import AREAS
from stackyard.verify.check import Check
from tests.engine.ground import Harm
from tests.verify.ground import Sabotage

_HEAD = """# What breaks each check

<!-- Written by `make docs` from the sabotages that the tests do; a test holds it fresh. -->

Each row is harm that the tests do to a living system. They demand that exactly the marked checks turn broken and no
other, that the next `stackyard up` puts it right (or, where it cannot, what the check tells a person to do), and that
nothing of it is left. A check that nothing here can break would be a defect, and a test says so.

{sabotages} sabotages, {checks} checks, {marks} times a check is broken.
"""


def matrix(checks: Sequence[Check], sabotages: Sequence[Sabotage | Harm]) -> str:
    """The page: a table an area, with the rows that break anything in it."""
    marks = sum(len(sabotage.breaks) for sabotage in sabotages)
    parts = [_HEAD.format(sabotages=len(sabotages), checks=len(checks), marks=marks)]
    for area, title in AREAS.items():
        columns = [check for check in checks if check.area == area]
        rows = [one for one in sabotages if any(check.id in one.breaks for check in columns)]
        parts.append(f"\n## {title}\n\n")
        parts += [f"{number}. `{check.id}`: {check.claim}\n" for number, check in enumerate(columns, 1)]
        heads = "".join(f"| {number} " for number in range(1, len(columns) + 1))
        parts.append(f"\n| sabotage {heads}|\n|---{'|:-:' * len(columns)}|\n")
        for row in rows:
            cells = "".join(f"| {'●' if check.id in row.breaks else ' '} " for check in columns)
            where = " (on Compose)" if isinstance(row, Harm) else ""
            parts.append(f"| {row.name}{where} {cells}|\n")
    return "".join(parts)
