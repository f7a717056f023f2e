"""What is asked of Docker and of Compose, as values. Pure: a command line is only made here, the runner runs it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackyard.targets.compose.rendering import LABEL_ENVIRONMENT, LABEL_SYSTEM, Build

Argv = tuple[str, ...]

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
NUMBER = "com.docker.compose.container-number"
ONE_OFF = "com.docker.compose.oneoff"
FOLDER = "com.docker.compose.project.working_dir"
VOLUME = "com.docker.compose.volume"
"""Labels that Compose itself gives."""

_ALL = "{{json .}}"


@dataclass(frozen=True)
class Project:
    """A Compose project: its `name`, the `folder` of its files, and the files in the order in which they add up."""

    name: str
    folder: Path
    files: tuple[str, ...]


def environment(outer: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of Docker's programs: ours, without what would make Compose read something else."""
    kept = {name: value for name, value in outer.items() if not name.startswith("COMPOSE_")}
    return {**kept, "LC_ALL": "C", "DOCKER_CLI_HINTS": "false", "BUILDKIT_PROGRESS": "plain"}


def info() -> Argv:
    """The engine, the client and its plugins, in one answer."""
    return ("docker", "info", "--format", _ALL)


def containers(project: str) -> Argv:
    """The ids of all containers of a project, one a line."""
    return ("docker", "ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={PROJECT}={project}")


def publishing(port: int) -> Argv:
    """The names of the containers that publish a port, one a line."""
    return ("docker", "ps", "--format", "{{.Names}}", "--filter", f"publish={port}")


def inspect(kind: str, names: Iterable[str]) -> Argv:
    """Everything about some things of one kind (container, image, volume, network); absent ones are left out."""
    return ("docker", kind, "inspect", *names)


def create_volume(name: str, labels: Mapping[str, str]) -> Argv:
    """Make a volume. One that is there already stays as it is."""
    return ("docker", "volume", "create", *_labelled(labels), name)


def remove_containers(ids: Iterable[str]) -> Argv:
    """End and remove containers; their volumes stay."""
    return ("docker", "rm", "--force", *ids)


def remove_networks(names: Iterable[str]) -> Argv:
    """Remove networks that nothing is connected to."""
    return ("docker", "network", "rm", *names)


def remove_volumes(names: Iterable[str]) -> Argv:
    """Remove volumes with all that is in them."""
    return ("docker", "volume", "rm", *names)


def remove_images(references: Iterable[str]) -> Argv:
    """Take names from images; one without any is removed."""
    return ("docker", "image", "rm", *references)


def volumes(system: str, environment: str) -> Argv:
    """The names of all volumes of a system, one a line."""
    return ("docker", "volume", "ls", "--quiet", *_of_system(system, environment))


def images(system: str, environment: str = "") -> Argv:
    """All images that were built for a system, a JSON object a line; of every environment when none is given."""
    chosen = _of_system(system, environment) if environment else ("--filter", f"label={LABEL_SYSTEM}={system}")
    return ("docker", "image", "ls", "--no-trunc", "--format", _ALL, *chosen)


def pull(reference: str) -> Argv:
    """Fetch an image from its registry."""
    return ("docker", "pull", reference)


def wait(container: str) -> Argv:
    """Wait until a container has ended; its exit code."""
    return ("docker", "wait", container)


def logs(container: str, lines: int) -> Argv:
    """The last lines that a container wrote, each with its time before it."""
    return ("docker", "logs", "--timestamps", "--tail", str(lines), container)


def execute(
    container: str, argv: Iterable[str], *, user: str = "", variables: Iterable[str] = (), terminal: bool = False
) -> Argv:
    """Run a program inside a running container. `variables` are taken over from our environment, by name."""
    options = ["--interactive", *(["--tty"] if terminal else []), *(["--user", user] if user else [])]
    passed = [word for name in variables for word in ("--env", name)]
    return ("docker", "exec", *options, *passed, container, *argv)


def copy_out(container: str, path: str) -> Argv:
    """A file of a container as a tar on the standard output, whether the container runs or not."""
    return ("docker", "cp", f"{container}:{path}", "-")


def signal(container: str, name: str) -> Argv:
    """Send a signal to the first process of a container."""
    return ("docker", "kill", "--signal", name, container)


def events(project: str) -> Argv:
    """What happens to the containers of a project from now on, a JSON object a line."""
    filters = ("--filter", "type=container", "--filter", f"label={PROJECT}={project}")
    return ("docker", "events", "--format", _ALL, *filters)


def build(build: Build, folder: Path, labels: Mapping[str, str], secrets: Mapping[str, Path]) -> Argv:
    """Build an image. `secrets` are files by id that the build may read and the image does not keep."""
    contexts = [
        word for name, path in build.contexts.items() for word in ("--build-context", f"{name}={folder / path}")
    ]
    arguments = [word for name, value in build.arguments.items() for word in ("--build-arg", f"{name}={value}")]
    passed = [word for name, path in secrets.items() for word in ("--secret", f"id={name},src={path}")]
    context = folder / build.context
    place = ("--file", str(context / build.dockerfile), *contexts, *arguments, *passed, *_labelled(labels))
    return ("docker", "build", "--progress", "plain", "--tag", build.image, *place, str(context))


