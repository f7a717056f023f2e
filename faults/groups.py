"""The groups of the suite, in the order in which they are run and shown."""

from __future__ import annotations

from collections.abc import Mapping

from faults import commands, compose, fuzz, hostile, machine, parts, power
from faults.result import Group

GROUPS: Mapping[str, Group] = {
    commands.GROUP: commands.run,
    parts.GROUP: parts.run,
    power.GROUP: power.run,
    machine.GROUP: machine.run,
    compose.GROUP: compose.run,
    fuzz.GROUP: fuzz.run,
    hostile.GROUP: hostile.run,
}
