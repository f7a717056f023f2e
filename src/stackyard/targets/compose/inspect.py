"""What is there already of a system: one snapshot of the engine and of the folder, read without changing anything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from stackyard.errors import PartError, StackyardError, StateError
from stackyard.model.system import Postgres, Redis, System
from stackyard.plan.element import Element, Kind, Observed, Seen
from stackyard.resources.postgres.config import CONFIG as POSTGRES_CONFIG
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.postgres.replication import Replica
from stackyard.resources.postgres.replication import replicas as replicas_in
from stackyard.resources.postgres.running import Deviation
from stackyard.resources.redis import CONFIG as REDIS_CONFIG
from stackyard.resources.secrets import password_secret
from stackyard.targets.compose import assembling, cache, database, disk, drift, major, replicas, verdicts
from stackyard.targets.compose.blueprint import FILES, REPLICAS, SECRETS, Blueprint
from stackyard.targets.compose.machine import Machine
from stackyard.targets.compose.names import ETC
from stackyard.targets.compose.rendering import FACETS, LABEL_MARK, LABEL_SYSTEM
from stackyard.targets.compose.rendering import Container as Wanted
from stackyard.targets.compose.snapshot import Container, Snapshot
from stackyard.targets.local import certificate, fingerprint, postgres_settings, redis_settings, secrets
from stackyard.targets.local.postgres_catalog import PasswordError
from stackyard.targets.local.state import Record


def observe(system: System, machine: Machine, blueprint: Blueprint, record: Record, snapshot: Snapshot) -> Observed:
    """Everything that is there, by element id."""
    look = _Look(system, machine, blueprint, record, snapshot)
    # Asking a server takes a tenth of a second each time: they are asked side by side.
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(look.at, blueprint.elements))
    seen = {element.id: one for element, one in zip(blueprint.elements, found, strict=True) if one is not None}
    return {**look.unwanted(), **seen}


@dataclass(frozen=True)
class _Look:
    system: System
    machine: Machine
    blueprint: Blueprint
    record: Record
    snapshot: Snapshot

    def at(self, element: Element) -> Seen | None:
        """What is there of this element, None for nothing."""
        if element.id == SECRETS:
            return self._secrets()
        if element.id == FILES:
            return self._files()
        return {
            Kind.TOOL: self._image,
            Kind.SITE: self._built,
            Kind.DATA: self._data,
            Kind.CERTIFICATE: self._certificate,
            Kind.CATALOG: self._catalog,
            Kind.SETTINGS: self._settings,
            Kind.INIT: self._recorded_with_data,
            Kind.MIGRATION: self._recorded_with_data,
            Kind.PROCESS: self._process,
        }[element.kind](element)

    def unwanted(self) -> dict[str, Seen]:
        """What still runs of parts that are no longer in the stack file."""
        wanted = self.blueprint.rendered.containers
        return {
            f"{Kind.PROCESS}:{one.service}": Seen(part=one.service)
            for one in self.snapshot.containers
            if one.is_running and not one.is_one_off and one.service not in wanted
        }

    def _secrets(self) -> Seen:
        store = self.machine.layout.secrets
        secrets.guard(self.system, store)
        missing = [
            *secrets.unmade(self.system, store),
            *(() if (store / assembling.KEY).exists() else (assembling.KEY,)),
        ]
        return Seen(self.blueprint.element(SECRETS).facets, f"to be made: {', '.join(missing)}" if missing else "")

    def _files(self) -> Seen | None:
        folder, files = self.machine.layout.rendered, self.blueprint.files
        if not all((folder / file.path).is_file() for file in files):
            return None
        facets = {**self.blueprint.element(FILES).facets, "content": fingerprint.of_files_on_disk(folder, files)}
        if "secrets" in facets and (self._certificates_due or not self._is_assembled()):
            facets["secrets"] = "to be assembled"
        return Seen(facets)

    def _is_assembled(self) -> bool:
        read = assembling.reader(self.system, self.machine.layout)
        try:
            contents = assembling.contents(self.blueprint.secret_files, read)
        except StateError:
            return False
        return disk.are_assembled(self.machine.layout.rendered, contents)

    def _image(self, element: Element) -> Seen | None:
        return Seen() if element.part in self.snapshot.images else None

    def _built(self, element: Element) -> Seen | None:
        """An image is what its tag says; which tag is wanted depends on what it is made of."""
        if element.facets["tag"] in self.snapshot.images:
            return Seen(element.facets)
        recorded = self._recorded(element)
        # It was built once, and somebody has removed it since: `clean` does.
        is_gone = recorded is not None and recorded.facets.get("tag") == element.facets["tag"]
        return None if is_gone else recorded

    def _data(self, element: Element) -> Seen | None:
        labels = self.snapshot.volumes.get(element.facets["volume"])
        if labels is None:
            self._guard_last_copy(element.part)
            return None
        if labels.get(LABEL_SYSTEM) != self.system.name:
            raise StateError(
                f"there is a volume {element.facets['volume']} that is not Stackyard's",
                hint="Rename or remove it (`docker volume ls`), or give the system another name in the stack file.",
            )
        resource = self.system.resources_by_name.get(element.part)
        if isinstance(resource, Postgres):
            # Better now than when the server was stopped for another.
            major.refuse(self.record, resource, self.snapshot)
        # A volume that somebody else's record knows is taken over as it is; what a job does in it can be done again.
        known = self.record.facets(element.id)
        if known is None and element.part in replicas_in(self.system) and self._running(element.part) is None:
            return Seen(element.facets, "its primary may have gone another way, as after a restore")
        return Seen(known if known is not None else {"volume": element.facets["volume"]})

    def _guard_last_copy(self, part: str) -> None:
        """Raise StateError when a primary would be made anew although a replica still has a copy of it."""
        followers = [one.name for one in replicas_in(self.system).values() if one.primary.name == part]
        kept = {one.part: one.name for one in self.blueprint.rendered.volumes if one.part in followers}
        if found := [name for name, volume in kept.items() if volume in self.snapshot.volumes]:
            raise StateError(
                f"the volume of {part} is gone, and {found[0]} has a copy of it",
                hint=f"`stackyard switchover {part} --force` makes {found[0]} the primary. To begin anew without that "
                "copy, remove the volume yourself.",
            )

    def _certificate(self, element: Element) -> Seen:
        return Seen(element.facets, self._certificates_due.get(element.part, ""))

    @cached_property
    def _certificates_due(self) -> Mapping[str, str]:
        """Why certificates are to be issued, by part: whoever has them from a file is to be told as well."""
        layout, record = self.machine.layout, self.record
        parts = [one.part for one in self.blueprint.elements if one.kind is Kind.CERTIFICATE]
        found = {one: certificate.reason(self.system, layout, record, one, os.geteuid()) for one in parts}
        return {one: why for one, why in found.items() if why}

    def _running(self, part: str) -> Container | None:
        return next((one for one in self.snapshot.of(part) if one.is_ready), None)

    def _catalog(self, element: Element) -> Seen | None:
        """Compared with the living database where it runs; a stopped one is compared once it has started."""
        container = self._running(element.part)
        resource = self.system.resource(element.part)
        assert isinstance(resource, Postgres)
        if container is None:
            return None
        store = self.machine.layout.secrets
        try:
            with database.reached(self.system, resource, store, container.id) as found:
                logins = found.catalog.logins
                unmade = [role for role in logins if not (store / password_secret(resource, role)).exists()]
                if SUPERUSER in unmade:
                    return Seen(broken="the password of the superuser is to be made")
                if unmade:
                    return Seen(broken=f"without a password yet: {', '.join(unmade)}")
                return Seen(broken="; ".join(map(str, found.differences())))
        except PasswordError:
            raise
        except PartError:
            # It runs and does not answer: it is coming back, and is compared once it is there.
            return None

    def _settings(self, element: Element) -> Seen:
        """Compared with the living server where it runs; a stopped one will start on the files that are there."""
        container = self._running(element.part)
        if container is None:
            return Seen()
        try:
            if element.part in replicas_in(self.system):
                return Seen(broken=self._following(replicas_in(self.system)[element.part], container))
            return Seen(broken="; ".join(self.deviations(element.part, container)))
        except (StackyardError, OSError):
            # It does not answer, or its password is gone: that is for others to say.
            return Seen()

    def _following(self, replica: Replica, container: Container) -> str:
        primary = self._running(replica.primary.name)
        if primary is None:
            return ""
        config = _text(self.machine.layout.rendered, replica.name, str(POSTGRES_CONFIG))
        ids = (primary.id, container.id)
        return replicas.fault(self.system, replica, self.machine.layout.secrets, ids, config)

    def deviations(self, part: str, container: Container) -> tuple[str, ...]:
        """How a running server differs from the files that it was started with. Raises PartError."""
        resource, folder = self.system.resource(part), self.machine.layout.rendered
        store = self.machine.layout.secrets
        if isinstance(resource, Redis):
            config = _text(folder, part, str(REDIS_CONFIG))
            with cache.reached(resource, store, container.id) as connection:
                return redis_settings.differences(connection, resource, store, config, others=cache.PROBE_USERS)
        assert isinstance(resource, Postgres)
        config = _text(folder, part, str(POSTGRES_CONFIG))
        return tuple(one.sentence for one in self._postgres(resource, container, config))

    def _postgres(self, resource: Postgres, container: Container, config: str) -> tuple[Deviation, ...]:
        store = self.machine.layout.secrets
        with (
            database.reached(self.system, resource, store, container.id) as found,
            found.server.connect() as connection,
        ):
            return postgres_settings.differences(connection, config, f"{ETC}/{POSTGRES_CONFIG}")

    def _recorded_with_data(self, element: Element) -> Seen | None:
        """What was done to data that is gone must be done again."""
        databases = [name.partition(":")[2] for name in element.after if name.startswith(f"{Kind.CATALOG}:")]
        volumes = {one.part: one.name for one in self.blueprint.rendered.volumes}
        if not all(volumes[name] in self.snapshot.volumes for name in databases):
            return None
        recorded = self._recorded(element)
        made = self.record.facets(f"{Kind.DATA}:{databases[0]}") if databases else {}
        # Without a record of the volume the data is not what we have worked on.
        return recorded if made is not None else None

    def _process(self, element: Element) -> Seen | None:
        containers = self.snapshot.of(element.id.partition(":")[2])
        if not containers:
            return None
        wanted = self.blueprint.container(element.id)
        troubles = [
            f"{verdicts.name_of(one, wanted)} {trouble}"
            for one in containers
            if (trouble := verdicts.trouble(one, verdicts.now()))
        ]
        # With all of them stopped, somebody has stopped it; that is no trouble, it just does not run.
        if not any(one.is_running or one.status == "restarting" for one in containers):
            return None
        facets = {**self._facets(containers), REPLICAS: str(len(containers))}
        # What its containers read is not what was written for them: somebody has edited it, and they may have.
        if facets.get("config") == element.facets.get("config") and self._is_edited(wanted):
            facets["config"] = "edited"
        if facets.get("secrets") == element.facets.get("secrets") and self._is_told_otherwise(wanted):
            facets["secrets"] = "edited"
        # What was made from this very description and is not as it says, somebody has changed by hand.
        if facets.get("definition") == element.facets.get("definition") and self._has_drifted(containers):
            facets["definition"] = "differs from what it was made from"
        is_so = all(facets.get(name) == mark for name, mark in element.facets.items())
        if not troubles and is_so and not all(one.is_ready for one in containers):
            # Whoever started it is gone; what stands on it has to wait for it all the same.
            troubles = ["it is still starting"]
        return Seen({**facets, **self._needing_restart(element, containers[0], facets)}, "; ".join(troubles))

    def _is_edited(self, wanted: Wanted) -> bool:
        own = frozenset(map(str, wanted.configs))
        files = [(self.machine.layout.rendered / one.path, one) for one in self.blueprint.files if str(one.path) in own]
        return any(not path.is_file() or path.read_text() != one.content for path, one in files)

    def _is_told_otherwise(self, wanted: Wanted) -> bool:
        """Whether files of its secrets hold something else than they will; what cannot be known is for other steps."""
        folder = self.machine.layout.rendered
        own = [file for file in self.blueprint.secret_files if file.service == wanted.name]
        is_due = not self._certificates_due.keys().isdisjoint(assembling.issued_for(own))
        try:
            contents = {} if is_due else assembling.contents(own, assembling.reader(self.system, self.machine.layout))
            return is_due or any((folder / file.path).read_text() != text for file, text in contents.items())
        except (OSError, UnicodeDecodeError, StateError):
            return False

    def _has_drifted(self, containers: tuple[Container, ...]) -> bool:
        rendered, folder = self.blueprint.rendered, self.machine.layout.rendered
        return any(drift.has_drifted(one, rendered, folder, self.snapshot.images) for one in containers)

    def _facets(self, containers: tuple[Container, ...]) -> dict[str, str]:
        """The marks that the containers were made with, and what they have taken in since.

        One that was made from other marks than its fellows shows: it is still to be changed.
        """
        found: dict[str, str] = {}
        for name in FACETS:
            values = {one.labels.get(f"{LABEL_MARK}{name}", "") for one in containers}
            if values != {""}:
                found[name] = values.pop() if len(values) == 1 else f"differs: {', '.join(sorted(values))}"
        taken = dict(self.record.facets(taken_in(containers[0].service)) or {})
        if taken.pop("containers", None) == identities(containers):
            found |= taken
        return found

    def _needing_restart(self, element: Element, container: Container, facets: Mapping[str, str]) -> dict[str, str]:
        """The settings of a database that a reload would not change, as facets that the element does not have."""
        resource = self.system.resources_by_name.get(element.part)
        if not isinstance(resource, Postgres) or facets.get("config") == element.facets.get("config"):
            return {}
        path = Path("config", element.part, str(POSTGRES_CONFIG))
        config = next((file.content for file in self.blueprint.files if Path(file.path) == path), "")
        try:
            found = self._postgres(resource, container, config)
        except StackyardError:
            return {"settings": "not known"}
        return {one.name: "as it was" for one in found if one.needs_restart}

    def _recorded(self, element: Element) -> Seen | None:
        facets = self.record.facets(element.id)
        return None if facets is None else Seen(facets)


def taken_in(service: str) -> str:
    """The record of what the containers of a service have taken in since they were made."""
    return f"taken:{service}"


def identities(containers: tuple[Container, ...]) -> str:
    """Which containers they are, each with its start: what was taken in before a restart is on the disk anyway."""
    return ",".join(sorted(one.id for one in containers))


def _text(folder: Path, part: str, name: str) -> str:
    return (folder / "config" / part / name).read_text()
