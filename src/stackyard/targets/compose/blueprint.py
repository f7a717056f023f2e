"""What should exist on the engine: the rendered project as elements. Pure; everything read is in `Machine`."""

from __future__ import annotations

from dataclasses import dataclass

from stackyard.model.files import File
from stackyard.model.system import Objects, Postgres, Redis, Service, System
from stackyard.plan.element import Element, Kind
from stackyard.resources.postgres.replication import replicas
from stackyard.resources.secrets import needed
from stackyard.targets.compose import assembling
from stackyard.targets.compose.machine import Machine
from stackyard.targets.compose.rendering import Container, Rendered, SecretFile, Volume
from stackyard.targets.local import fingerprint
from stackyard.targets.local.certificate import hosts

SECRETS = "files:secrets"
FILES = "files:compose"
REPLICAS = "replicas"
"""A facet of processes that no container bears: another count changes none of those that run."""


@dataclass(frozen=True)
class Blueprint:
    """Elements in the order of the document, and the project that they were drawn from."""

    elements: tuple[Element, ...]
    rendered: Rendered
    secret_files: tuple[SecretFile, ...]
    """Those of this environment."""

    def element(self, name: str) -> Element:
        """The element of that id. Raises KeyError."""
        for element in self.elements:
            if element.id == name:
                return element
        raise KeyError(name)

    def container(self, element: str) -> Container:
        """The container of a process element. Raises KeyError."""
        return self.rendered.containers[element.partition(":")[2]]

    @property
    def files(self) -> tuple[File, ...]:
        return self.rendered.files

    def migration(self, service: str) -> Container:
        """The job that migrates for a service. Raises KeyError."""
        return next_job(self.rendered, service)

    def preparation(self, data: str) -> Container:
        """The job that prepares a volume, by its element; the first of a part at most. Raises KeyError."""
        return next_job(self.rendered, data.removeprefix(f"{Kind.DATA}:"))

    def published(self, service: str) -> frozenset[int]:
        """The ports of the engine's machine that a Compose service takes."""
        ports = self.rendered.document["services"].get(service, {}).get("ports") or ()
        return frozenset(int(one["published"]) for one in ports if "published" in one)

    def processes(self) -> tuple[Container, ...]:
        """What runs for good: everything but jobs."""
        return tuple(one for one in self.rendered.containers.values() if one.kind != "job")


def next_job(rendered: Rendered, part: str) -> Container:
    """The job of a part. Raises KeyError when it has none."""
    for one in rendered.containers.values():
        if one.kind == "job" and one.part == part:
            return one
    raise KeyError(part)


def draw(system: System, machine: Machine, rendered: Rendered) -> Blueprint:
    """The blueprint of a system, rendered for this machine."""
    own = tuple(file for file in rendered.secret_files if file.environment == system.environment)
    drawing = _Drawing(system, machine, rendered, own)
    return Blueprint(tuple(drawing.all()), rendered, own)


