"""Containers for a moment, in no project, beside the data of a system: what is needed is an image and its volumes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stackyard.operate.compose.running import PROJECT
from stackyard.targets.compose import commands, names, volumes
from stackyard.targets.compose.backup_job import DATA
from stackyard.targets.compose.layout import Layout
from stackyard.targets.local.state import Record

_BESIDE = "beside"
"""In the record of the target: with which image the data of which parts is reached, without a stack file."""


@dataclass(frozen=True)
class Beside:
    """An image, and the volumes that its containers have at hand: the path of each by its name."""

    image: str
    volumes: dict[str, str]

    @staticmethod
    def of(layout: Layout) -> Beside | None:
        """As it was noted for the system of that folder, None where it never was."""
        record = Record(layout.state_file)
        noted, project = record.facets(_BESIDE), (record.facets(PROJECT) or {}).get("name", "")
        if noted is None or not project:
            return None
        return beside(layout, project, noted["image"], noted["parts"].split(","))

    def apart(
        self,
        argv: Sequence[str],
        *,
        user: str,
        name: str = "",
        network: str = "none",
        scratch: Iterable[str] = (),
        capabilities: Iterable[str] = (),
    ) -> commands.Argv:
        """A container with them; see `commands.apart`."""
        return commands.apart(
            self.image,
            argv,
            self.volumes,
            user=user,
            name=name,
            network=network,
            scratch=scratch,
            capabilities=capabilities,
        )


def beside(layout: Layout, project: str, image: str, parts: Iterable[str]) -> Beside:
    """The volumes of these parts, where a restore has them, too."""
    used = volumes.read(layout)
    usual = {part: names.volume(project, f"{part}-data") for part in parts}
    return Beside(image, {used.get(name, name): f"{DATA}/{part}" for part, name in usual.items()})


def note(layout: Layout, image: str, parts: Iterable[str]) -> None:
    """Note with which image the data of these parts is reached, where nothing else is there to do it."""
    record = Record(layout.state_file)
    facets = {"image": image, "parts": ",".join(parts)}
    if record.facets(_BESIDE) != facets:
        record.note(_BESIDE, facets)
