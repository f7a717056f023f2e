"""What the target has to know before it decides: one look at the engine, this machine, and the folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from stackyard.errors import StateError
from stackyard.model.system import DockerSource, ImageSource, PythonSource, Service, StaticSource, System
from stackyard.targets.compose import assembling, commands, names, slots, volumes
from stackyard.targets.compose.dockerfiles import recipes
from stackyard.targets.compose.engine import Engine
from stackyard.targets.compose.layout import Layout
from stackyard.targets.compose.names import BACKUPS
from stackyard.targets.compose.rendering import Entrance, Inputs, Places, Recipe, Rendered, SecretFile
from stackyard.targets.compose.snapshot import Container, Eye, Image, Snapshot
from stackyard.targets.local import fingerprint, holders, npm_project, ports
from stackyard.targets.local.backups import recipient
from stackyard.targets.local.python_project import source_digest
from stackyard.targets.names import EDGE


@dataclass(frozen=True)
class Machine:
    """Everything read. `sources` are digests of what services are made of, `recipes` how what we build is built."""

    layout: Layout
    engine: Engine
    ports: Mapping[str, int]
    notes: tuple[str, ...]
    sources: Mapping[str, str]
    recipes: Mapping[str, Recipe]
    volumes: volumes.Volumes = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, Image] = field(default_factory=dict)

    def inputs(self, system: System) -> Inputs:
        """What rendering takes of it."""
        return Inputs(
            ports=self.ports,
            places=Places(self.layout.rendered),
            tags=self._tags(system),
            marks=self.marks,
            entrances={service.name: self._entrance(service) for service in system.services},
            recipes=self.recipes,
            cores=self.engine.cores,
            memory=self.engine.memory,
            stack_file=system.file.read_text() if system.backups is not None else "",
            recipient=recipient(system, self.layout.secrets),
            volumes=self.volumes,
        )

    def with_volumes(self) -> Machine:
        """The same machine with data in other volumes, as the record has them. Raises StateError."""
        return replace(self, volumes=volumes.read(self.layout))

    def with_images(self, images: Mapping[str, Image]) -> Machine:
        """The same machine with more images on its engine."""
        return replace(self, images={**self.images, **images})

    def with_marks(self, system: System, files: tuple[SecretFile, ...]) -> Machine:
        """The same machine after secrets or certificates were made."""
        return replace(self, marks=assembling.marks(files, self.layout, assembling.reader(system, self.layout)))

    def _tags(self, system: System) -> dict[str, str]:
        """Tags say what is in an image, so that one which is there need not be built again."""
        made = {name: self._tag(name, [self.sources.get(name, "")]) for name in self.sources}
        fronts = [self.sources[service.name] for service in system.services if service.is_static]
        return {**made, EDGE: self._tag(EDGE, fronts), BACKUPS: self._tag(BACKUPS, [])}

    def _tag(self, name: str, sources: list[str]) -> str:
        recipe = self.recipes.get(name)
        files = [f"{file.path}\0{file.content}" for file in recipe.files] if recipe else []
        arguments = [f"{key}={value}" for key, value in sorted(recipe.arguments.items())] if recipe else []
        return fingerprint.of_texts([*sources, *files, *arguments])[:12]

    def _entrance(self, service: Service) -> Entrance:
        """While the image is not here yet, nothing that runs in it can be started, so anything will do."""
        reference = service.source.image if isinstance(service.source, ImageSource) else ""
        found = self.images.get(reference)
        return Entrance(found.entrypoint, found.command) if found else Entrance((), ("true",))


def read(
    system: System,
    layout: Layout,
    engine: Engine,
    containers: tuple[Container, ...],
    eye: Eye,
    sources: Mapping[str, str],
    *,
    new_ports: bool,
) -> Machine:
    """Read this machine for this system. `containers` are those of its project, `sources` what `sources` says.

    Raises MachineError for a port that cannot be had, StateError for a project that belongs to somebody else.
    """
    refuse_foreigners(system, layout, containers)
    tell = holder(eye)
    choice = ports.choose(
        slots.wishes(system),
        root=system.root,
        remembered={} if new_ports else ports.load(layout.ports_file),
        taken=lambda port, addresses: ports.taken(port, addresses) and (tell(port) or ports.taken(port, addresses)),
        is_taken=ports.is_taken,
        ours=frozenset(port for one in containers if one.holds_ports for port in one.ports),
        strict=system.is_production,
    )
    made = recipes(system, layout.rendered)
    return Machine(layout, engine, choice.ports, choice.notes, sources, made, volumes.read(layout))


def refuse_foreigners(system: System, layout: Layout, containers: tuple[Container, ...]) -> None:
    """Raise StateError when somebody else has a project of this name: two checkouts, or something not ours."""
    for one in containers:
        if "org.stackyard.system" not in one.labels:
            raise StateError(
                f"the Compose project {names.project(system)} is not Stackyard's: {one.folder or one.name}",
                hint="Give the system another name in the stack file, or take that project down.",
            )
        if one.folder and os.path.realpath(one.folder) != os.path.realpath(layout.rendered):
            raise StateError(
                f"{system.name} ({system.environment}) is there already, from {one.folder}",
                hint="Take it down there: one engine holds one of each name. Or give this one another name.",
            )


def snapshot(eye: Eye, rendered: Rendered, containers: tuple[Container, ...]) -> Snapshot:
    """What the engine has of the things that the rendered project names."""
    images = [*rendered.pulls, *(build.image for build in rendered.builds.values())]
    found = eye.read(
        "",
        images=images,
        volumes=[volume.name for volume in rendered.volumes],
        networks=[network.name for network in rendered.networks],
    )
    return replace(found, containers=containers)


def holder(eye: Eye) -> Callable[[int], str]:
    """Who holds a port: a container by its name, or else a process."""

    def tell(port: int) -> str:
        found = eye.names(commands.publishing(port))
        return f"the container {found[0]}" if found else holders.port_owner(port)

    return tell


def sources(system: System) -> dict[str, str]:
    """Digests of what services are made of, by service. What the stack file says has facets of its own."""
    made = {}
    without = fingerprint.not_sources(system)
    for service in system.services:
        source = service.source
        if isinstance(source, PythonSource):
            made[service.name] = source_digest(source.path, without=without)
        elif isinstance(source, StaticSource):
            made[service.name] = npm_project.source_digest(source, without=without)
        elif isinstance(source, DockerSource):
            made[service.name] = fingerprint.of_folder(source.path, without=without)
    return made
