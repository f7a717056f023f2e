"""The groups of the suite, in the order in which they are run and shown."""

from __future__ import annotations

from collections.abc import Mapping

from faults import backups, commands, compose, fuzz, hostile, machine, parts, power, recovery, repository, restore
from faults.result import Group

GROUPS: Mapping[str, Group] = {
    commands.GROUP: commands.run,
    parts.GROUP: parts.run,
    power.GROUP: power.run,
    machine.GROUP: machine.run,
    backups.GROUP: backups.run,
    repository.GROUP: repository.run,
    recovery.GROUP: recovery.run,
    restore.GROUP: restore.run,
    compose.GROUP: compose.run,
    fuzz.GROUP: fuzz.run,
    hostile.GROUP: hostile.run,
}
