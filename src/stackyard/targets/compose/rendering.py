"""What rendering for Compose takes and gives. Values only: nothing here reads, writes or runs anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from stackyard.model.files import File
from stackyard.resources.environment import Piece as Piece
from stackyard.resources.environment import SecretPiece as SecretPiece
from stackyard.targets.compose import names
from stackyard.targets.compose.images import NGINX_VERSION

LABEL = "org.stackyard"
LABEL_SYSTEM = f"{LABEL}.system"
LABEL_ENVIRONMENT = f"{LABEL}.environment"
LABEL_PART = f"{LABEL}.part"
LABEL_MARK = f"{LABEL}.mark."
"""The prefix of marks: `org.stackyard.mark.definition` and so on, digests by which a plan sees what has changed."""

LABEL_JOB = f"{LABEL}.job"
"""Of containers that run once."""

LABEL_SOURCE = f"{LABEL}.source"
"""On images that we build, and so on their containers: the digest of the source that they were built from."""

FACETS = ("definition", "config", "image", "secrets")
"""What marks stand for; the facets of a container bear the same names."""

Document = Mapping[str, Any]
"""A Compose document as plain values, in the order in which it is written."""


@dataclass(frozen=True)
class Places:
    """Where the files go: `folder` is absolute. All paths in the documents are relative to it.

    With `ejected` the folder is to live without Stackyard: no marks of secrets, and the database initialises itself.
    """

    folder: Path
    ejected: bool = False


@dataclass(frozen=True)
class Entrance:
    """What an image that is not ours runs by itself, as the engine says."""

    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """How what we build is built: the files of `images/<service>/` and what `docker build` is told besides.

    context:   the folder that is built from; None: a project's own folder, for the edge the folder of its files
    contexts:  further folders by name, which the Dockerfile copies from
    """

    files: tuple[File, ...]
    context: Path | None = None
    contexts: Mapping[str, Path] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Inputs:
    """All that rendering knows besides the system. Sizes in bytes.

    ports:         on the host, by slot ("edge.http", "edge.https", "db", "api-1"): see `slots.wishes`
    places:        where the files go
    tags:          the tag of what we build, by service; the edge is "edge"; one that is missing is "local"
    marks:         by Compose service, the keyed digest of its secret files; none while there are none
    entrances:     by service, what its image (not ours) runs by itself; one that is missing is unknown
    recipes:       by service ("edge" for the edge), how what we build is built
    cores, memory: of the machine
    nginx_version: of the edge's image
    stack_file:    the text of the stack file, which goes into the backups
    recipient:     whom backups of secrets are encrypted to where the stack file names nobody
    volumes:       by the name that a volume would have, the name of the one that is used in its place
    """

    ports: Mapping[str, int]
    places: Places
    tags: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    entrances: Mapping[str, Entrance] = field(default_factory=dict)
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    cores: int = 2
    memory: int = 4 * 1024**3
    nginx_version: tuple[int, ...] = NGINX_VERSION
    stack_file: str = ""
    recipient: str = ""
    volumes: Mapping[str, str] = field(default_factory=dict)

    def volume(self, project: str, key: str) -> str:
        """The name of the volume that the document of a project calls `key`."""
        usual = names.volume(project, key)
        return self.volumes.get(usual, usual)


@dataclass(frozen=True)
class SecretFile:
    """A file that is assembled from the store of secrets when it is written, and that a container reads.

    path:        relative to the folder
    environment: whose secrets it takes
    service:     the Compose service that reads it
    form:        environment: lines NAME='value' for sh; whole: the pieces joined, nothing around them;
                 acl: users of a Redis, as digests (names are users, pieces their passwords)
    entries:     names (empty for `whole`) with the pieces of their values; besides the secrets of the store, pieces
                 name `certificate:<part>` and `key:<part>`, the PEM files of a part that speaks TLS
    """

    path: PurePosixPath
    environment: str
    service: str
    form: Literal["environment", "whole", "acl"]
    entries: tuple[tuple[str, tuple[Piece, ...]], ...]
    mode: int = 0o444

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of the secrets that it is made of, each once, sorted."""
        pieces = (piece for _, value in self.entries for piece in value)
        return tuple(sorted({piece.name for piece in pieces if isinstance(piece, SecretPiece)}))


@dataclass(frozen=True)
class Container:
    """A Compose service: `replicas` containers of it. Names are those of Compose services.

    part:     the part of the stack file (or "edge", or "monitoring")
    kind:     part: runs always; cron: waits for its times; job: runs once, and is done when it exits with 0
    facets:   digests by which a plan sees what changed: FACETS, without those that it does not have
    after:    the services that it waits for
    image:    the reference of its image
    built:    the key of `Rendered.builds`, or "" for an image that is pulled
    checked:  it has a health check; one without is ready when it runs
    secret_files, configs: paths of what it mounts, relative to the folder
    networks, volumes: keys of the document
    overlay:  "monitoring" for what runs with that overlay only
    """

    name: str
    part: str
    kind: Literal["part", "cron", "job"]
    replicas: int
    facets: Mapping[str, str]
    after: tuple[str, ...]
    image: str
    built: str = ""
    checked: bool = True
    secret_files: tuple[PurePosixPath, ...] = ()
    configs: tuple[PurePosixPath, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    stop_grace: float = 15.0
    overlay: str = ""


@dataclass(frozen=True)
class Network:
    """A network: `key` in the document, `name` for the engine. `subnet` is empty when the engine chooses."""

    key: str
    name: str
    internal: bool
    subnet: str = ""


@dataclass(frozen=True)
class Volume:
    """A volume: `key` in the document, `name` for the engine, `part` whose data it holds."""

    key: str
    name: str
    part: str


@dataclass(frozen=True)
class Build:
    """An image that we build: paths relative to the folder, `contexts` further named ones.

    kind: python, edge and backups have a Dockerfile of ours; dockerfile is the user's own.
    """

    service: str
    kind: Literal["python", "edge", "backups", "dockerfile"]
    image: str
    context: str
    dockerfile: str
    contexts: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rendered:
    """Everything for one environment, and the overlays of the others.

    project:      the name of the Compose project
    files:        what to write; none of it is secret
    documents:    by file name, what stands in the YAML files
    order:        the files of this environment, as `docker compose -f ... -f ...` takes them
    document:     what they make together, merged
    secret_files: to be assembled (those of other environments, too)
    builds:       by service
    pulls:        images that are not built here, in the order of the document
    """

    project: str
    files: tuple[File, ...]
    documents: Mapping[str, Document]
    order: tuple[str, ...]
    document: Document
    containers: Mapping[str, Container]
    secret_files: tuple[SecretFile, ...]
    networks: tuple[Network, ...]
    volumes: tuple[Volume, ...]
    builds: Mapping[str, Build]
    pulls: tuple[str, ...]
