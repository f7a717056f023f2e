"""What the engine has of one project: containers, images, volumes and networks, read at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackyard.errors import MachineError
from stackyard.runner import Asker, Command
from stackyard.targets.compose import commands, engine
from stackyard.targets.compose.rendering import LABEL_JOB


@dataclass(frozen=True)
class Container:
    """A container. `status` and `health` are the engine's words; `health` is "" for one without a check.

    `restarts` counts how often the engine has restarted it by itself, `exit_code` is of its last end; `checks` is what
    its last health checks said, the newest last. `since` is when it was started, in the engine's own form.
    """

    id: str
    name: str
    service: str
    number: int
    labels: Mapping[str, str]
    image: str
    status: str
    health: str = ""
    exit_code: int = 0
    restarts: int = 0
    is_out_of_memory: bool = False
    error: str = ""
    checks: tuple[str, ...] = ()
    since: str = ""
    pid: int = 0
    addresses: Mapping[str, str] = field(default_factory=dict)
    """By network."""
    ports: tuple[int, ...] = ()
    """Those of the engine's machine that are published."""
    found: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The engine's whole answer."""

    @property
    def is_running(self) -> bool:
        return self.status == "running"

    @property
    def holds_ports(self) -> bool:
        """What it publishes is taken, though it may be paused or about to start again."""
        return self.status in ("running", "paused", "restarting")

    @property
    def is_ready(self) -> bool:
        """It runs, and its health check (if it has one) has said so."""
        return self.is_running and self.health in ("", "none", "healthy")

    @property
    def is_one_off(self) -> bool:
        """A job, or one of `docker compose run`: not one of those that a service has for good."""
        return "true" in (self.labels.get(commands.ONE_OFF, "").lower(), self.labels.get(LABEL_JOB))

    @property
    def folder(self) -> str:
        """The folder of the project that it was made from."""
        return self.labels.get(commands.FOLDER, "")


@dataclass(frozen=True)
class Image:
    """An image that is on the engine. `digest` is its id."""

    digest: str
    labels: Mapping[str, str]
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Snapshot:
    """Containers of a project; images by the reference that was asked for, volumes and networks by name: labels."""

    containers: tuple[Container, ...] = ()
    images: Mapping[str, Image] = field(default_factory=dict)
    volumes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    networks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, service: str) -> tuple[Container, ...]:
        """The containers of a service, in order; none of its jobs."""
        return tuple(one for one in self.containers if one.service == service and not one.is_one_off)


