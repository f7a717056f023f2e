"""Where secrets must not be: command lines, rendered files, what is served, the project, processes without need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from stackyard.model.system import System
from stackyard.observe import processes
from stackyard.observe.files import end_of, files_below
from stackyard.observe.view import View
from stackyard.resources.secrets import needed
from stackyard.targets.compose.ejected import all_secrets_in_place
from stackyard.targets.local.fingerprint import source_files
from stackyard.verify import traces
from stackyard.verify.check import Check, Look, Seen, saw

_LARGEST = 4 * 1024**2
"""Bytes of one file that are searched; nobody writes a secret behind so much else by mistake."""
_MOST = 16 * 1024**2
"""Bytes of all files of one place."""


def _command_lines(view: View) -> Iterator[Seen]:
    """Anybody on the machine can read the command line of any process."""
    known = traces.forms(view.secrets())
    count, caught = 0, []
    for one in processes.everybody():
        count += 1
        names = traces.found_in(processes.command_line(one.pid).encode(), known)
        caught += [(one.pid, names)] if names else []
    yield saw(f"{len(view.secrets())} secrets in the command lines of {count} processes", f"{len(caught)} found")
    for pid, names in caught:
        yield saw(
            f"/proc/{pid}/cmdline",
            ", ".join(names),
            fault=f"pid {pid} shows the secret {', '.join(names)} to everybody",
        )


def _rendered(view: View) -> Iterator[Seen]:
    for place, paths in view.config_files():
        yield from _search(view, place, paths)


def _served(view: View) -> Iterator[Seen]:
    for service in view.system.services:
        if service.is_static:
            release = view.site(service)
            yield from _search(view, f"what {service.name} serves", files_below(release) if release else ())


def _project(view: View) -> Iterator[Seen]:
    """All but the secrets that `render` has put where they belong: there they are closed, and git does not see them."""
    files = tuple(source_files(view.system.root))
    kept = all_secrets_in_place(files)
    yield from _search(view, "the project's own files", (path for path in files if path not in kept))


def _search(view: View, place: str, paths: Iterable[Path]) -> Iterator[Seen]:
    known = traces.forms(view.secrets())
    searched, skipped, caught, left = 0, 0, dict[Path, tuple[str, ...]](), _MOST
    for path in paths:
        if not path.is_file() or path.is_symlink():
            continue
        if left <= 0:
            skipped += 1
            continue
        data = end_of(path, _LARGEST)
        searched, left = searched + 1, left - len(data)
        if names := traces.found_in(data, known):
            caught[path] = names
    more = f"; {skipped} more were not searched" if skipped else ""
    yield saw(f"{len(view.secrets())} secrets in {place}: {searched} files", f"{len(caught)} hold one{more}")
    for path, names in caught.items():
        named = _below(path, view.system.root)
        yield saw(named, ", ".join(names), fault=f"{named} holds the secret {', '.join(names)}")


def _below(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _environments(view: View) -> Iterator[Seen]:
    """The environment of a process is read by whoever is its user, and by whatever it starts."""
    planned, values = view.planned(), view.secrets()
    known = traces.forms(values)
    for pid, name in _processes(view).items():
        allowed = planned[name].secrets if name in planned else frozenset()
        found = traces.found_in(processes.environment(pid), known)
        more = too_many(found, allowed, values)
        yield saw(
            f"secrets in /proc/{pid}/environ of {name}, which needs {', '.join(sorted(allowed)) or 'none'}",
            ", ".join(found) or "none",
            fault=f"{name} is told the secret {', '.join(more)}, which it has no use for",
            unless=not more,
        )


def _processes(view: View) -> Mapping[int, str]:
    """Every process of the system by its pid, those that watch it included."""
    supervisor = view.supervisor()
    watching = {one.pid: "the supervisor" for one in processes.everybody() if supervisor in (one.pid, one.parent)}
    return {**watching, **{member.pid: member.id for member in view.members()}}


def too_many(found: Iterable[str], allowed: Iterable[str], values: Mapping[str, str]) -> tuple[str, ...]:
    """The names of secrets that were found and are not allowed; one of the same value as an allowed one is."""
    fine = {values.get(name) for name in allowed}
    return tuple(name for name in found if values[name] not in fine)


def _has_no_secrets(system: System) -> str:
    return "" if needed(system) else "the system has no secrets"


def _serves_nothing(system: System) -> str:
    if not any(service.is_static for service in system.services):
        return "the system has no front end"
    return _has_no_secrets(system)


_KNOWN = "Count that secret as known: take it out, delete its file below the secrets folder, and `stackyard up` makes "
_KNOWN += "a new one."

CHECKS = (
    Check(
        "secrets.command-lines",
        ("SEC-01",),
        "no process on this machine shows a secret in its command line",
        Look.INSIDE,
        _command_lines,
        unless=_has_no_secrets,
        next_step="End that process. " + _KNOWN,
    ),
    Check(
        "secrets.environments",
        ("SEC-01",),
        "each process is told the secrets that it needs, and no others",
        Look.INSIDE,
        _environments,
        unless=_has_no_secrets,
    ),
    Check(
        "secrets.rendered",
        ("SEC-01",),
        "no secret stands in a rendered file or in what is remembered of a run",
        Look.FILE,
        _rendered,
        unless=_has_no_secrets,
        next_step="`stackyard up` writes these files anew. " + _KNOWN,
    ),
    Check(
        "secrets.served",
        ("SEC-01", "EDGE-10"),
        "no secret stands in what the front ends serve",
        Look.FILE,
        _served,
        unless=_serves_nothing,
        next_step="`stackyard up` builds the front end anew. " + _KNOWN,
    ),
    Check(
        "secrets.project",
        ("SEC-01",),
        "no secret stands in the files of the project",
        Look.FILE,
        _project,
        unless=_has_no_secrets,
        next_step=_KNOWN,
    ),
)
