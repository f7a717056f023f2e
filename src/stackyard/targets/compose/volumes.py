"""Which volumes hold what, where it is not as their names say: a replica that took over has kept its volume.

Volumes cannot be renamed. So the document goes on calling the primary's data `db-data`, and says which volume that is.
The record is as precious as the data: without it the names would be believed again, and a server would be given data
that only follows, with which it refuses to start.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from stackyard.errors import StateError
from stackyard.targets.compose.layout import Layout
from stackyard.targets.local.state import write_whole

Volumes = Mapping[str, str]
"""By the name that a volume would have, the name of the one that is used."""


def read(layout: Layout) -> Volumes:
    """The volumes of an environment that are others than their names say. Raises StateError for a damaged record."""
    file = layout.volumes_file
    try:
        found = json.loads(file.read_text())
        return {str(name): str(used) for name, used in found.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, OSError) as error:
        raise StateError(
            f"{file} is damaged: it says which volume holds the data of which server",
            hint='As in {"shop-production_db-data": "shop-production_db-replica-1-data", and the other way round}. '
            "The volume without standby.signal beside its PG_VERSION is the primary's.",
        ) from error


def write(layout: Layout, found: Volumes) -> None:
    """Record them all, on the disk before this returns."""
    moved = {name: used for name, used in found.items() if name != used}
    write_whole(layout.volumes_file, json.dumps(moved, indent=1, sort_keys=True) + "\n", durably=True)
