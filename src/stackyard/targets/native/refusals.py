"""What this target cannot run at all, said before anything is touched. Light to import, for it is asked first."""

from __future__ import annotations

import sys

from stackyard.errors import MachineError
from stackyard.model.system import DockerSource, ImageSource, Queue, System, Tls


def refuse(system: System) -> None:
    """Raise MachineError for a service that this target cannot run at all: leaving it out would not be the system."""
    if sys.platform != "linux":
        raise MachineError(
            f"the native target runs on Linux; this is {sys.platform}",
            hint="Its supervisor stands on pidfd and /proc. A Linux machine, virtual machine or container runs it.",
        )
    for service in system.services:
        if isinstance(service.source, DockerSource | ImageSource):
            kind = "image" if isinstance(service.source, ImageSource) else "Dockerfile"
            raise MachineError(
                f"{service.position}: {service.name} runs from {'an' if kind == 'image' else 'a'} {kind}, "
                "which the native target cannot run",
                hint="Give `build` a Python project, or leave the service out of this environment with `profiles`.",
            )
    if system.edge is not None and system.edge.tls is Tls.ACME:
        raise MachineError(
            f"{system.edge.position}: the native target does not fetch certificates over ACME yet",
            hint="Give `tls` a certificate and a key of your own ({certificate: …, key: …}), or self-signed.",
        )
    for resource in system.resources:
        if isinstance(resource, Queue):
            raise MachineError(
                f"{resource.position}: the native target does not run {resource.engine} ({resource.name}) yet",
                hint="Leave it out of this environment with `profiles`, or use a Redis for jobs.",
            )