class Eye:
    """Reads what an engine has. Every method raises MachineError when the engine does not answer."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    def read(
        self, project: str, *, images: Iterable[str] = (), volumes: Iterable[str] = (), networks: Iterable[str] = ()
    ) -> Snapshot:
        """One snapshot of a project, with these images, volumes and networks; no containers without a project."""
        with ThreadPoolExecutor(4) as pool:
            containers = pool.submit(self.containers, project)
            found_images = pool.submit(self.images, images)
            found_volumes = pool.submit(self._labels, "volume", volumes)
            found_networks = pool.submit(self._labels, "network", networks)
            return Snapshot(containers.result(), found_images.result(), found_volumes.result(), found_networks.result())

    def containers(self, project: str) -> tuple[Container, ...]:
        """All containers of a project, those that have ended included, ordered by service and number.

        Without a project there are none.
        """
        if not project:
            return ()
        ids = self.ask(commands.containers(project)).split()
        found = [_container(data) for data in self._inspect("container", ids)]
        return tuple(sorted(found, key=lambda one: (one.service, one.number)))

    def images(self, references: Iterable[str]) -> dict[str, Image]:
        """The images that are there, by the reference asked for."""
        made: dict[str, Image] = {}
        wanted = tuple(dict.fromkeys(references))
        for data in self._inspect("image", wanted):
            known = {*(data.get("RepoTags") or ()), *(data.get("RepoDigests") or ()), str(data.get("Id"))}
            image = _image(data)
            made |= {one: image for one in wanted if _names(one) & known}
        return made

    def names(self, argv: commands.Argv) -> tuple[str, ...]:
        """The lines of a list."""
        return tuple(self.ask(argv).split())

    def ask(self, argv: commands.Argv) -> str:
        """What Docker says. Raises MachineError when it says nothing of use."""
        answer = self._asker.ask(_command(argv))
        if answer.is_good:
            return answer.output
        raise engine.lost(answer)

    def _labels(self, kind: str, names: Iterable[str]) -> dict[str, Mapping[str, str]]:
        return {str(data["Name"]): data.get("Labels") or {} for data in self._inspect(kind, names)}

    def _inspect(self, kind: str, names: Iterable[str]) -> list[dict[str, Any]]:
        """What is there of these. Something that has gone in the meantime is no error."""
        wanted = tuple(names)
        if not wanted:
            return []
        answer = self._asker.ask(_command(commands.inspect(kind, wanted)))
        if not answer.is_good and not _is_absence(answer.errors):
            raise engine.lost(answer)
        try:
            found = json.loads(answer.output or "[]")
        except ValueError as error:
            raise MachineError("Docker's answer cannot be read", details=(answer.output[:200],)) from error
        return list(found)


def _command(argv: commands.Argv) -> Command:
    return Command(argv, Path("/"), commands.environment(), timeout=60.0)


def _is_absence(text: str) -> bool:
    return all("no such" in line.lower() or "not found" in line.lower() for line in text.splitlines() if line.strip())


def _names(reference: str) -> set[str]:
    """The names by which the engine may know an image: `postgres` means `postgres:latest`, and docker.io is implied."""
    short = reference.removeprefix("docker.io/").removeprefix("library/")
    tagged = short if ":" in short.rpartition("/")[2] or "@" in short else f"{short}:latest"
    by_digest = f"{short.partition('@')[0].rpartition(':')[0] or short}@{short.partition('@')[2]}"
    return {reference, short, tagged, *({by_digest} if "@" in short else ())}


def _container(data: Mapping[str, Any]) -> Container:
    state, settings = data["State"], data["Config"]
    labels = settings.get("Labels") or {}
    health = state.get("Health") or {}
    networks = (data.get("NetworkSettings") or {}).get("Networks") or {}
    return Container(
        id=data["Id"],
        name=str(data["Name"]).removeprefix("/"),
        service=labels.get(commands.SERVICE, ""),
        number=int(labels.get(commands.NUMBER) or 0),
        labels=labels,
        image=data["Image"],
        status=state["Status"],
        health=health.get("Status", ""),
        exit_code=int(state.get("ExitCode") or 0),
        restarts=int(data.get("RestartCount") or 0),
        is_out_of_memory=bool(state.get("OOMKilled")),
        error=state.get("Error") or "",
        checks=tuple(str(one.get("Output", "")).strip() for one in health.get("Log") or ()),
        since=state.get("StartedAt", ""),
        pid=int(state.get("Pid") or 0),
        addresses={name: one.get("IPAddress", "") for name, one in networks.items()},
        ports=_ports(data),
        found=data,
    )


def _ports(data: Mapping[str, Any]) -> tuple[int, ...]:
    """What the container publishes, whether it runs or not."""
    bindings = (data.get("HostConfig") or {}).get("PortBindings") or {}
    found = {int(one["HostPort"]) for given in bindings.values() for one in given or () if one.get("HostPort")}
    return tuple(sorted(found))


def _image(data: Mapping[str, Any]) -> Image:
    settings = data.get("Config") or {}
    variables = dict(str(one).partition("=")[::2] for one in settings.get("Env") or ())
    return Image(
        data["Id"],
        settings.get("Labels") or {},
        tuple(settings.get("Entrypoint") or ()),
        tuple(settings.get("Cmd") or ()),
        variables,
    )
