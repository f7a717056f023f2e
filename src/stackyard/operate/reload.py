"""Hot reload, in development: whoever saves a file sees it run. A supervised process, started last.

It decides nothing: on a change it runs `stackyard up --detach`, which finds out what the change concerns, builds and
migrates what must be, and restarts only that. What it prints goes to the log of the part `reload`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from stackyard.errors import SpecError, StackyardError
from stackyard.model.system import DockerSource, ImageSource, StaticSource, System
from stackyard.targets.local.fingerprint import is_product
from stackyard.targets.local.python_project import python_project

_QUIET = 150
"""Milliseconds without a change after which a change counts as whole: editors write several files at once."""


def main(file: str, environment: str, *profiles: str) -> None:
    """Watch until stopped. A stack file that cannot be read is watched until it can be."""
    from watchfiles import watch

    root = Path(file).parent
    while True:
        paths = list(watched(Path(file), environment, profiles))
        for changes in watch(
            *paths,
            watch_filter=lambda _, name: not is_product(_below(Path(name), root)),
            step=_QUIET,
            raise_interrupt=False,
        ):
            names = sorted({Path(name).name for _, name in changes})
            _tell(f"changed: {', '.join(names[:5])}{' …' if len(names) > 5 else ''}")
            _apply(file, environment, profiles)
            if Path(file).name in names:
                break
        else:
            return


def watched(file: Path, environment: str, profiles: tuple[str, ...]) -> Iterator[Path]:
    """The stack file, and every folder that people write services in."""
    yield file
    try:
        from stackyard.spec.load import load

        yield from _sources(load(file, environment, profiles))
    except (SpecError, StackyardError) as error:
        _tell(f"{error.what}; watching only {file.name}")


def _sources(system: System) -> Iterator[Path]:
    for service in system.services:
        yield from service.watch
        if not isinstance(service.source, DockerSource | ImageSource):
            yield service.source.path
            yield from python_project(service.source.path)[1]
        if isinstance(service.source, StaticSource):
            yield from service.source.packages_beside


def _below(path: Path, root: Path) -> Path:
    """The part of a path that may name a product: folders above the project are nobody's business."""
    try:
        return path.relative_to(root)
    except ValueError:
        return Path(*path.parts[-4:])


def _apply(file: str, environment: str, profiles: tuple[str, ...]) -> None:
    chosen = [word for name in profiles for word in ("--profile", name)]
    argv = [
        sys.executable,
        "-m",
        "stackyard.cli.main",
        "up",
        "--detach",
        "--brief",
        "--file",
        file,
        "--env",
        environment,
    ]
    argv += chosen
    code = subprocess.run(argv, stdin=subprocess.DEVNULL, check=False).returncode
    if code != 0:
        _tell("the change does not run, and what it concerns may be down; save again when it is mended")


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
