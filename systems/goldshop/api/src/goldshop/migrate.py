"""`python -m goldshop.migrate [REVISION]`: bring the schema to a revision ("head" when none is named).

Outside of production an empty database then gets sample data. `status` says where the schema is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard_kit.migrations import Migrations, Samples, run_command

if TYPE_CHECKING:
    import asyncpg
    from sqlalchemy import Connection

MIGRATIONS = Migrations("goldshop", Path(__file__).parent / "migrations")


async def _are_there(connection: asyncpg.Connection[Any]) -> bool:
    return bool(await connection.fetchval("select exists (select from users)"))


def _load() -> Callable[[Connection], None]:
    from goldshop import sample_password

    # On another processor, while the rest is imported here.
    sample_password.digest()
    from goldshop import sample

    return sample.load_if_empty


SAMPLES = Samples(_are_there, _load)

if __name__ == "__main__":
    sys.exit(run_command(MIGRATIONS, sys.argv[1:], os.environ, samples=SAMPLES))
