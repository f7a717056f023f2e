"""A copy for looking: in a folder of its own, or as a database beside the living one. Nothing that runs is touched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from stackyard.backup.events import Tell
from stackyard.backup.sets import new_id
from stackyard.errors import UsageError
from stackyard.operate.restoring.effects import Effects
from stackyard.operate.restoring.plan import RestorePlan
from stackyard.operate.restoring.restore import clear, recover_into

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}", re.ASCII)
_TAKEN = ("postgres", "template0", "template1")


@dataclass(frozen=True)
class Copy:
    """A part that was brought back: where it is, its last change (UTC, "" unknown), and how one looks into it."""

    part: str
    place: str
    last: str
    look: str


def is_folder(into: str) -> bool:
    """Whether `--into` names a folder, and no database."""
    return "/" in into or into in (".", "..")


def into_folder(effects: Effects, plan: RestorePlan, into: str, tell: Tell) -> tuple[Copy, ...]:
    """Every part of the plan into a folder of its name in the folder `into`. Raises UsageError, BackupError."""
    folder = effects.folder(into)
    made = []
    with effects.backups.held(tell):
        for part in plan.parts:
            place = str(folder / part.name)
            last = recover_into(effects, plan, part, place, tell)
            made.append(Copy(part.name, place, last, effects.look(part, Path(place))))
    return tuple(made)


def into_database(effects: Effects, plan: RestorePlan, name: str, tell: Tell) -> Copy:
    """The database of the plan into the running server, as the database `name`.

    Raises UsageError for a name that cannot be one, StateError for one that is taken, BackupError.
    """
    check_name(name)
    databases = [one for one in plan.parts if one.kind == "db"]
    if len(databases) != 1:
        raise UsageError("only one database can be brought in beside another", hint="Name it with --only.")
    (part,) = databases
    place = effects.beside(part, "restored", new_id(set()))
    with effects.backups.held(tell):
        clear(effects)
        try:
            last = recover_into(effects, plan, part, place, tell)
            effects.copies.side_database(part.name, place, name, tell)
        finally:
            clear(effects)
    return Copy(part.name, name, last, f"stackyard db shell --db {part.name} -- --dbname={name}")


def check_name(name: str) -> None:
    """Raises UsageError for what is no name of a new database."""
    if not _NAME.fullmatch(name) or name in _TAKEN:
        raise UsageError(
            f"{name!r} is no name for a database beside the living one",
            hint="Lower-case letters, digits and underscores, as in before_import. A folder has a slash: ./copy.",
        )
