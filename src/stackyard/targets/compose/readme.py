"""What people read first: the comment at the top of each document, and the page beside an ejected one."""

from __future__ import annotations

from collections.abc import Sequence

from stackyard.model.system import Postgres, Redis, System
from stackyard.resources.environment import public_url
from stackyard.targets.compose.backup_job import DATA
from stackyard.targets.compose.dockerfiles.backups import PROGRAM
from stackyard.targets.compose.names import MONITORING, RESTORE, RESTORER, project
from stackyard.targets.compose.parts.postgres import cluster
from stackyard.targets.compose.parts.redis import STORE
from stackyard.targets.compose.rendering import Inputs

_BASE = "compose.yaml"


def command(order: Sequence[str]) -> str:
    """`docker compose` with the files of an environment."""
    return "docker compose" + "".join(f" -f {name}" for name in order)


def comment(system: System, name: str, order: Sequence[str]) -> str:
    """The comment at the top of a document."""
    made = (
        f"{_what(system, name, order)}\nRendered by Stackyard from {system.file.name}: change that file, not this one."
    )
    kin = name.removeprefix("compose.").removesuffix(".yaml")
    if kin == RESTORE:
        return f"{made}\n\n  {command((*order, name))} run --rm {RESTORER} list"
    if name == _BASE:
        used = order
    elif kin == MONITORING:
        used = (*(one for one in order if one != name), name)
    else:
        used = (_BASE, name)
    return f"{made}\n\n  {command(used)} up -d --wait"


def _what(system: System, name: str, order: Sequence[str]) -> str:
    kin = name.removeprefix("compose.").removesuffix(".yaml")
    if name == _BASE:
        shared = any(one not in (_BASE, f"compose.{MONITORING}.yaml") for one in order)
        return f"{system.name}: what all environments share." if shared else f"{system.name} in {system.environment}."
    if kin == RESTORE:
        return f"{system.name}: what puts back what was lost in {system.environment}, run for a moment."
    if kin == MONITORING:
        return f"{system.name}: what watches it in {system.environment}. It can be added and taken away at any time."
    return f"{system.name} in {kin}: what differs from the others."


def _backups(system: System, order: Sequence[str]) -> str:
    """How to back up and to restore by hand; nothing where no backups are made."""
    if system.backups is None:
        return ""
    inside = f"{command(order)} exec backups {PROGRAM}"
    tool = f"{command((*order, f'compose.{RESTORE}.yaml'))} run --rm"
    return f"""
## Backups

The container `backups` makes a set a day, reads it back, and restores one on trial now and then. It holds every secret
of the system, for it backs them up. What it says is in its log; by hand:

```console
$ {inside} create
$ {inside} list
$ {inside} verify
$ {inside} drill
```

What was lost is restored beside what is there, while the system runs; then the two change places:

```console
{_way_back(system, order, tool)}```

Without `--to` a database comes back as late as can be. On another machine the volume `backups-data` and the secret
`backups.repository` are what is needed, or the repository off site.
"""


def _way_back(system: System, order: Sequence[str], tool: str) -> str:
    lines = []
    for part in system.resources:
        live = f"{DATA}/{part.name}/"
        if isinstance(part, Postgres | Redis):
            used = f"{live}{cluster(part) if isinstance(part, Postgres) else STORE}"
            when = " --to 2026-03-31T14:05:00Z" if isinstance(part, Postgres) else ""
            lines.append(
                (
                    f"{tool} {RESTORER} restore {part.name}{when}",
                    f"mv {used} {used}.before && mv {used}.restored {used}",
                )
            )
    swaps = " && ".join(swap for _, swap in lines)
    return "".join(
        f"$ {line}\n"
        for line in (
            *(line for line, _ in lines),
            f"{command(order)} down",
            f"{tool} --entrypoint sh {RESTORER} -c '{swaps}'",
            f"{command(order)} up -d --wait",
        )
    )


def readme(system: System, inputs: Inputs, order: Sequence[str], names: Sequence[str]) -> str:
    """How to run an ejected folder without Stackyard."""
    run = command(order)
    url = public_url(system, inputs.ports)
    overlays = "".join(f"- `{name}`\n" for name in names)
    several = any(name not in (_BASE, f"compose.{MONITORING}.yaml") for name in names)
    place = f"secrets/{system.environment}" if several else "secrets"
    answers = f"\nIt answers at {url}.\n" if url else ""
    return f"""# {system.name} on Docker Compose

Rendered by Stackyard from `{system.file.name}`. Nothing here needs Stackyard to run: Docker Engine 25 and Compose 2.24,
or newer, are enough. A second `stackyard render compose` writes the same files again.

```console
$ {run} up -d --build --wait
$ {run} ps
$ {run} logs --follow
$ {run} down
```

`down` stops everything; the data stays in its volumes.
{answers}
The project is named `{project(system)}`, and so are its volumes and networks.

## Files

{overlays}- `config/`: what the parts read; mounted as Compose configs
- `images/`: the Dockerfiles of what is built
- `{place}/`: the secrets of {system.environment}. Keep this folder to yourself (mode 0700), out of version
  control, and in a safe place: without them nobody gets at the data
{_backups(system, order)}
## What Stackyard does besides

A database makes its roles, schemas and extensions when its volume is new, and then runs the init scripts of the system,
once; until all of that is done it is not healthy, and begins again. Later changes of roles and passwords, renewed
certificates, and the checks of `stackyard verify` are Stackyard's: with `stackyard up --target compose` it takes over
this system where it is.
"""