class _Drawing:
    def __init__(self, system: System, machine: Machine, rendered: Rendered, own: tuple[SecretFile, ...]) -> None:
        self.system = system
        self.machine = machine
        self.rendered = rendered
        self.secret_files = own
        self.services = system.services_by_name
        self.resources = system.resources_by_name
        self.jobs = {one.name: one for one in rendered.containers.values() if one.kind == "job"}
        first = {volume.part: volume.key for volume in reversed(rendered.volumes)}
        self.data = {one.key: one.part if first[one.part] == one.key else one.key for one in rendered.volumes}
        """The names of data: the first volume of a part goes by the part's."""

    def all(self) -> list[Element]:
        made = [Element(SECRETS, Kind.FILES, "secrets", "secrets", {"names": self._names()})]
        made += self._certificates()
        made.append(self._files(tuple(one.id for one in made)))
        made += self._images()
        made += [self._data(volume) for volume in self.rendered.volumes]
        for one in self.rendered.containers.values():
            made += self._container(one)
        return made

    def _names(self) -> str:
        return ",".join(sorted(spec.name for spec in needed(self.system)))

    def _certificates(self) -> list[Element]:
        issued = [
            part
            for part in assembling.issued_for(self.secret_files)
            if assembling.certificate_file(self.system, self.machine.layout, part)
            == self.machine.layout.certificate(part)
        ]
        return [
            Element(
                f"{Kind.CERTIFICATE}:{part}",
                Kind.CERTIFICATE,
                part,
                f"the certificate of {part}",
                {"hosts": ",".join(hosts(self.system, part))},
            )
            for part in issued
        ]

    def _files(self, after: tuple[str, ...]) -> Element:
        facets = {"content": fingerprint.of_files(self.rendered.files)}
        if self.secret_files:
            facets["secrets"] = fingerprint.of_texts(f"{k}={v}" for k, v in sorted(self.machine.marks.items()))
        return Element(FILES, Kind.FILES, "compose", "the Compose project", facets, after)

    def _images(self) -> list[Element]:
        made = [Element(image_of(one), Kind.TOOL, one, f"the image {one}") for one in self.rendered.pulls]
        for build in self.rendered.builds.values():
            title = f"the image of {build.service}"
            made.append(
                Element(image_of(build.service), Kind.SITE, build.service, title, {"tag": build.image}, (FILES,))
            )
        return made

    def _data(self, volume: Volume) -> Element:
        """A volume, and what has to be done in it before its part starts."""
        part, name = volume.part, self.data[volume.key]
        job = next((one for one in self.jobs.values() if one.part == name and name not in self.services), None)
        after = (FILES, image_of(job.built or job.image)) if job else ()
        facets = {**(dict(job.facets) if job else {}), "volume": volume.name}
        return Element(f"{Kind.DATA}:{name}", Kind.DATA, part, f"the data of {name}", facets, after)

    def _container(self, one: Container) -> list[Element]:
        if one.kind == "job":
            return [self._migration(one, self.services[one.part])] if one.part in self.services else []
        resource = self.resources.get(one.part)
        process = Element(
            f"{Kind.PROCESS}:{one.name}",
            Kind.PROCESS,
            one.part,
            one.name,
            {**one.facets, REPLICAS: str(one.replicas)},
            self._after(one),
            frozenset(_reloadable(one, resource)),
        )
        made = [process]
        if replica := replicas(self.system).get(one.name):
            made.append(
                Element(
                    f"{Kind.SETTINGS}:{one.name}",
                    Kind.SETTINGS,
                    one.part,
                    f"how {one.name} follows",
                    after=(process.id,),
                    again_after=f"{Kind.PROCESS}:{replica.primary.name}",
                )
            )
        if isinstance(resource, Postgres | Redis):
            title = f"the settings of {one.part}"
            made.append(Element(f"{Kind.SETTINGS}:{one.part}", Kind.SETTINGS, one.part, title, after=(process.id,)))
        if isinstance(resource, Postgres):
            made += _catalog(one.part, process.id)
        return made

    def _migration(self, one: Container, service: Service) -> Element:
        source = self.machine.sources.get(service.name, "")
        facets = {"source": source or one.image}
        title = f"the schema of {service.name}"
        return Element(
            f"{Kind.MIGRATION}:{service.name}", Kind.MIGRATION, service.name, title, facets, self._after(one)
        )

    def _after(self, one: Container) -> tuple[str, ...]:
        volumes = tuple(f"{Kind.DATA}:{self.data[key]}" for key in one.volumes)
        return (
            FILES,
            image_of(one.built or one.image),
            *volumes,
            *(found for name in one.after for found in self._of(name)),
        )

    def _of(self, name: str) -> tuple[str, ...]:
        """The elements that must be right when the Compose service is: of a database, all that is in it."""
        job = self.jobs.get(name)
        if job is not None:
            kind = Kind.MIGRATION if job.part in self.services else Kind.DATA
            return (f"{kind}:{job.part}",)
        resource = self.resources.get(name)
        if isinstance(resource, Postgres):
            # Where there are no scripts, that there were none is noted beside everything else.
            kinds = (Kind.PROCESS, Kind.CATALOG, *((Kind.INIT,) if resource.init else ()))
            return tuple(f"{kind}:{name}" for kind in kinds)
        return (f"{Kind.PROCESS}:{name}",)


def image_of(name: str) -> str:
    """The element of an image: a service that we build it for, or the reference of one that is fetched."""
    return f"image:{name}"


def _catalog(part: str, running: str) -> list[Element]:
    return [
        Element(f"{Kind.CATALOG}:{part}", Kind.CATALOG, part, f"roles of {part}", after=(running,)),
        Element(f"{Kind.INIT}:{part}", Kind.INIT, part, f"the init scripts of {part}", {}, (f"{Kind.CATALOG}:{part}",)),
    ]


def _reloadable(one: Container, resource: object) -> set[str]:
    """What a container takes in while it runs.

    The passwords of a database are put right in the database itself, and those of a cache are loaded anew.
    """
    if one.name == "edge":
        return {REPLICAS, "config", "secrets"}
    if isinstance(resource, Postgres):
        return {REPLICAS, "config", *(() if resource.tls else ("secrets",))}
    if isinstance(resource, Redis):
        return {REPLICAS, *(() if resource.tls else ("secrets",))}
    return {REPLICAS} if not isinstance(resource, Objects) else set()
