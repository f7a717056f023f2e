"""What is there already: one snapshot of this system on this machine, read without changing anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from stackyard.errors import PartError, StateError
from stackyard.model.system import Objects, Postgres, Redis, StaticSource, System
from stackyard.plan.element import Element, Kind, Observed, Seen
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.postgres.replication import replicas as replicas_in
from stackyard.resources.secrets import password_secret
from stackyard.targets.local import certificate, fingerprint, secrets
from stackyard.targets.local.databases import Database
from stackyard.targets.local.postgres_catalog import PasswordError
from stackyard.targets.local.state import Record
from stackyard.targets.names import EDGE
from stackyard.targets.native import (
    access,
    postgres,
    postgres_settings,
    redis_settings,
    replicas,
    running_processes,
    service_programs,
    sites,
)
from stackyard.targets.native.blueprint import LOGS, Blueprint
from stackyard.targets.native.layout import Layout
from stackyard.targets.native.machine import Machine
from stackyard.targets.native.program import from_json
from stackyard.targets.native.reloading import is_taken_in
from stackyard.targets.native.replica_look import ReplicaLook
from stackyard.targets.native.supervisor.client import Client
from stackyard.targets.native.supervisor.places import Places, read_json
from stackyard.targets.native.toolchain import Fetch


def observe(system: System, machine: Machine, blueprint: Blueprint, record: Record, client: Client | None) -> Observed:
    """Everything that is there, by element id."""
    look = _Look(system, machine, blueprint, record, client)
    seen = {element.id: found for element in blueprint.elements if (found := look.at(element))}
    return {**look.processes, **seen}


class _Look:
    def __init__(
        self, system: System, machine: Machine, blueprint: Blueprint, record: Record, client: Client | None
    ) -> None:
        self.system = system
        self.machine = machine
        self.layout = machine.layout
        self.blueprint = blueprint
        self.record = record
        self.client = client
        self.processes = running_processes.seen(client, record, blueprint)
        self.replicas = replicas_in(system)

    def at(self, element: Element) -> Seen | None:
        """What is there of this element, None for nothing."""
        return {
            Kind.TOOL: self._tool,
            Kind.FILES: self._files,
            Kind.DATA: self._data,
            Kind.CERTIFICATE: self._certificate,
            Kind.ENVIRONMENT: self._environment,
            Kind.SITE: self._site,
            Kind.CATALOG: self._catalog,
            Kind.SETTINGS: self._settings,
            Kind.INIT: self._recorded_with_data,
            Kind.MIGRATION: self._recorded_with_data,
            Kind.PROCESS: self._process,
        }[element.kind](element)

    def _tool(self, element: Element) -> Seen | None:
        tool = self.machine.tools[element.part]
        if not isinstance(tool, Fetch):
            return Seen()
        return None

    def _files(self, element: Element) -> Seen | None:
        if element.id == LOGS:
            return Seen(broken=access.loosened(self.layout.log))
        if element.part == "secrets":
            secrets.guard(self.system, self.layout.secrets)
            missing = secrets.unmade(self.system, self.layout.secrets)
            return Seen(broken=f"to be made: {', '.join(missing)}" if missing else "")
        folder = self.layout.etc(element.part)
        files = self.blueprint.files.get(element.part)
        if files is None or not all((folder / file.path).is_file() for file in files):
            return None
        return Seen({"content": fingerprint.of_files_on_disk(folder, files)})

    def _data(self, element: Element) -> Seen | None:
        folder = self.layout.data(element.part)
        if element.part in self.replicas:
            return self._replica.copy(self.replicas[element.part])
        tool = self.machine.tools[element.part]
        if not _has_data(folder):
            followers = (one for one in self.replicas.values() if one.primary.name == element.part)
            replicas.guard_last_copy(self.layout, tuple(followers))
            return None
        if isinstance(self.system.resource(element.part), Postgres):
            # Raises for a cluster that this server cannot open: better now than when it was stopped for another.
            postgres.has_data(element.part, folder, tool)
        # Of a database that runs, the superuser's password cannot be set without it: that waits for the next start.
        waits = "superuser" in element.facets and f"process:{element.part}" in self.processes
        known = element.facets if waits else self.record.facets(element.id) or {}
        return Seen({**known, "access": access.of_data(folder, self.machine.identity.owner)})

    @property
    def _replica(self) -> ReplicaLook:
        return ReplicaLook(
            self.machine, self._is_well, lambda one: self._database(one, self.machine.ports[one.name]).server
        )

    def _is_well(self, part: str) -> bool:
        seen = self.processes.get(f"{Kind.PROCESS}:{part}")
        return seen is not None and not seen.broken

    def _certificate(self, element: Element) -> Seen | None:
        return Seen(element.facets, self._why_issued(element.part))

    def _of(self, part: str) -> str:
        """The part whose certificate it is: a replica shows that of its primary."""
        return self.replicas[part].primary.name if part in self.replicas else part

    def _is_to_be_issued(self, part: str) -> bool:
        return bool(self._why_issued(part))

    def _why_issued(self, part: str) -> str:
        return certificate.reason(self.system, self.layout, self.record, part, self.machine.identity.uid)

    def _environment(self, element: Element) -> Seen | None:
        service = self.system.service(element.part)
        folder = service_programs.virtual_environment(service, self.machine)
        return self._recorded(element) if (folder / "bin" / "python").exists() else None

    def _site(self, element: Element) -> Seen | None:
        source = self.system.service(element.part).source
        assert isinstance(source, StaticSource)
        release = self.layout.site(element.part) / "current"
        recorded = self._recorded(element)
        if recorded is None or not (release / "index.html").is_file():
            return None
        built = self.record.facets(f"built:{element.part}")
        if built is not None and built != sites.stamp(release):
            return replace(recorded, broken="what was built has been changed since")
        return recorded

    def _catalog(self, element: Element) -> Seen | None:
        """Compared with the living database where it runs; a stopped one is compared once it has started."""
        running = self.processes.get(f"process:{element.part}")
        resource = self.system.resource(element.part)
        assert isinstance(resource, Postgres)
        if running is None or running.broken:
            return None
        database = self._database(resource, self.machine.ports[resource.name])
        unmade = [role for role in database.catalog.logins if not self._has_password(resource, role)]
        if SUPERUSER in unmade:
            raise StateError(
                f"the password of the superuser of {resource.name} is gone while {resource.name} runs",
                hint="`stackyard down` and then `stackyard up` give it a new one; the data stays.",
            )
        if unmade:
            return Seen(broken=f"without a password yet: {', '.join(unmade)}")
        try:
            return Seen(broken="; ".join(map(str, database.differences())))
        except PasswordError:
            raise
        except PartError:
            # It runs and does not answer: it is starting or coming back, and is compared once it is there.
            return None

    def _settings(self, element: Element) -> Seen:
        """Compared with the living server where it runs; a stopped one will start on the files that are there."""
        running = self.processes.get(f"{Kind.PROCESS}:{element.part}")
        files = self.blueprint.files.get(element.part, ())
        if (
            running is None
            or running.broken
            or not files
            or not (self.layout.etc(element.part) / files[0].path).is_file()
        ):
            return Seen()
        port = self.machine.ports[element.part]
        try:
            if element.part in self.replicas:
                return Seen(broken=self._replica.running(self.replicas[element.part], files[0].content))
            resource = self.system.resource(element.part)
            if isinstance(resource, Redis):
                return Seen(broken="; ".join(redis_settings.differences(resource, self.layout, port, files[0].content)))
            assert isinstance(resource, Postgres)
            server = self._database(resource, port).server
            found = postgres_settings.differences(resource, self.layout, server, files[0].content)
            return Seen(broken="; ".join(one.sentence for one in found))
        except (PartError, StateError):
            # It does not answer, or its password is gone: that is for others to say.
            return Seen()

    def _database(self, resource: Postgres, port: int) -> Database:
        return Database(self.system, resource, self.layout.secrets, self.layout.sockets, port)

    def _has_password(self, resource: Postgres, role: str) -> bool:
        return (self.layout.secrets / password_secret(resource, role)).exists()

    def _recorded_with_data(self, element: Element) -> Seen | None:
        """What was done to data that is gone must be done again."""
        stands_on = [name for name in element.after if name.startswith(f"{Kind.CATALOG}:")]
        databases = [name.partition(":")[2] for name in stands_on]
        if not all(_has_data(self.layout.data(name)) for name in databases if self._is_database(name)):
            return None
        return self._recorded(element)

    def _is_database(self, name: str) -> bool:
        return isinstance(self.system.resources_by_name.get(name), Postgres)

    def _process(self, element: Element) -> Seen | None:
        seen = self.processes.get(element.id)
        files = self.blueprint.files.get(element.part)
        if seen is not None and "certificate" in element.facets and self._is_to_be_issued(self._of(element.part)):
            # The very same plan must have it taken in: its mark will only change when it is made.
            seen = replace(seen, facets={**seen.facets, "certificate": "to be made anew"})
        if seen is None or not files:
            return seen
        # A process may have read what somebody has edited: it must take in what is put right, too.
        there = fingerprint.of_files_on_disk(self.layout.etc(element.part), files)
        wanted = self.blueprint.element(f"{Kind.FILES}:{element.part}").facets["content"]
        if there == wanted and self._has_taken_in(element):
            return seen
        return replace(seen, facets={**seen.facets, "config": f"not taken in, or {there}"})

    def _has_taken_in(self, element: Element) -> bool:
        """False for an edge that was made to read other files, which were then put back."""
        if element.part != EDGE or self.client is None:
            return True
        running = self.client.status().program(EDGE)
        return running is None or running.pid is None or is_taken_in(self.system, self.layout, running.pid)

    def _recorded(self, element: Element) -> Seen | None:
        facets = self.record.facets(element.id)
        return None if facets is None else Seen(facets)


def _has_data(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def running_ports(layout: Layout, client: Client | None) -> Iterator[int]:
    """The ports that this system's own processes hold."""
    if client is None:
        return
    for one in client.status().programs:
        if one.pid is None:
            continue
        data = read_json(Places(layout.folder).program(one.id))
        if data is not None:
            yield from from_json(data["program"]).ports


def data_parts(system: System) -> tuple[str, ...]:
    """The names of the resources that keep data on this machine."""
    return tuple(one.name for one in system.resources if isinstance(one, Postgres | Redis | Objects))
