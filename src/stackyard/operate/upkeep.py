"""Keep a database up by hand, as the schedule does: with the owner's role and password, and nothing more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.backup import upkeep
from stackyard.resources.postgres.catalog import owner_role

if TYPE_CHECKING:
    from stackyard.backup.events import Tell
    from stackyard.backup.upkeep import Report
    from stackyard.targets.local.databases import Database


def keep_up(database: Database, backups: Path, tell: Tell, *, dry: bool, data: str = "") -> Report:
    """Keep the database up and record it in the folder `backups`; with `dry` only look.

    `data` is the folder of the database, where we can see it.

    Raises StateError when the owner's password is not in the store.
    """
    role = owner_role(database.system)
    way = upkeep.Way(
        part=database.resource.name,
        host=str(database.sockets),
        port=database.port,
        database=database.catalog.database,
        user=role,
        password=database.password(role),
        data=data,
    )
    return upkeep.keep_up(way, backups / upkeep.FILE, tell=tell, dry=dry)
