"""The parts of a system on Compose: their processes, how they were made, and when they were ready."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from stackyard.model.system import Postgres, Service
from stackyard.observe import (
    compose_containers,
    compose_processes,
    compose_starts,
    processes,
)
from stackyard.observe.compose_asking import Asking
from stackyard.observe.compose_status import status_of
from stackyard.observe.compose_ways import PORTS
from stackyard.observe.seen import ContainerView, Definition, DoesNotApplyError, Heard, NetworkView, ProcessView, Start
from stackyard.plan.element import Kind
from stackyard.resources.postgres.replication import replicas
from stackyard.targets.compose import commands, drift
from stackyard.targets.compose.parts import monitoring
from stackyard.targets.compose.rendering import LABEL_SOURCE
from stackyard.targets.compose.rendering import Container as Wanted
from stackyard.targets.names import EDGE

_LINES = 50_000
"""Lines of one log that are searched."""


class Parts(Asking):
    """See `View` for what each member means."""

    def processes(self) -> tuple[ProcessView, ...]:
        own = {one.id: one for one in self._own()}
        found = tuple(one.container for one in own.values())
        return tuple(
            ProcessView(
                one.id,
                one.part,
                one.state,
                one.pid,
                one.restarts,
                one.sentence,
                compose_containers.failures(own[one.id]) if one.id in own else 0,
            )
            for one in status_of(self.layout, found).parts
        )

    def supervisor(self) -> int | None:
        return None

    def planned(self) -> Mapping[str, Definition]:
        blueprint = self._compose.blueprint
        made = {}
        for one in blueprint.processes():
            body = blueprint.rendered.document["services"][one.name]
            for number in range(1, one.replicas + 1):
                name = self._name(one.name, number)
                found = compose_containers.wanted(one, name, body, blueprint.secret_files)
                made[name] = _with_ports(found, self._listening(one))
        return made

    def running(self) -> Mapping[str, Definition]:
        return {one.id: compose_containers.running(one) for one in self._own() if not self._is_job(one)}

    def starts(self) -> Mapping[str, Start]:
        made = {}
        for one in self._own():
            resource = self.system.resources_by_name.get(one.part)
            word = compose_starts.FOLLOWING if one.part in replicas(self.system) else compose_starts.word_of(resource)
            made[one.id] = compose_starts.start_of(one, self._said(one, n=_LINES) if word else (), word)
        return made

    def listeners(self) -> tuple[Heard, ...]:
        pids = {one.id: one.container.pid for one in self._own() if one.container.is_running}
        return compose_processes.listeners(self.members(), pids)

    def doors(self) -> tuple[Heard, ...]:
        return tuple(heard for one in self._own() for heard in compose_containers.published(one))

    def holders(self, ports: Iterable[int]) -> tuple[Heard, ...]:
        """Where the engine has published a port at an address, nobody else can hold it there."""
        wanted = frozenset(ports)
        ours = {(one.listener.address, one.listener.port): one.id for one in self.doors()}
        found = (one for one in processes.listeners() if one.port in wanted and one.protocol.startswith("tcp"))
        return tuple(Heard(ours.get((one.address, one.port), ""), one) for one in found)

    def edits_run(self) -> str:
        services = self._compose.blueprint.rendered.document["services"]
        watched = [name for name, body in services.items() if "develop" in body]
        if self.system.is_development:
            raise DoesNotApplyError(
                "images are built anew by `docker compose watch` while somebody runs it, and by `stackyard up`"
            )
        return f"the document would have {', '.join(watched)} watched" if watched else ""

    def migrated(self, service: Service) -> Mapping[str, str]:
        """Images bear the digest of the source that they were built from, and containers what their image bears."""
        record = self._compose.record.facets(f"{Kind.MIGRATION}:{service.name}") or {}
        own = [one for one in self._own() if one.container.service == service.name]
        return {"": record.get("source", ""), **{one.id: one.container.labels.get(LABEL_SOURCE, "") for one in own}}

    def _listening(self, one: Wanted) -> tuple[int, ...]:
        """The ports that a container of a Compose service opens in its own network."""
        resource = self.system.resources_by_name.get(one.name)
        if resource is not None:
            return (PORTS[type(resource)],)
        if one.name in replicas(self.system):
            return (PORTS[Postgres],)
        if one.name == EDGE:
            return compose_containers.listened("\n".join(self.rendered(EDGE).values()))
        if one.overlay:
            targets = re.findall(rf'"(?:{re.escape(one.name)}|localhost):(\d+)"', monitoring.scrape_config(self.system))
            return (int(targets[0]),) if targets else ()
        service = self.system.services_by_name.get(one.name)
        return (service.port,) if service is not None and service.port and one.kind == "part" else ()

    def containers(self) -> tuple[ContainerView, ...]:
        rendered, folder = self._compose.blueprint.rendered, self.layout.rendered
        services = rendered.document["services"]
        return tuple(
            ContainerView(
                id=one.id,
                part=one.part,
                name=one.container.name,
                found=one.found,
                facts=drift.facts(one.found, one.container.service, rendered, folder, self._compose.snapshot.images)
                if one.container.service in services
                else (),
                addresses=one.container.addresses,
                is_running=one.container.is_running,
                is_foreign="user" not in services.get(one.container.service, {}),
                is_job=self._is_job(one),
            )
            for one in self._own()
        )

    def networks(self) -> tuple[NetworkView, ...]:
        wanted = {one.name: one for one in self._compose.blueprint.rendered.networks}
        ours = {one.container.id for one in self._own()}
        made = []
        for found in self._inspect("network", wanted):
            members = found.get("Containers") or {}
            strangers = tuple(one.get("Name", "") for key, one in members.items() if key not in ours)
            name = str(found["Name"])
            is_internal = bool(found.get("Internal"))
            made.append(NetworkView(name, wanted[name].internal, is_internal, len(members), strangers))
        return tuple(made)

    def images(self) -> Mapping[str, str]:
        made = {}
        for build in self._compose.blueprint.rendered.builds.values():
            argv = ("docker", "image", "history", "--no-trunc", "--format", "{{json .}}", build.image)
            found = self._inspect("image", [build.image])
            if found:
                made[build.image] = f"{self._ask(argv).output}\n{json.dumps(found)}"
        return made

    def command_inside(self, part: str, argv: Sequence[str]) -> tuple[int, str]:
        name = part if self._compose.container(part) == "" else self._running(part)
        answer = self._ask(commands.execute(name, argv))
        return answer.code, f"{answer.output}{answer.errors}"


def _with_ports(one: Definition, ports: tuple[int, ...]) -> Definition:
    from dataclasses import replace

    return replace(one, ports=ports)
