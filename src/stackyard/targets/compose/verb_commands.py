"""What the verbs on a running system ask of Docker, as values. Pure, as `commands`, and read no stack file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from stackyard.targets.compose.commands import PROJECT, Argv


def restart(ids: Iterable[str]) -> Argv:
    """Stop and start containers as they are, with their own signals and patience."""
    return ("docker", "restart", *ids)


def processes(container: str) -> Argv:
    """The processes of a container, one a line below a head."""
    return ("docker", "top", container, "-eo", "pid,args")


def hurry(container: str) -> Argv:
    """Tell the loop of a service with a schedule to run its command now."""
    return ("docker", "kill", "--signal", "USR1", container)


def networks(project: str) -> Argv:
    """The ids of the networks of a project, one a line."""
    return ("docker", "network", "ls", "--quiet", "--filter", f"label={PROJECT}={project}")


def logs(
    project: str,
    services: Sequence[str],
    *,
    lines: int | None = None,
    since: datetime | None = None,
    follow: bool = False,
) -> Argv:
    """What the containers of a project have said, each line with its container and its time.

    `lines` of each container, all without. Containers that come later are heard, too, where it follows.
    """
    words = ["docker", "compose", "--ansi", "never", "--project-name", project, "logs", "--timestamps", "--no-color"]
    words += ["--tail", str(lines)] if lines is not None else []
    words += ["--since", since.isoformat()] if since is not None else []
    words += ["--follow"] if follow else []
    return (*words, *services)
