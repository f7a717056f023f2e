"""How what we build is built: Dockerfiles for Python services and for the edge with its front ends.

`recipes` reads what the projects say about themselves; everything below it is a pure function of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from stackyard.model.files import File
from stackyard.model.system import PythonSource, StaticSource, System
from stackyard.targets.compose.dockerfiles import backups, python
from stackyard.targets.compose.dockerfiles import edge as front
from stackyard.targets.compose.dockerfiles.ignoring import ignored
from stackyard.targets.compose.dockerfiles.reading import read_python, read_site
from stackyard.targets.compose.names import BACKUPS
from stackyard.targets.compose.rendering import Recipe
from stackyard.targets.names import EDGE


def recipes(system: System, folder: Path) -> dict[str, Recipe]:
    """The recipes of all that is built for `system`, by service name, with "edge" for the edge.

    `folder` is where the files are rendered to: it never gets into an image. Raises PartError for a project that
    cannot be read, MachineError for one that no Python fits.
    """
    edge = system.edge
    private = frozenset(path for path in (edge.certificate, edge.key) if path) if edge is not None else frozenset()
    made = {
        service.name: _python(service.name, service.source.path, service.packages, folder, private)
        for service in system.services
        if isinstance(service.source, PythonSource)
    }
    if edge is not None:
        made[EDGE] = _edge(system, folder, private)
    if system.backups is not None:
        made[BACKUPS] = Recipe(backups.files(system))
    return made


def common(folders: Sequence[Path]) -> Path:
    """The folder that a build starts from: the deepest that holds all of them."""
    first, *others = folders
    for other in others:
        while not other.is_relative_to(first):
            first = first.parent
    return first


def _python(name: str, path: Path, packages: tuple[str, ...], folder: Path, private: frozenset[Path]) -> Recipe:
    project = replace(read_python(name, path), debian=packages)
    context = common((path, *project.folders))
    places = tuple(_place(each, context) for each in (path, *project.folders))
    text = python.dockerfile(project.at(places[0], places[1:]))
    return Recipe(_files(text, ignored(context, (path, *project.folders), folder, private=private)), context)


def _edge(system: System, folder: Path, private: frozenset[Path]) -> Recipe:
    sites = [(service, service.source) for service in system.services if isinstance(service.source, StaticSource)]
    if not sites:
        return Recipe(_files(front.dockerfile(()), "*\n"))
    sources = list(dict.fromkeys(path for _, source in sites for path in (source.path, *source.packages_beside)))
    context = common(sources)
    built = tuple(read_site(service.name, source, context) for service, source in sites)
    # What is served as it lies may well have a folder that is called like a product.
    plain = frozenset(source.path for _, source in sites if not source.script)
    text = ignored(context, sources, folder, plain=plain, private=private)
    return Recipe(_files(front.dockerfile(built), text), context)


def _files(dockerfile: str, ignore: str) -> tuple[File, ...]:
    return (File(PurePosixPath("Dockerfile"), dockerfile), File(PurePosixPath("Dockerfile.dockerignore"), ignore))


def _place(path: Path, context: Path) -> str:
    return path.relative_to(context).as_posix()
