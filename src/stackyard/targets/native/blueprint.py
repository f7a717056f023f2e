"""What should exist on this machine: the system as elements, programs and files. Pure; everything read is in `Machine`.

A program needs the paths of its tools, so while a tool is still to be fetched its program is missing and the facets of
its element are incomplete. That is enough to plan (nothing can run yet that needs it); after the fetch the blueprint is
drawn again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from stackyard.model.files import File
from stackyard.model.system import Objects, Postgres, PythonSource, Redis, Service, StaticSource, System, Tls
from stackyard.plan.element import Element, Kind
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.postgres.replication import Replica, replicas_of
from stackyard.resources.secrets import password_secret
from stackyard.targets.local import fingerprint
from stackyard.targets.local.certificate import hosts as certificate_hosts
from stackyard.targets.native import part_programs, service_programs
from stackyard.targets.native.backup_tools import client_key
from stackyard.targets.native.layout import KEEPER, OURS
from stackyard.targets.native.machine import Machine
from stackyard.targets.native.program import Program, SecretPiece
from stackyard.targets.native.toolchain import Fetch
from stackyard.targets.native.waiting import Waiting

DataPart = Postgres | Redis | Objects
LOGS = "files:.logs"
"""The element of the logs; no part of a stack file begins with a dot."""


def settings_of(part: str) -> str:
    """The element of what a running server is set to."""
    return f"{Kind.SETTINGS}:{part}"


@dataclass(frozen=True)
class Blueprint:
    """Elements in the order of the file; programs by the id of their process element; files by part."""

    elements: tuple[Element, ...]
    programs: Mapping[str, Program]
    files: Mapping[str, tuple[File, ...]]

    def element(self, name: str) -> Element:
        """The element of that id. Raises KeyError."""
        for element in self.elements:
            if element.id == name:
                return element
        raise KeyError(name)


def draw(system: System, machine: Machine) -> Blueprint:
    """The blueprint of a system on a machine."""
    drawing = _Drawing(system, machine)
    drawing.tools()
    drawing.secrets()
    for resource in system.resources:
        if isinstance(resource, Postgres | Redis | Objects):
            drawing.data_part(resource)
    for service in system.services:
        if isinstance(service.source, PythonSource):
            drawing.python_service(service)
        elif isinstance(service.source, StaticSource):
            drawing.site(service)
    if system.edge is not None:
        drawing.edge()
    everything = drawing.processes()
    if system.backups is not None:
        drawing.backups(everything)
    if system.is_development:
        drawing.reload(everything)
    return Blueprint(tuple(drawing.elements), drawing.programs, drawing.files)


class _Drawing:
    def __init__(self, system: System, machine: Machine) -> None:
        self.system = system
        self.machine = machine
        self.waiting = Waiting(system)
        self.elements: list[Element] = []
        self.programs: dict[str, Program] = {}
        self.files: dict[str, tuple[File, ...]] = {}

    def tools(self) -> None:
        for key, tool in self.machine.tools.items():
            self._add(Element(f"tool:{key}", Kind.TOOL, key, str(tool)))

    def secrets(self) -> None:
        self._add(Element("files:secrets", Kind.FILES, "secrets", "secrets"))
        self._add(Element(LOGS, Kind.FILES, "logs", "the folder of logs"))

    def data_part(self, resource: DataPart) -> None:
        """A database, a cache or a store: its data, its files, its process, and for a database its catalogue."""
        name = resource.name
        tool = f"tool:{name}"
        facets = {"access": "private"}
        facets |= {"superuser": self._superuser_mark(resource)} if isinstance(resource, Postgres) else {}
        facets |= {"bucket": resource.bucket} if isinstance(resource, Objects) else {}
        self._add(Element(f"data:{name}", Kind.DATA, name, f"the data of {name}", facets, (tool, "files:secrets")))
        after: tuple[str, ...] = (tool, f"data:{name}")
        marks: dict[str, str] = {}
        if not isinstance(resource, Objects) and resource.tls:
            after += (self._certificate(name),)
            marks = {"certificate": self._mark(name)}
        if not isinstance(resource, Objects):
            after += (self._files(name, tool),)
        if self._is_fetched(name) and part_programs.is_renderable(resource, self.machine):
            files = part_programs.files(self.system, resource, self.machine)
            if files:
                self._render(name, files)
            program = part_programs.of_resource(self.system, resource, self.machine)
            self._run(program, name, after, {"config": fingerprint.of_files(files), **marks})
        else:
            self._add(Element(f"process:{name}", Kind.PROCESS, name, name, after=after))
        if isinstance(resource, Postgres | Redis):
            self._add(
                Element(settings_of(name), Kind.SETTINGS, name, f"the settings of {name}", after=(f"process:{name}",))
            )
        if isinstance(resource, Postgres):
            self._catalog(resource)
            for replica in replicas_of(resource):
                self._replica(replica)

    def _replica(self, replica: Replica) -> None:
        """A server that follows: a copy of its primary's data, made once that runs as it should."""
        name, primary = replica.name, replica.primary.name
        data = f"data:{name}"
        ready = (f"tool:{client_key(replica.primary)}", f"{Kind.CATALOG}:{primary}", settings_of(primary))
        self._add(Element(data, Kind.DATA, name, f"the copy of {primary} for {name}", {"access": "private"}, ready))
        after: tuple[str, ...] = (f"tool:{primary}", data)
        marks = {}
        if replica.primary.tls:
            after += (f"certificate:{primary}",)
            marks = {"certificate": self._mark(primary)}
        after += (self._files(name, f"tool:{primary}"),)
        if self._is_fetched(primary):
            rendered = part_programs.replica_files(self.system, replica, self.machine)
            self._render(name, rendered)
            facets = {"config": fingerprint.of_files(rendered), **marks}
            self._run(part_programs.of_replica(replica, self.machine), name, after, facets)
        else:
            self._add(Element(f"{Kind.PROCESS}:{name}", Kind.PROCESS, name, name, after=after))
        self._add(
            Element(
                settings_of(name),
                Kind.SETTINGS,
                name,
                f"how {name} follows",
                after=(f"{Kind.PROCESS}:{name}",),
                again_after=f"{Kind.PROCESS}:{primary}",
            )
        )

    def _catalog(self, resource: Postgres) -> None:
        name = resource.name
        running = f"process:{name}"
        self._add(Element(f"catalog:{name}", Kind.CATALOG, name, f"roles of {name}", after=(running,)))
        self._add(Element(f"init:{name}", Kind.INIT, name, f"the init scripts of {name}", {}, (f"catalog:{name}",)))
        before: tuple[str, ...] = ()
        for service in self.waiting.migrators.get(name, ()):
            # One after the other, in the order of the file: two tools must not change one schema at once.
            self._add(
                Element(
                    f"migration:{service.name}",
                    Kind.MIGRATION,
                    service.name,
                    f"the schema of {service.name}",
                    {"source": self.machine.sources[service.name].source},
                    (f"environment:{service.name}", *self.waiting.for_resources(service), *before),
                )
            )
            before = (f"migration:{service.name}",)

    def python_service(self, service: Service) -> None:
        """An installed environment, and a process a replica, started when all it needs is ready and migrated."""
        sources = self.machine.sources[service.name]
        packages = {"packages": service_programs.environment_digest(sources)}
        self._add(
            Element(
                f"environment:{service.name}",
                Kind.ENVIRONMENT,
                service.name,
                f"the packages of {service.name}",
                packages,
            )
        )
        after = (
            f"environment:{service.name}",
            "files:secrets",
            *self.waiting.for_all(service),
        )
        facets = {"source": sources.source}
        for program in service_programs.programs(self.system, service, self.machine):
            self._run(program, program.id, after, facets)

    def site(self, service: Service) -> None:
        source = service.source
        assert isinstance(source, StaticSource)
        facets = {"source": self.machine.sources[service.name].source, "script": source.script, "output": source.output}
        after = ("tool:npm",) if source.script else ()
        self._add(
            Element(f"site:{service.name}", Kind.SITE, service.name, f"the front end {service.name}", facets, after)
        )

    def edge(self) -> None:
        """The edge starts beside everything else: while a service is not there it says so politely."""
        sites = tuple(f"site:{service.name}" for service in self.system.services if service.is_static)
        after: tuple[str, ...] = ("tool:nginx", *sites)
        edge = self.system.edge
        assert edge is not None
        marks = {}
        if edge.tls is Tls.SELF_SIGNED:
            after += (self._certificate("edge"),)
            marks = {"certificate": self._mark("edge")}
        after += (self._files("edge", "tool:nginx"),)
        if not self._is_fetched("nginx"):
            self._add(Element("process:edge", Kind.PROCESS, "edge", "edge", after=after))
            return
        files = part_programs.edge_files(self.system, self.machine)
        self._render("edge", files)
        program = part_programs.edge(self.system, self.machine)
        facets = {"listeners": part_programs.listeners(files), "config": fingerprint.of_files(files), **marks}
        self._run(program, "edge", after, facets, reloadable=frozenset({"config", "certificate"}))

    def _certificate(self, part: str) -> str:
        hosts = certificate_hosts(self.system, part)
        name = f"certificate:{part}"
        self._add(Element(name, Kind.CERTIFICATE, part, f"the certificate of {part}", {"hosts": ",".join(hosts)}))
        return name

    def _superuser_mark(self, resource: Postgres) -> str:
        secret = self.machine.layout.secrets / password_secret(resource, SUPERUSER)
        return self.machine.marks.get(str(secret), "")

    def _mark(self, part: str) -> str:
        return self.machine.marks.get(str(self.machine.layout.certificate(part)), "")

    def processes(self) -> tuple[str, ...]:
        """The elements of the processes so far."""
        return tuple(element.id for element in self.elements if element.kind is Kind.PROCESS)

    def backups(self, everything: tuple[str, ...]) -> None:
        """What keeps backups up to date starts when all runs, and is nobody's dependency."""
        from stackyard.targets.native import backups

        tools = tuple(f"{Kind.TOOL}:{key}" for key in backups.tools(self.system))
        name = f"{Kind.FILES}:{KEEPER}"
        self._add(Element(name, Kind.FILES, KEEPER, "the job of backups", {}, (*tools, "files:secrets")))
        after = (*tools, name, *everything)
        if not backups.is_ready(self.system, self.machine):
            self._add(Element(f"{Kind.PROCESS}:{KEEPER}", Kind.PROCESS, KEEPER, KEEPER, after=after))
            return
        files = backups.files(self.system, self.machine)
        self._render(KEEPER, files)
        program = backups.keeper(self.system, self.machine)
        self._run(program, KEEPER, after, {"config": fingerprint.of_files(files)})

    def reload(self, everything: tuple[str, ...]) -> None:
        """In development, whoever saves a file sees it run; the watcher starts last and is nobody's dependency."""
        program = part_programs.reload(self.system)
        self._run(program, program.part, everything, {})

    def _add(self, element: Element) -> None:
        self.elements.append(element)

    def _files(self, part: str, tool: str) -> str:
        """The files of a part; what is in them may depend on the version of its tool and on its secrets."""
        name = f"{Kind.FILES}:{part}"
        self._add(Element(name, Kind.FILES, part, f"the configuration of {part}", {}, (tool, "files:secrets")))
        return name

    def _render(self, part: str, files: tuple[File, ...]) -> None:
        self.files[part] = files
        place = next(number for number, element in enumerate(self.elements) if element.id == f"{Kind.FILES}:{part}")
        self.elements[place] = replace(self.elements[place], facets={"content": fingerprint.of_files(files)})

    def _run(
        self,
        program: Program,
        title: str,
        after: tuple[str, ...],
        facets: Mapping[str, str],
        reloadable: frozenset[str] = frozenset(),
    ) -> None:
        # Ours run in the environment of whoever started the system: another terminal is no other definition.
        settled = replace(program, env={}) if program.part in OURS else program
        whole = {**facets, **self._secrets_in(program), "definition": settled.fingerprint()}
        name = f"process:{program.id}"
        self.programs[name] = replace(program, watch=json.dumps(whole, sort_keys=True))
        self._add(Element(name, Kind.PROCESS, program.part, title, whole, after, reloadable))

    def _secrets_in(self, program: Program) -> dict[str, str]:
        """A facet that changes when a secret of the program does, and tells nothing about it."""
        pieces = [piece for value in program.env.values() for piece in value]
        paths = sorted({piece.path for piece in pieces if isinstance(piece, SecretPiece)})
        return {"secrets": fingerprint.of_texts(self.machine.marks.get(path, "") for path in paths)} if paths else {}

    def _is_fetched(self, key: str) -> bool:
        return not isinstance(self.machine.tools[key], Fetch)
