"""Services and their sources, from the tree to the model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from stackyard.model.system import (
    Access,
    DockerSource,
    ImageSource,
    Limits,
    Need,
    Probe,
    PythonSource,
    Restart,
    Service,
    Source,
    StaticSource,
)
from stackyard.model.values import Value
from stackyard.spec.cron import read_schedule
from stackyard.spec.files import is_file, is_folder
from stackyard.spec.npm_packages import local_packages
from stackyard.spec.references import read_value
from stackyard.spec.report import Wrong
from stackyard.spec.sections import Block, command, duration, size, text, texts, value
from stackyard.spec.tree import Entry, Mapping, Node, Sequence

SOURCES = ("build", "image", "static")
STATIC_KEYS = frozenset({"static", "port", "environment", "watch", "profiles"})
_SCHEDULE_EXCLUDES = ("port", "replicas", "health")
_PYTHON_SIGNS = ("pyproject.toml", "requirements.txt")
# Without a source the rest of a service can still be checked.
_NO_SOURCE = ImageSource("")


def build_services(top: Block) -> list[Service]:
    """Every service of the file, whatever its profiles."""
    return [_service(name, entry, part) for name, entry, part in top.inners("services")]


def _service(name: str, entry: Entry, part: Block) -> Service:
    source = _source(part, entry)
    _check_combinations(part, source)
    values = part.read(
        port=value,
        replicas=value,
        secrets=texts,
        schedule=lambda node: read_schedule(text(node)),
        stop_signal=text,
        restart=lambda node: Restart(text(node)),
        packages=lambda node: tuple(dict.fromkeys(texts(node))),
        command=command,
        migrate=command,
        profiles=texts,
    )
    part.read_into(values, "stop_grace", "stop_grace_period", duration())
    values.setdefault("restart", Restart.NEVER if "schedule" in part else Restart.ALWAYS)
    return Service(
        name=name,
        source=source,
        position=part.report.position(entry),
        health=_health(part),
        needs=_needs(part),
        environment=_environment(part),
        limits=_limits(part),
        watch=_watch(part, source),
        **values,
    )


def _source(part: Block, entry: Entry) -> Source:
    given = [name for name in SOURCES if name in part]
    if not given:
        what = f"{part.key} has none of build, image and static"
        part.report.add_absence(entry, part.key, what, f"say where it comes from, such as build: ./{part.key[9:]}")
        return _NO_SOURCE
    for name in given[1:]:
        what = f"{part.key} gives {given[0]} and {name}, and can have only one"
        part.report.add(part.entry(name), part.path(name), what, "an overlay takes a key away with null")
    values = part.read(**{given[0]: _SOURCE_READERS[given[0]](part)})
    source: Source = values.get(given[0], _NO_SOURCE)
    return source


def _build_reader(part: Block) -> Any:
    def read(node: Node) -> Source:
        inner = part.inner("build")
        folder = part.path_of(inner.entry("path").node if inner else node)
        named = inner.read(dockerfile=text) if inner else {}
        if named:
            return DockerSource(folder, **named)
        is_python = any(is_file(folder / sign) for sign in _PYTHON_SIGNS)
        is_docker = is_file(folder / "Dockerfile")
        if not is_python and not is_docker and is_folder(folder):
            raise Wrong(
                "this folder has no pyproject.toml, requirements.txt or Dockerfile",
                "add one of them, or use static for a front end",
            )
        return DockerSource(folder) if is_docker and not is_python else PythonSource(folder)

    return read


def _static_reader(part: Block) -> Any:
    def read(node: Node) -> Source:
        inner = part.inner("static")
        folder = part.path_of(inner.entry("path").node if inner else node)
        values = inner.read(script=text, output=text, spa=value) if inner else {}
        source = StaticSource(folder, **values)
        if "script" not in values and not is_file(folder / "package.json"):
            source = replace(source, script="")
        return replace(source, packages=local_packages(folder)) if source.script else source

    return read


_SOURCE_READERS = {
    "build": _build_reader,
    "image": lambda _part: lambda node: ImageSource(text(node)),
    "static": _static_reader,
}


def _check_combinations(part: Block, source: Source) -> None:
    if isinstance(source, StaticSource):
        for name in part.node.entries.keys() - STATIC_KEYS - set(SOURCES):
            entry = part.entry(name)
            what = f"a static service takes no {name}"
            part.report.add(entry, part.path(name), what, "the edge serves its files; nothing of it runs")
        return
    if isinstance(source, PythonSource) and "command" not in part:
        spot = part.entry("build")
        what = f"{part.key} builds a Python project and does not say what to run"
        hint = "add a command, such as command: uvicorn app:app"
        part.report.add_absence(spot, part.key, what, hint)
    if isinstance(source, DockerSource | ImageSource) and source != _NO_SOURCE and "packages" in part:
        what = f"{part.key} takes no packages: its image brings its own"
        part.report.add(part.entry("packages"), part.path("packages"), what, "they are for a Python project")
    for name in _SCHEDULE_EXCLUDES:
        if "schedule" in part and name in part:
            what = f"a service with a schedule takes no {name}"
            part.report.add(part.entry(name), part.path(name), what, "it runs, ends, and runs again at the next time")


def _health(part: Block) -> Probe | None:
    entry = part.node.entries.get("health")
    if entry is None:
        return None
    inner = part.inner("health")
    probe = _probe(inner, entry) if inner else Probe(path=text(entry.node))
    if probe.path and "port" not in part and "schedule" not in part:
        what = f"{part.key} has a health path and no port"
        part.report.add_absence(entry, part.path("health"), what, "add the port that it listens on, or use a command")
    return probe


def _probe(part: Block, entry: Entry) -> Probe:
    both = [name for name in ("path", "command") if name in part]
    if len(both) != 1:
        add = part.report.add if both else part.report.add_absence
        what = "a health check has exactly one of path and command"
        add(entry, part.key, what, "stackyard explain services.api.health")
    positive = duration(0.001)
    return Probe(
        **part.read(
            path=text, command=command, interval=positive, timeout=positive, start_timeout=positive, retries=value
        )
    )


def _needs(part: Block) -> tuple[Need, ...]:
    entry = part.node.entries.get("needs")
    if entry is None:
        return ()
    if isinstance(entry.node, Sequence):
        names = texts(entry.node)
        _refuse_repeated(part, entry.node, names)
        return tuple(Need(name) for name in dict.fromkeys(names))
    entries = entry.node.entries if isinstance(entry.node, Mapping) else {}
    return tuple(Need(name, _access(below.node)) for name, below in entries.items())


def _access(node: Node) -> Access:
    if isinstance(node, Mapping):
        entry = node.entries.get("access")
        return Access(text(entry.node)) if entry else Access.WRITE
    return Access(text(node))


def _refuse_repeated(part: Block, node: Sequence, names: tuple[str, ...]) -> None:
    seen: set[str] = set()
    for item, name in zip(node.items, names, strict=True):
        if name in seen:
            part.report.add(item, part.path("needs"), f'"{name}" is needed twice', "remove one")
        seen.add(name)


def _environment(part: Block) -> dict[str, Value]:
    inner = part.inner("environment")
    return inner.read(**{name: lambda node: read_value(text(node)) for name in inner.node.entries}) if inner else {}


def _limits(part: Block) -> Limits:
    inner = part.inner("limits")
    if inner is None:
        return Limits()
    return Limits(**inner.read(cpu=lambda node: float(value(node)), memory=size(4 * 1024**2), pids=value))


def _watch(part: Block, source: Source) -> tuple[Path, ...]:
    entry = part.node.entries.get("watch")
    if entry is not None and isinstance(entry.node, Sequence):
        return tuple(part.path_of(item) for item in entry.node.items)
    return (source.path,) if isinstance(source, PythonSource) else ()
