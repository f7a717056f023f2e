"""A container as its part draws it, before the whole document is put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

from stackyard.targets.compose.rendering import Build, SecretFile

Body = dict[str, Any]


@dataclass(frozen=True)
class Config:
    """A file that a container reads. `path` is relative to the folder, or to another place when `content` is None.

    `key` names it in the document, `target` is where the container finds it.
    """

    key: str
    path: str
    target: str
    content: str | None
    mode: int = 0o644


@dataclass(frozen=True)
class SecretMount:
    """An assembled file that a container reads at `target`: a name below /run/secrets, or an absolute path."""

    key: str
    file: SecretFile
    target: str


@dataclass(frozen=True)
class Draft:
    """One Compose service. `body` holds what its part decides; the rest is the same for all and added later.

    `data` maps keys of volumes to where they are mounted; `needs` maps Compose services to the condition waited for;
    `addresses` are those that it must have, by network.
    """

    name: str
    part: str
    body: Body
    kind: Literal["part", "cron", "job"] = "part"
    replicas: int = 1
    configs: tuple[Config, ...] = ()
    secrets: tuple[SecretMount, ...] = ()
    data: Mapping[str, str] = field(default_factory=dict)
    networks: tuple[str, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    build: Build | None = None
    overlay: str = ""
    stop_grace: float = 15.0


def rendered(part: str, name: str, target: str, content: str, mode: int = 0o644) -> Config:
    """A configuration file of a part, mounted at `target`."""
    return Config(f"{part}-{name}", str(PurePosixPath("config", part, name)), target, content, mode)
