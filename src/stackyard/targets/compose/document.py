"""The whole document of one environment, put together from what its parts drew."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from stackyard.model.system import Objects, Postgres, Redis, System
from stackyard.resources import environment
from stackyard.resources.postgres.replication import replicas, replicas_of
from stackyard.targets.compose import hardening, names, networks
from stackyard.targets.compose.draft import Body, Config, Draft, SecretMount
from stackyard.targets.compose.parts import backups, edge, monitoring, objects, postgres, redis, replica
from stackyard.targets.compose.parts.services import Services
from stackyard.targets.compose.rendering import (
    LABEL_ENVIRONMENT,
    LABEL_JOB,
    LABEL_MARK,
    LABEL_PART,
    LABEL_SYSTEM,
    Build,
    Container,
    Inputs,
    Network,
)

_PORTS = {Postgres: postgres.PORT, Redis: redis.PORT, Objects: objects.PORT}
_ORDER = (
    "image", "build", "user", "group_add", "entrypoint", "command", "environment", "configs", "secrets", "volumes",
    "tmpfs", "networks", "network_mode", "pid", "ports", "depends_on", "healthcheck", "restart", "init", "read_only",
    "security_opt", "cap_drop", "cap_add", "deploy", "shm_size", "ulimits", "stop_signal", "stop_grace_period",
    "logging", "labels", "develop",
)  # fmt: skip
"""What it is, what it is given, where it stands, how it is looked after, what it may do."""

# These change without the container being another one.
_NO_DEFINITION = frozenset({"image", "build", "labels", "develop"})


@dataclass(frozen=True)
class Whole:
    """One environment: its drafts, and what the documents are made of."""

    system: System
    inputs: Inputs
    drafts: tuple[Draft, ...]
    networks: tuple[Network, ...]
    tools: tuple[Draft, ...] = ()
    """What is run for a moment now and then, in an overlay of its own."""

    def of(self, overlay: str) -> tuple[Draft, ...]:
        """The drafts of one overlay; "" is what runs without any."""
        if overlay == names.RESTORE:
            return self.tools
        return tuple(draft for draft in self.drafts if draft.overlay == overlay)


def draw(system: System, inputs: Inputs) -> Whole:
    """Draw every part of the system. Raises StackyardError for what cannot be rendered."""
    addresses = _addresses(system, inputs)
    drafts: list[Draft] = []
    for resource in system.resources:
        if isinstance(resource, Postgres):
            drafts.append(postgres.draft(system, resource, inputs))
            drafts += [replica.draft(system, one, inputs) for one in replicas_of(resource)]
        elif isinstance(resource, Redis):
            drafts.append(redis.draft(system, resource, inputs))
        elif isinstance(resource, Objects):
            drafts += objects.drafts(system, resource, inputs, addresses)
    services = Services(system, inputs, addresses)
    for service in system.services:
        if not service.is_static:
            drafts += services.drafts(service)
    if system.edge is not None:
        drafts.append(edge.draft(system, inputs))
    drafts += backups.drafts(system, inputs)
    drafts += monitoring.drafts(system, inputs)
    return Whole(system, inputs, tuple(drafts), networks.networks(system), backups.tools(system, inputs))


def _addresses(system: System, inputs: Inputs) -> environment.Addresses:
    """Every part answers to its own name, at the port of its kind."""

    followers = replicas(system)

    def endpoint(name: str) -> environment.Endpoint:
        if name in followers:
            return environment.Endpoint(name, postgres.PORT)
        resource = system.resources_by_name.get(name)
        port = system.service(name).port if resource is None else _PORTS.get(type(resource), 0)
        return environment.Endpoint(name, port or 0)

    # Without a range of its own nobody knows the address of the edge before it runs. Then whoever shares a network with
    # a service is believed: the edge, and containers of this system.
    proxies = networks.edge_address(system) or "*"
    return environment.Addresses(endpoint, environment.public_url(system, inputs.ports), proxies, own_host="0.0.0.0")


def document(whole: Whole, overlay: str = "") -> dict[str, Any]:
    """The document of one environment, or that of an overlay over it."""
    drafts = whole.of(overlay)
    system = whole.system
    made: dict[str, Any] = {} if overlay else {"name": names.project(system)}
    made["services"] = {draft.name: _service(draft, whole) for draft in drafts}
    if overlay == names.RESTORE:
        # All that it stands on is there already.
        return made
    made["networks"] = _networks(whole, overlay)
    made["volumes"] = {key: _volume(key, draft.part, whole) for draft in drafts for key in draft.data}
    made["configs"] = {config.key: {"file": _path(config.path)} for config in configs(drafts)}
    made["secrets"] = {mount.key: {"file": f"./{mount.file.path}"} for mount in secrets(drafts)}
    return {key: value for key, value in made.items() if value}


def configs(drafts: Iterable[Draft]) -> tuple[Config, ...]:
    """The configuration files of the drafts, each once."""
    return tuple({config.key: config for draft in drafts for config in draft.configs}.values())


def secrets(drafts: Iterable[Draft]) -> tuple[SecretMount, ...]:
    """The secret files of the drafts, each once."""
    return tuple({mount.key: mount for draft in drafts for mount in draft.secrets}.values())


def _path(path: str) -> str:
    return path if path.startswith(".") else f"./{path}"


def _volume(key: str, part: str, whole: Whole) -> Body:
    """A volume goes by its key, but for one that another has taken the place of."""
    other = _others((key,), whole)
    return {**({"name": other[key]} if other else {}), "labels": _labels(whole.system, part)}


def _others(keys: Iterable[str], whole: Whole) -> dict[str, str]:
    """The names of the volumes that do not go by their keys, by key."""
    project = names.project(whole.system)
    used = {key: whole.inputs.volume(project, key) for key in keys}
    return {key: name for key, name in used.items() if name != names.volume(project, key)}


def _networks(whole: Whole, overlay: str) -> dict[str, Any]:
    if overlay:
        return {networks.MONITORING: {"labels": _labels(whole.system, overlay)}}
    return {one.key: _network(one, whole.system) for one in whole.networks}


def _network(network: Network, system: System) -> Body:
    settings = _settings(network)
    mark = {f"{LABEL_MARK}definition": _digest(settings)}
    return {**settings, "labels": _labels(system, network.key) | mark}


def _settings(network: Network) -> Body:
    """What makes a network another one, which no container that is connected to it survives."""
    return {
        **({"internal": True} if network.internal else {}),
        **({"ipam": {"config": [{"subnet": network.subnet}]}} if network.subnet else {}),
    }


def _service(draft: Draft, whole: Whole) -> Body:
    body = _body(draft, whole.system)
    labels = _labels(whole.system, draft.part) | ({LABEL_JOB: "true"} if draft.kind == "job" else {})
    labels |= {f"{LABEL_MARK}{name}": value for name, value in facets(draft, whole).items() if value}
    body |= {"labels": labels}
    if draft.build is not None:
        body["build"] = _build(draft.build, whole.system)
    return {key: body[key] for key in _ORDER if key in body}


def _body(draft: Draft, system: System) -> Body:
    body: Body = {**draft.body, **hardening.everywhere(system.logs)}
    body.setdefault("restart", "no" if draft.kind == "job" else "unless-stopped")
    body["stop_grace_period"] = hardening.seconds(draft.stop_grace)
    if draft.kind != "job":
        body["deploy"] = {"replicas": draft.replicas, **body["deploy"]}
    if draft.configs:
        body["configs"] = [{"source": config.key, "target": config.target} for config in draft.configs]
    if draft.secrets:
        body["secrets"] = [{"source": mount.key, "target": mount.target} for mount in draft.secrets]
    if draft.data:
        kept = [{"type": "volume", "source": key, "target": target} for key, target in draft.data.items()]
        body["volumes"] = [*kept, *body.get("volumes", [])]
    if draft.networks:
        body["networks"] = _connected(draft)
    if draft.needs:
        body["depends_on"] = {name: {"condition": condition} for name, condition in draft.needs.items()}
    return body


def _connected(draft: Draft) -> list[str] | dict[str, Any]:
    """Its networks, in the short form where no address is fixed."""
    if not draft.addresses:
        return list(draft.networks)
    given = draft.addresses
    return {key: {"ipv4_address": given[key]} if key in given else {} for key in draft.networks}


def _build(build: Build, system: System) -> Body:
    return {
        "context": build.context,
        "dockerfile": build.dockerfile,
        **({"additional_contexts": dict(build.contexts)} if build.contexts else {}),
        **({"args": dict(build.arguments)} if build.arguments else {}),
        "labels": {LABEL_SYSTEM: system.name, LABEL_PART: build.service},
    }


def _labels(system: System, part: str) -> dict[str, str]:
    return {LABEL_SYSTEM: system.name, LABEL_ENVIRONMENT: system.environment, LABEL_PART: part}


def facets(draft: Draft, whole: Whole) -> dict[str, str]:
    """What a plan compares. How many replicas there are is no part of what each of them is."""
    body = {key: value for key, value in _body(draft, whole.system).items() if key not in _NO_DEFINITION}
    body["deploy"] = {key: value for key, value in body.get("deploy", {}).items() if key != "replicas"}
    if draft.networks:
        settings = {network.key: _settings(network) for network in whole.networks}
        body["networks"] = [body["networks"], {key: settings.get(key, {}) for key in draft.networks}]
    if others := _others(draft.data, whole):
        body["volumes"] = [body["volumes"], others]
    mark = "" if whole.inputs.places.ejected else whole.inputs.marks.get(draft.name, "")
    files = {config.target: config.path if config.content is None else config.content for config in draft.configs}
    made = {
        "definition": _digest(body),
        "config": _digest(files) if files else "",
        "image": str(draft.body["image"]),
        "secrets": mark if draft.secrets else "",
    }
    return {name: value for name, value in made.items() if value}


def _digest(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def container(draft: Draft, whole: Whole) -> Container:
    """The draft as the rest of the target sees it."""
    return Container(
        name=draft.name,
        part=draft.part,
        kind=draft.kind,
        replicas=draft.replicas,
        facets=facets(draft, whole),
        after=tuple(draft.needs),
        image=str(draft.body["image"]),
        built=draft.build.service if draft.build is not None else "",
        checked="healthcheck" in draft.body,
        secret_files=tuple(mount.file.path for mount in draft.secrets),
        configs=tuple(PurePosixPath(config.path) for config in draft.configs),
        networks=draft.networks,
        volumes=tuple(draft.data),
        stop_grace=draft.stop_grace,
        overlay=draft.overlay,
    )
