"""Where the Compose target keeps things, beside what it shares with other targets of this machine.

compose       the rendered files, with the assembled secrets in compose/secrets
compose.json  what was made, as it was made
compose-volumes.json  which volumes hold what, once a replica took over
ended         what containers said that are gone
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stackyard.targets.local import layout


@dataclass(frozen=True)
class Layout(layout.Layout):
    """The folders of one system in one environment, for Compose."""

    @property
    def rendered(self) -> Path:
        """The folder of the Compose project."""
        return self.folder / "compose"

    @property
    def state_file(self) -> Path:
        return self.folder / "compose.json"

    @property
    def volumes_file(self) -> Path:
        """The record of the volumes that hold something else than their names say."""
        return self.folder / "compose-volumes.json"

    @property
    def ended(self) -> Path:
        """The folder of the logs of containers that are gone."""
        return self.folder / "ended"
