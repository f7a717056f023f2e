"""Containers of the system's own images over copies of its data, in a network that leads nowhere. Pure.

They have the files, secrets and settings that the real ones have. In that network the copies go by the names of what
they are copies of: so no address in an environment has to be changed, and none can lead to the original.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from stackyard.backup.elsewhere import Place
from stackyard.backup.leash import MARK
from stackyard.model.system import Objects, Postgres, Redis, Service, System
from stackyard.resources import objects
from stackyard.resources.migrations import first_database
from stackyard.targets.compose import networks
from stackyard.targets.compose.commands import PROJECT, Argv
from stackyard.targets.compose.dockerfiles.backups import SCRATCH
from stackyard.targets.compose.parts.objects import PORT as STORE_PORT
from stackyard.targets.compose.parts.services import is_checked, migration
from stackyard.targets.compose.rendering import LABEL, LABEL_ENVIRONMENT, LABEL_SYSTEM

LABEL_DRILL = f"{LABEL}.drill"
"""Of everything that is there for the time of a drill; its value is the project."""

_NETWORK, _VOLUME = "drill", "backups-scratch"
_LEFT_OUT = frozenset({"build", "depends_on", "develop", "labels", "networks", "ports", "volumes"})
_ALONE = {
    "archive_mode": "off",
    "primary_conninfo": "",
    "synchronous_standby_names": "",
    "autovacuum": "off",
    "huge_pages": "off",
    "shared_buffers": "128MB",
    # It is thrown away: nothing of it need outlive a power cut.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # What fails may be told; what it said, with what in it, need not be.
    "log_min_error_statement": "panic",
}

Resource = Postgres | Redis | Objects


def answering(system: System) -> tuple[Service, ...]:
    """The services that answer requests. Workers and schedules would do the work of the system a second time."""
    return tuple(
        one for one in system.services if not one.is_static and one.port is not None and is_checked(one)
    )  # fmt: skip


def migrating(system: System) -> tuple[Service, ...]:
    """The services that change the schema before they serve."""
    return tuple(one for one in system.services if one.migrate and first_database(system, one) is not None)


def parts(system: System, service: Service) -> tuple[Resource, ...]:
    """The resources that a service can reach."""
    own = networks.of_service(system, service, ())
    return tuple(
        one
        for one in system.resources
        if isinstance(one, Postgres | Redis | Objects) and networks.of_resource(one.name) in own
    )


def copy_of(name: str) -> str:
    """The Compose service of a copy: no part of a stack file can have its name."""
    return f"{name}_drill"


def network(project: str) -> str:
    """The name of the network in which the copies are."""
    return f"{project}_{_NETWORK}"


def document(base: Mapping[str, Any], system: System, project: str, place: Place) -> dict[str, Any]:
    """The project of the copies. `base` is the document that the system runs from, `place` what was brought back.

    What the system runs without, for it was not brought up since the file changed, is left out.
    """
    known = base["services"]
    made: dict[str, Any] = {}
    for one in system.resources:
        changed = _over(one, place) if one.name in known else None
        if changed is not None:
            others = one.replica_names if isinstance(one, Postgres) else ()
            made[copy_of(one.name)] = _body(known[one.name], changed, system, project, (one.name, *others))
    for service in answering(system):
        if service.name in known:
            made[copy_of(service.name)] = _body(known[service.name], {}, system, project, (service.name,))
    for service in migrating(system):
        name = migration(service.name)
        if name in known:
            made[copy_of(name)] = _body(known[name], {}, system, project, ())
    return {
        "name": project,
        "services": made,
        "networks": {_NETWORK: {"external": True, "name": network(project)}},
        "volumes": {_VOLUME: {"external": True, "name": f"{project}_{_VOLUME}"}},
        **{section: base[section] for section in ("configs", "secrets") if section in base},
    }


def _over(resource: object, place: Place) -> dict[str, Any] | None:
    """What is other in the container of a resource over its copy; None where there is no copy."""
    mount = {"type": "volume", "source": _VOLUME, "target": SCRATCH}
    held: dict[str, Any] = {"user": place.owner, "volumes": [mount]}
    if isinstance(resource, Postgres) and resource.name in place.databases:
        settings = [word for name, value in _ALONE.items() for word in ("-c", f"{name}={value}")]
        return {**held, "environment": {"PGDATA": place.databases[resource.name]}, "command": settings}
    if isinstance(resource, Redis) and resource.name in place.caches:
        return {**held, "command": ["--dir", place.caches[resource.name], "--save", ""]}
    if isinstance(resource, Objects) and resource.name in place.files:
        folder = Path(place.files[resource.name])
        return {**held, "instead": objects.command("rclone", folder, Path("/tmp"), STORE_PORT, "0.0.0.0")}
    return None


def _body(
    body: Mapping[str, Any], changed: Mapping[str, Any], system: System, project: str, names: Iterable[str]
) -> dict[str, Any]:
    """The container of `body`, in the network of the copies. What is in `changed` comes on top."""
    made = {key: value for key, value in body.items() if key not in _LEFT_OUT}
    if "command" in changed or "instead" in changed:
        made["command"] = list(changed.get("instead") or [*body["command"], *changed["command"]])
    made |= {key: changed[key] for key in ("user", "volumes") if key in changed}
    return {
        **made,
        "restart": "no",
        "environment": {**body.get("environment", {}), **changed.get("environment", {}), MARK: project},
        "networks": {_NETWORK: {"aliases": list(names)}},
        "labels": {LABEL_SYSTEM: system.name, LABEL_ENVIRONMENT: system.environment, LABEL_DRILL: project},
    }


def create_network(project: str, *, isolated: bool) -> Argv:
    """Make the network. With `isolated` not even this machine is in it, which engines know from 28 on."""
    labels = ("--label", f"{PROJECT}={project}", "--label", f"{LABEL_DRILL}={project}")
    options = ("--opt", "com.docker.network.bridge.gateway_mode_ipv4=isolated") if isolated else ()
    return ("docker", "network", "create", "--internal", *options, *labels, network(project))


def remove(project: str) -> Argv:
    """Wait for the end of the standard input, then remove all that is there for a drill of the project."""
    return ("/bin/sh", "-c", _REMOVE, "sh", f"label={LABEL_DRILL}={project}", network(project))


_REMOVE = """
cat >/dev/null
found=$(docker ps --all --quiet --filter "$1")
[ -z "$found" ] || docker rm --force --volumes $found
docker network inspect "$2" || exit 0
docker network rm "$2"
"""
