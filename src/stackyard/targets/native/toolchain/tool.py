"""What the toolchain speaks about: what is wanted, what is there, and what would have to be fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from stackyard.model.values import Position, Version

Source = Literal["system", "distribution", "npm", "pypi", "brew"]
Numbers = tuple[int, ...]


def dotted(version: Numbers) -> str:
    """The version as people write it: (16, 14) is "16.14"."""
    return ".".join(str(number) for number in version)


@dataclass(frozen=True)
class Want:
    """A binary by its name in the catalogue, the version promised for it, and where in the file that stands."""

    name: str
    version: Version | None = None
    position: Position | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.version}" if self.version else self.name

    def accepts(self, found: Numbers) -> bool:
        """True when a program of that version keeps the promise."""
        return self.version is None or self.version.accepts(found)


@dataclass(frozen=True)
class Tool:
    """A binary that runs on this machine. `environment` must be added to that of its processes; `why` is a sentence."""

    name: str
    path: Path
    version: Numbers
    source: Source
    why: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The folder of the binary, where its companions are (initdb beside postgres)."""
        return self.path.parent

    def __str__(self) -> str:
        return f"{self.name} {dotted(self.version)}"


@dataclass(frozen=True)
class Fetch:
    """What would be fetched for a want: from where, which packages (each with its version), how big. Sizes in bytes.

    `unit` is the package that gives the tool, as named in the catalogue with every placeholder filled in.
    """

    want: Want
    source: Source
    unit: str
    version: Numbers
    packages: tuple[str, ...]
    download: int
    disk: int
    why: str

    @property
    def name(self) -> str:
        return self.want.name

    def __str__(self) -> str:
        return f"{self.name} {dotted(self.version)}"
