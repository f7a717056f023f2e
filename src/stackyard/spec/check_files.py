"""The files and folders that a stack file names: they exist, and sources lie where the project lies."""

from __future__ import annotations

import os
from pathlib import Path

from stackyard.model.system import DockerSource, ImageSource, Postgres, Service, StaticSource
from stackyard.spec import tree
from stackyard.spec.checks import Draft
from stackyard.spec.files import exists, is_file, is_folder

_INIT_ENDINGS = (".sql", ".sh")


def check_files(draft: Draft) -> None:
    """Report every path that is not there, or not what it should be."""
    home = _home(draft.system.root)
    for service in draft.system.services:
        _check_source(draft, service, home)
        if draft.spot(("services", service.name, "watch")) is not draft.spot(("services", service.name)):
            for index, path in enumerate(service.watch):
                if not exists(path):
                    _add_missing(draft, ("services", service.name, "watch", index), path)
    for resource in draft.system.resources:
        if isinstance(resource, Postgres) and resource.init is not None:
            _check_init(draft, resource.name, resource.init)
    _check_edge(draft)


def _home(root: Path) -> str:
    """The git repository that `root` lies in, or `root` itself."""
    for folder in (root, *root.parents):
        if os.path.lexists(folder / ".git"):
            return os.path.realpath(folder)
    return os.path.realpath(root)


def _check_source(draft: Draft, service: Service, home: str) -> None:
    source = service.source
    if isinstance(source, ImageSource):
        return
    word = "static" if service.is_static else "build"
    path: tree.Path = ("services", service.name, word)
    inner = draft.spot((*path, "path"))
    path = path if inner is draft.spot(path) else (*path, "path")
    if not is_folder(source.path):
        _add_missing(draft, path, source.path, "folder")
    elif not _is_within(source.path, home):
        what = f"{source.path} lies outside the project ({home})"
        draft.add(path, what, "a source lies in the folder of the stack file or in its git repository")
    elif isinstance(source, DockerSource) and not is_file(source.path / source.dockerfile):
        _add_missing(draft, (*path[:3], "dockerfile"), source.path / source.dockerfile, "file")
    elif isinstance(source, StaticSource):
        _check_packages(draft, path, source)


def _check_packages(draft: Draft, where: tree.Path, source: StaticSource) -> None:
    """What a front end depends on by path is there."""
    file = source.path / "package.json"
    for path in source.packages:
        if not (is_file(path / "package.json") or is_file(path)):
            what = f"{file} depends on {path}, and there is no package"
            draft.add(where, what, "put the package there, or mend the path of `file:` in package.json")


def _is_within(path: Path, home: str) -> bool:
    real = os.path.realpath(path)
    return home == "/" or real == home or real.startswith(home + os.sep)


def _check_init(draft: Draft, name: str, folder: Path) -> None:
    path = ("resources", name, "init")
    if not is_folder(folder):
        _add_missing(draft, path, folder, "folder")
        return
    try:
        found = any(file.suffix in _INIT_ENDINGS for file in folder.iterdir())
    except OSError as error:
        draft.add(path, f"{folder} cannot be read: {error.strerror}", "check its permissions")
        return
    if not found:
        draft.add(path, f"{folder} holds no *.sql and no *.sh", "add the scripts, or remove init")


def _check_edge(draft: Draft) -> None:
    edge = draft.system.edge
    if edge is None:
        return
    named = {("tls", "certificate"): edge.certificate, ("tls", "key"): edge.key, ("maintenance",): edge.maintenance}
    for words, path in named.items():
        if path is not None and not is_file(path):
            _add_missing(draft, ("edge", *words), path, "file")


def _add_missing(draft: Draft, where: tree.Path, path: Path, kind: str = "file or folder") -> None:
    what = f"{path} is not a {kind}" if exists(path) else f"there is no {kind} {path}"
    draft.add(where, what, "paths are relative to the stack file")
