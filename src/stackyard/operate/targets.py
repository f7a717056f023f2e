"""The tables of what each target keeps, side by side, and what one of them makes of a system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stackyard.model.system import System
from stackyard.targets.compose import support as compose
from stackyard.targets.names import COMPOSE, NATIVE
from stackyard.targets.native import table as native
from stackyard.targets.support import Row


@dataclass(frozen=True)
class Line:
    """One field of the stack file: the promises that it is about, and what each target does with it, by its name."""

    field: str
    promises: tuple[str, ...]
    targets: Mapping[str, Row]


def accept(system: System, target: str) -> tuple[str, ...]:
    """What a person should know who wants to run the system on that target; nothing of the machine is looked at.

    Raises MachineError, with its lines, for what the target does not keep and the file does not accept.
    """
    if target == COMPOSE:
        compose.refuse(system)
        return compose.notices(system)
    from stackyard.targets.native import refusals, support

    refusals.refuse(system)
    return support.notices(system)


def side_by_side(tables: Mapping[str, tuple[Row, ...]] | None = None) -> tuple[Line, ...]:
    """Every field that a target has a word on, in the order of the reference."""
    tables = tables or {NATIVE: native.table(), COMPOSE: compose.table()}
    by_field: dict[str, dict[str, Row]] = {}
    for name, rows in tables.items():
        for row in rows:
            by_field.setdefault(row.field, {})[name] = row
    return tuple(Line(field, _promises(found), found) for field, found in by_field.items())


def _promises(found: Mapping[str, Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(promise for row in found.values() for promise in row.promises))
