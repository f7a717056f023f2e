"""What a plan is decided by, asked once."""

from __future__ import annotations

from stackyard.operate.restoring.effects import Effects
from stackyard.operate.restoring.plan import Facts


def gather(effects: Effects) -> Facts:
    """Look at the backups and at what is there now. Raises StackyardError when the backups cannot be read."""
    parts, backups = effects.parts(), effects.backups
    databases = [one.name for one in parts if one.kind == "db"]
    return Facts(
        sets=backups.sets(),
        left=backups.left(),
        parts=parts,
        filled=frozenset(one.name for one in parts if effects.is_filled(one)),
        space=effects.space(),
        newest={name: backups.newest(name) for name in databases},
        continuous=frozenset(name for name in databases if backups.has_wal(name)),
        drilled=backups.drilled(),
        answering=frozenset(name for name in databases if effects.answers(name)),
        code={name: effects.code(name) for name in databases},
    )
