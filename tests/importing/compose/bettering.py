"""What a Compose file promises, counted: as it was found, and as it is after an import and a render.

Everything is read from the two documents and the report of the import; nothing here knows what should come out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stackyard.importing.compose.draft import is_secret
from stackyard.importing.result import Fate, Imported
from stackyard.model.system import System
from stackyard.operate.compose.ejecting import render
from stackyard.operate.importing import read_compose_file
from stackyard.spec.load import load
from stackyard.targets.compose.support import table
from stackyard.targets.support import Verdict

Body = Mapping[str, Any]
Services = Mapping[str, Body]

_PASSWORD = re.compile(r"://[^:@/\s]*:[^@/\s]+@")
_ANYWHERE = "0.0.0.0"


@dataclass(frozen=True)
class Better:
    """One system, before and after: its services, and what the import and the target said about it."""

    name: str
    about: str
    before: Services
    after: Services
    imported: Imported
    losses: tuple[str, ...]


def better(case: Path, folder: Path) -> Better:
    """Import the Compose file of `case`, of which `folder` is a copy to write to, and render it for production."""
    path = folder / "compose.yaml"
    imported = read_compose_file(path)
    (folder / "stackyard.yaml").write_text(imported.stack)
    system = load(folder, "production")
    made = render(system, (), folder / "out")
    about = path.read_text().splitlines()[0].removeprefix("# ").rstrip(".")
    return Better(case.name, about, _read(folder), made.document["services"], imported, _losses(system))


def _read(folder: Path) -> Services:
    """The services that start by themselves, with their environment as one mapping and nothing filled in."""
    services = yaml.safe_load((folder / "compose.yaml").read_text())["services"]
    started = {name: body for name, body in services.items() if not body.get("profiles")}
    return {name: {**body, "environment": dict(_environment(body, folder))} for name, body in started.items()}


def _environment(body: Body, folder: Path) -> Iterator[tuple[str, str]]:
    files = body.get("env_file") or ()
    for file in (files,) if isinstance(files, str) else files:
        lines = (folder / file).read_text().splitlines()
        yield from _pairs([line for line in lines if line and not line.startswith("#")])
    given = body.get("environment") or {}
    yield from _pairs(given) if isinstance(given, list) else ((key, str(value)) for key, value in given.items())


def _pairs(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        key, _, value = line.partition("=")
        yield key, value


def _losses(system: System) -> tuple[str, ...]:
    """What the Compose target does not keep as the stack file has it; the file would have to accept it."""
    lost = (row for row in table() if row.verdict is not Verdict.KEPT)
    return tuple(f"`{spot.key}` is {row.verdict}: {row.how}" for row in lost for spot in row.found(system))


def _limited(*words: str) -> Callable[[Body], bool]:
    own, within = words

    def is_limited(body: Body) -> bool:
        limits = ((body.get("deploy") or {}).get("resources") or {}).get("limits") or {}
        return own in body or within in limits

    return is_limited


def _is_checked(body: Body) -> bool:
    check = body.get("healthcheck") or {}
    return bool(check.get("test")) and not check.get("disable")


def _is_unprivileged(body: Body) -> bool:
    user = str(body.get("user", "")).partition(":")[0]
    return user not in ("", "0", "root")


def _is_pinned(body: Body) -> bool:
    """What is built here has no tag that anybody else could move."""
    _, _, tag = str(body.get("image", "")).rpartition("/")[2].partition(":")
    return "build" in body or (bool(tag) and tag != "latest" and "${" not in tag)


def _is_rotated(body: Body) -> bool:
    return "max-size" in ((body.get("logging") or {}).get("options") or {})


def _drops(body: Body) -> bool:
    return "ALL" in body.get("cap_drop", ())


def _gains_nothing(body: Body) -> bool:
    return any(str(one).startswith("no-new-privileges") for one in body.get("security_opt", ()))


PROPERTIES: Mapping[str, Callable[[Body], bool]] = {
    "a limit of CPU": _limited("cpus", "cpus"),
    "a limit of memory": _limited("mem_limit", "memory"),
    "a limit of processes": _limited("pids_limit", "pids"),
    "a health check": _is_checked,
    "an unprivileged user, named": _is_unprivileged,
    "a read-only root file system": lambda body: bool(body.get("read_only")),
    "no new privileges": _gains_nothing,
    "all capabilities dropped": _drops,
    "a first process that reaps": lambda body: bool(body.get("init")),
    "logs that are rotated": _is_rotated,
    "a restart policy": lambda body: body.get("restart", "no") != "no",
    "a pinned image, or one built here": _is_pinned,
}
"""What is counted over the containers."""


def secrets(services: Services) -> tuple[str, ...]:
    """The variables with a secret that `docker inspect` would show, as `service.NAME`."""
    return tuple(
        f"{name}.{key}"
        for name, body in services.items()
        for key, value in (body.get("environment") or {}).items()
        if is_secret(key, str(value)) or _PASSWORD.search(str(value))
    )


def waits(services: Services) -> tuple[int, int]:
    """How many dependencies wait until the other is healthy or done, and how many there are."""
    conditions = [
        (one or {}).get("condition", "") if isinstance(one, dict) else ""
        for body in services.values()
        for one in _depends(body).values()
    ]
    return sum(one in ("service_healthy", "service_completed_successfully") for one in conditions), len(conditions)


def _depends(body: Body) -> Mapping[str, Any]:
    given = body.get("depends_on") or {}
    return given if isinstance(given, dict) else dict.fromkeys(given)


def reach(services: Services) -> tuple[int, int]:
    """How many pairs of containers share a network, and how many pairs there are."""
    joined = [_networks(body) for body in services.values()]
    pairs = [(one, other) for at, one in enumerate(joined) for other in joined[:at]]
    return sum(not one.isdisjoint(other) for one, other in pairs), len(pairs)


def _networks(body: Body) -> frozenset[str]:
    if str(body.get("network_mode", "")) == "none":
        return frozenset()
    return frozenset(body.get("networks") or ("default",))


def published(services: Services) -> tuple[str, ...]:
    """What everybody who reaches the machine reaches: `service port`, as the file has it."""
    return tuple(
        f"{name} {port}" for name, body in services.items() for port in map(_outside, body.get("ports") or ()) if port
    )


def _outside(port: Any) -> str:
    """The port of the machine, "" for one on this machine only."""
    if isinstance(port, dict):
        return "" if port.get("host_ip", _ANYWHERE) != _ANYWHERE else str(port.get("published", ""))
    pieces = str(port).split(":")
    return "" if len(pieces) > 2 and pieces[0] != _ANYWHERE else pieces[-2] if len(pieces) > 1 else ""


def section(one: Better) -> str:
    """The part of the page about one system."""
    rows = [(f"containers with {what}", *_counts(one, has)) for what, has in PROPERTIES.items()]
    overall: Mapping[str, Callable[[Services], str]] = {
        "dependencies that wait for health": lambda services: _of(waits(services)),
        "pairs of containers that can reach each other": lambda services: _of(reach(services)),
        "published to everybody": lambda services: _listed(published(services)),
        "secrets in `environment`": lambda services: _listed(secrets(services)),
    }
    rows += [(what, count(one.before), count(one.after)) for what, count in overall.items()]
    lines = [f"## {one.name}\n", f"{one.about}.\n", "| what | before | after |", "| --- | --- | --- |"]
    lines += [f"| {what} | {before} | {after} |" for what, before, after in rows]
    lines += ["", f"Containers before: {_listed(tuple(one.before))}. After: {_listed(tuple(one.after))}.", ""]
    return "\n".join([*lines, *_said(one)]) + "\n"


def _said(one: Better) -> Iterator[str]:
    if one.losses:
        yield "**Not kept as the stack file has it**, which it would have to accept (`accept_loss`)\n"
        yield from (f"- {loss}" for loss in one.losses)
        yield ""
    for fate, title in ((Fate.LOST, "Not carried"), (Fate.REPLACED, "Done in Stackyard's own way")):
        notes = one.imported.with_fate(fate)
        if notes:
            yield f"**{title}**\n"
            yield from dict.fromkeys(f"- `{note.key}`: {note.what}" for note in notes)
            yield ""


def _counts(one: Better, has: Callable[[Body], bool]) -> tuple[str, str]:
    before, after = ([has(body) for body in each.values()] for each in (one.before, one.after))
    return _of((sum(before), len(before))), _of((sum(after), len(after)))


def _of(counted: tuple[int, int]) -> str:
    return f"{counted[0]} of {counted[1]}"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"