def up(project: Project, services: Iterable[str]) -> Argv:
    """Create or bring in line the containers of these services, and start them. Does not wait until they are ready."""
    # Whoever they need is already there, and what is to be built has been built: the plan has seen to it.
    options = ("--detach", "--no-deps", "--no-build", "--quiet-pull")
    return _compose(project, "up", *options, *services)


def create(project: Project, services: Iterable[str]) -> Argv:
    """Create the containers of these services, and start none."""
    return _compose(project, "up", "--no-start", "--no-deps", "--no-build", "--quiet-pull", *services)


def start_container(container: str, *, attached: bool = False) -> Argv:
    """Start a container that was created; `attached` shows what it says until it ends, and ends with its code."""
    return ("docker", "start", *(("--attach",) if attached else ()), container)


def stop(project: Project, services: Iterable[str]) -> Argv:
    """Stop the containers of these services with their own signals and patience; what they said can still be read."""
    return _compose(project, "stop", *services)


def stop_containers(ids: Iterable[str]) -> Argv:
    """Stop containers with their own signals and patience, whatever files they were made from."""
    return ("docker", "stop", *ids)


def restart(project: Project, services: Iterable[str]) -> Argv:
    """Stop and start the containers of these services as they are."""
    return _compose(project, "restart", "--no-deps", *services)


def run(
    project: Project,
    service: str,
    argv: Iterable[str] = (),
    *,
    name: str = "",
    terminal: bool = False,
    variables: Iterable[str] = (),
) -> Argv:
    """One more container of a service, in which `argv` runs instead of its command; it is removed afterwards.

    `variables` are taken over from our environment, by name.
    """
    passed = [word for variable in variables for word in ("--env", variable)]
    options = ("--rm", "--no-deps", *(() if terminal else ("--no-TTY",)), *(("--name", name) if name else ()), *passed)
    return _compose(project, "run", *options, service, *argv)


def run_copy(project: Project, service: str) -> Argv:
    """One container of a service in the background, known by the aliases that the service has; prints its id."""
    return _compose(project, "run", "--detach", "--no-deps", "--use-aliases", "--quiet-pull", service)


def apart(
    image: str,
    argv: Sequence[str],
    volumes: Mapping[str, str],
    *,
    user: str,
    name: str = "",
    network: str = "none",
    scratch: Iterable[str] = (),
    capabilities: Iterable[str] = (),
) -> Argv:
    """One container of an image, in no project, in which `argv` runs in the place of its program; it is removed then.

    It can write to `volumes` (the path of each by its name) and to `scratch` in memory, and to nothing else. Our
    standard input is its own.
    """
    options = ["--rm", "--interactive", "--network", network, "--user", user, *(("--name", name) if name else ())]
    options += ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--shm-size", "256m"]
    options += [word for one in capabilities for word in ("--cap-add", one)]
    options += [word for path in ("/tmp", *scratch) for word in ("--tmpfs", path)]
    options += [word for volume, path in volumes.items() for word in ("--volume", f"{volume}:{path}")]
    program, *words = argv
    return ("docker", "run", *options, "--entrypoint", program, image, *words)


def tool(
    project: Project,
    service: str,
    argv: Sequence[str],
    *,
    user: str = "",
    capabilities: Iterable[str] = (),
    folders: Iterable[Path] = (),
) -> Argv:
    """One container of a service in which `argv` runs in the place of its program; our standard input is its own.

    `folders` of the machine are there at the same place. It is removed afterwards.
    """
    rights = [word for name in capabilities for word in ("--cap-add", name)]
    mounts = [word for folder in folders for word in ("--volume", f"{folder}:{folder}")]
    program, *words = argv
    options = ("--rm", "--no-deps", "--no-TTY", *(("--user", user) if user else ()), *rights, *mounts)
    return _compose(project, "--progress", "quiet", "run", *options, "--entrypoint", program, service, *words)


def _compose(project: Project, *words: str) -> Argv:
    files = [word for file in project.files for word in ("--file", str(project.folder / file))]
    where = ("--project-name", project.name, "--project-directory", str(project.folder))
    return ("docker", "compose", "--ansi", "never", *where, *files, *words)


def _labelled(labels: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(word for name, value in labels.items() for word in ("--label", f"{name}={value}"))


def _of_system(system: str, environment: str) -> tuple[str, ...]:
    wanted = {LABEL_SYSTEM: system, LABEL_ENVIRONMENT: environment}
    return tuple(word for name, value in wanted.items() for word in ("--filter", f"label={name}={value}"))
