"""What becomes of each word of a Compose file: one table for the report and for the documentation."""

from __future__ import annotations

from stackyard.importing.compose.ledger import Reason
from stackyard.importing.result import Fate
from stackyard.spec.tree import Path

_DOCKER = "this is about containers, and a stack file describes a system on any target"
_UNPRIVILEGED = "every part runs unprivileged, without new privileges"
_KERNEL = "a stack file sets nothing of the kernel"

SERVICE: dict[str, Reason] = {
    "image": (Fate.CARRIED, "a resource or the edge where there is one, else `image`", ""),
    "build": (Fate.CARRIED, "`build`, or `static` for a front end", ""),
    "command": (Fate.CARRIED, "`command`; migrations in it become `migrate`", ""),
    "entrypoint": (Fate.CARRIED, "joined with `command`", ""),
    "environment": (Fate.CARRIED, "`environment`; addresses become references, secrets `secrets`", ""),
    "env_file": (Fate.CARRIED, "`environment`, as above", ""),
    "ports": (Fate.CARRIED, "`port`", ""),
    "expose": (Fate.CARRIED, "`port`", ""),
    "healthcheck": (Fate.CARRIED, "`health`; the ones of resources and of the edge are Stackyard's own", ""),
    "depends_on": (Fate.CARRIED, "`needs`; a migration job becomes `migrate`", ""),
    "links": (Fate.CARRIED, "`needs`", ""),
    "deploy": (Fate.CARRIED, "`replicas`, `limits`, `restart`", ""),
    "scale": (Fate.CARRIED, "`replicas`", ""),
    "cpus": (Fate.CARRIED, "`limits.cpu`", ""),
    "mem_limit": (Fate.CARRIED, "`limits.memory`", ""),
    "pids_limit": (Fate.CARRIED, "`limits.pids`", ""),
    "restart": (Fate.CARRIED, "`restart`; always is the default", ""),
    "stop_signal": (Fate.CARRIED, "`stop_signal`", ""),
    "stop_grace_period": (Fate.CARRIED, "`stop_grace_period`", ""),
    "profiles": (Fate.CARRIED, "`profiles`", ""),
    "secrets": (Fate.CARRIED, "`secrets`; as variables, not as files", ""),
    "volumes": (
        Fate.LOST,
        "a part reads and writes the folder of its source; data of resources and init scripts are carried",
        "Keep files that must last in an `objects` resource, or at a path that you name in `environment`.",
    ),
    "labels": (
        Fate.LOST,
        "labels speak to other tools; Traefik's routes are carried",
        "Say it in the stack file, if it is about the edge.",
    ),
    "container_name": (Fate.REPLACED, "a part is found by its name in the stack file", ""),
    "hostname": (Fate.REPLACED, "a part is found by its name in the stack file", ""),
    "networks": (Fate.REPLACED, "parts reach each other, and only the edge is reached from outside", ""),
    "logging": (Fate.REPLACED, "logs are collected, rotated and kept; `logs: {keep, size}` says how long", ""),
    "init": (Fate.REPLACED, "the supervisor reaps what a part leaves behind", ""),
    "user": (Fate.REPLACED, _UNPRIVILEGED, ""),
    "security_opt": (Fate.REPLACED, _UNPRIVILEGED, ""),
    "cap_drop": (Fate.REPLACED, _UNPRIVILEGED, ""),
    "read_only": (Fate.REPLACED, "each target closes the file system of a part as far as it can", ""),
    "develop": (Fate.REPLACED, "in development, saving a file restarts what it concerns; `watch` names others", ""),
    "working_dir": (Fate.REPLACED, "a service runs in the folder of its source", ""),
    "pull_policy": (Fate.REPLACED, "an image is fetched when it is not there", ""),
    "tty": (Fate.REPLACED, "logs are lines of text; `stackyard run` gives a terminal", ""),
    "stdin_open": (Fate.REPLACED, "`stackyard run` gives a terminal", ""),
    "external_links": (Fate.LOST, "what it names is not in this file", "Give its address in `environment`."),
    "extra_hosts": (Fate.LOST, "names are those of the machine", "Write the address into `environment`."),
    "dns": (Fate.LOST, "names are those of the machine", ""),
    "network_mode": (Fate.LOST, _DOCKER, "Natively a part sees the network of the machine."),
    "privileged": (Fate.LOST, _UNPRIVILEGED, "Run it outside of Stackyard, if it needs that."),
    "cap_add": (Fate.LOST, _UNPRIVILEGED, "Run it outside of Stackyard, if it needs that."),
    "devices": (Fate.LOST, "a stack file gives no devices to parts", "Run it outside of Stackyard."),
    "configs": (Fate.LOST, "a stack file holds no configuration files", "Put the file into the folder of the source."),
    "tmpfs": (Fate.LOST, "a part has the temporary folder of the machine", ""),
    "shm_size": (Fate.LOST, "a part shares the memory file system of the machine", ""),
    "ulimits": (Fate.LOST, _KERNEL, "`stackyard doctor` looks at the limits of the machine."),
    "sysctls": (Fate.LOST, _KERNEL, "Set it on the machine."),
    "platform": (Fate.LOST, _DOCKER, ""),
    "pid": (Fate.LOST, _DOCKER, ""),
    "ipc": (Fate.LOST, _DOCKER, ""),
    "volumes_from": (Fate.LOST, _DOCKER, "Name the folder in `environment` of both."),
    "post_start": (Fate.LOST, "there are no hooks", "A service with `restart: never` runs once."),
    "pre_stop": (Fate.LOST, "there are no hooks", "Let the service do it when `stop_signal` comes."),
    "annotations": (Fate.LOST, _DOCKER, ""),
}
"""The words of a service."""

TOP: dict[str, Reason] = {
    "name": (Fate.CARRIED, "`system`", ""),
    "services": (Fate.CARRIED, "`services`, `resources` and `edge`", ""),
    "include": (Fate.CARRIED, "the files are taken in", ""),
    "secrets": (Fate.CARRIED, "`secrets`, provided by you with `stackyard secrets set`", ""),
    "version": (Fate.REPLACED, "Compose itself no longer reads it", ""),
    "networks": (Fate.REPLACED, "parts reach each other, and only the edge is reached from outside", ""),
    "volumes": (
        Fate.LOST,
        "a stack file has no volumes; data of resources is owned by Stackyard",
        "Keep files that must last in an `objects` resource, or at a path that you name in `environment`.",
    ),
    "configs": (Fate.LOST, "a stack file holds no configuration files", "Put the file into the folder of the source."),
    "x-": (Fate.REPLACED, "Compose does nothing with it by itself; where it is used, it is carried", ""),
}
"""The words at the top of a Compose file."""

_UNKNOWN: Reason = (Fate.LOST, "the importer does not know this word", "")


def leftover(path: Path) -> Reason:
    """What is said of a value that no part of the importer has spoken for."""
    words = [str(step) for step in path]
    if any(word.startswith("x-") for word in words):
        reason = TOP["x-"]
    elif words[0] == "services":
        reason = SERVICE.get(words[2], _UNKNOWN) if len(words) > 2 else _UNKNOWN
    else:
        reason = TOP.get(words[0], _UNKNOWN)
    if reason[0] is Fate.CARRIED:
        # The word is carried, this part of it found no place.
        return Fate.LOST, "a stack file has no word for it", ""
    return reason
