"""`python -m goldshop.people`: the first person who signs in, lost passwords, other roles; `--help` says how."""

from __future__ import annotations

import os
import sys

from goldshop.parts import Role
from goldshop.tables import Table, identity
from stackyard_kit.people import People, run_command

PEOPLE = People(Table.metadata.tables["users"], identity, tuple(Role))

if __name__ == "__main__":
    sys.exit(run_command(PEOPLE, sys.argv[1:], {"SERVICE": "goldshop", **os.environ}))
