"""The Dockerfile of the backups: the system's own database image, with what backups are made with.

Programs of the very version are then at hand: a copy of the database is restored and looked into right there. Of other
databases and caches of the system their own programs are taken over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

from stackyard.model.files import File
from stackyard.model.system import Objects, Postgres, Redis, System
from stackyard.targets.compose import images
from stackyard.targets.compose.dockerfiles.running import installed
from stackyard.targets.compose.names import ETC, SERVICE_USER

HOME = "/var/lib/stackyard"
BACKUPS = f"{HOME}/backups"
"""Where the repository is, and all that belongs to the backups."""
SCRATCH = f"{HOME}/scratch"
"""Where copies are restored for verification and drills."""
PROGRAM = "stackyard-backup"
"""The program of the image: what is done with the backups is its first word."""

JOB = f"{ETC}/job.json"
"""Where it finds what it is to do."""

_CODE = "/opt/stackyard"
_PACKAGES = ("restic", "age", "python3", "python3-psycopg")
_SOURCES = (
    "__init__.py",
    "errors.py",
    "backup",
    "operate/__init__.py",
    *(
        f"operate/restoring/{name}.py"
        for name in ("__init__", "by_hand", "choose", "engine", "inside", "moment", "pour", "timeline")
    ),
)
"""What makes backups and restores, which needs nothing else of Stackyard."""
_REDIS = ("redis-server", "redis-cli", "redis-check-rdb", "redis-check-aof")
_DEBIAN = "debian:trixie-slim"


@dataclass(frozen=True)
class Borrowed:
    """Where the programs of a resource are in the image, and the libraries that they need besides."""

    folder: str
    libraries: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the programs need."""
        return {"LD_LIBRARY_PATH": self.libraries} if self.libraries else {}


def base(system: System) -> Postgres | Redis | None:
    """The resource on whose image that of the backups stands: the newest database, without one the newest cache."""
    for kind in (Postgres, Redis):
        found = [part for part in system.resources if isinstance(part, kind)]
        if found:
            return max(found, key=lambda part: part.version.numbers)
    return None


def user(system: System) -> str:
    """Who makes the backups: the owner of the data in the image that it stands on."""
    found = base(system)
    return SERVICE_USER if found is None else "postgres" if isinstance(found, Postgres) else "redis"


def programs(system: System, resource: Postgres | Redis) -> Borrowed:
    """Where the programs of a resource are."""
    own = _folder(resource)
    stands = base(system)
    if stands is not None and _reference(stands) == _reference(resource):
        return Borrowed(own)
    place = _place(resource)
    return Borrowed(f"{place}{own}", f"{place}/lib")


def dockerfile(system: System) -> str:
    """The text of the Dockerfile. The image must be of Debian, or of what came of it."""
    stands = base(system)
    reference = _reference(stands) if stands is not None else _DEBIAN
    others = _others(system)
    arguments = [f"ARG BASE={reference}", *(f"ARG {_argument(one)}={_reference(one)}" for one in others)]
    who = user(system)
    parts = [
        "# What backs the system up, written by Stackyard from the stack file.\n"
        "# Optional build secret: ca (certificates to trust).\n" + "\n".join(arguments),
        *(f"FROM ${{{_argument(one)}}} AS {_stage(one)}" for one in others),
        "\n".join(
            (
                "FROM ${BASE}",
                installed(_PACKAGES),
                *(_borrowing(one) for one in others),
                f"COPY stackyard {_CODE}/stackyard",
                f"COPY --chmod=755 {PROGRAM} /usr/local/bin/{PROGRAM}",
                f"RUN python3 -m compileall -q {_CODE} \\\n"
                f"    && install -d -o {who.partition(':')[0]} -g {who.rpartition(':')[2]} -m 0700 {BACKUPS} {SCRATCH}",
                f"ENV PYTHONPATH={_CODE} \\\n    PYTHONDONTWRITEBYTECODE=1 \\\n    PYTHONUNBUFFERED=1",
                "WORKDIR /",
                *(("# hadolint ignore=DL3066",) if ":" not in who else ()),
                f"USER {who}",
                f'ENTRYPOINT ["{PROGRAM}"]',
                'CMD ["keep"]',
            )
        ),
    ]
    return "\n\n".join(parts) + "\n"


def files(system: System) -> tuple[File, ...]:
    """Everything that the image is built from."""
    script = (resources.files("stackyard.targets.compose") / "scripts/borrow.sh").read_text(encoding="utf-8")
    program = (
        f"#!/bin/sh\n# What is done with the backups is the first word: {PROGRAM} list\n"
        'if [ "${1:-}" = restore ]; then\n    shift\n'
        f'    exec python3 -m stackyard.operate.restoring.by_hand {JOB} "$@"\nfi\n'
        f'exec python3 -m stackyard.backup {JOB} "$@"\n'
    )
    return (
        File(PurePosixPath("Dockerfile"), dockerfile(system)),
        File(PurePosixPath("Dockerfile.dockerignore"), "**/__pycache__\n"),
        File(PurePosixPath(PROGRAM), program, 0o755),
        *((File(PurePosixPath("borrow.sh"), script),) if _others(system) else ()),
        *_code(),
    )


def _code() -> Iterator[File]:
    """The part of Stackyard that makes backups: it needs nothing else of it."""
    package = resources.files("stackyard")
    for name in _SOURCES:
        yield from _read(package.joinpath(*name.split("/")), PurePosixPath("stackyard", name))


def _read(source: Traversable, path: PurePosixPath) -> Iterator[File]:
    if source.is_dir():
        for inner in sorted(source.iterdir(), key=lambda one: one.name):
            yield from _read(inner, path / inner.name)
    elif path.suffix == ".py":
        yield File(path, source.read_text(encoding="utf-8"))


def _others(system: System) -> Sequence[Postgres | Redis]:
    """The resources whose programs are taken over from their own images; one of each image."""
    stands = base(system)
    first: dict[str, Postgres | Redis] = {_reference(stands): stands} if stands is not None else {}
    for part in system.resources:
        if isinstance(part, Postgres | Redis):
            first.setdefault(_reference(part), part)
    return [part for part in first.values() if part is not stands]


def _borrowing(resource: Postgres | Redis) -> str:
    folder = _folder(resource)
    if isinstance(resource, Postgres):
        major = resource.version.numbers[0]
        what = [f"/usr/lib/postgresql/{major}", f"/usr/share/postgresql/{major}"]
    else:
        what = [f"{folder}/{name}" for name in _REDIS]
    return (
        f"RUN --mount=type=bind,from={_stage(resource)},target=/from "
        "--mount=type=bind,source=borrow.sh,target=/borrow.sh \\\n"
        f"    sh /borrow.sh /from {_place(resource)} {' '.join(what)}"
    )


def _folder(resource: Postgres | Redis) -> str:
    """Where the programs are in the resource's own image."""
    if isinstance(resource, Postgres):
        return f"/usr/lib/postgresql/{resource.version.numbers[0]}/bin"
    return "/usr/local/bin"


def _reference(resource: Postgres | Redis | Objects) -> str:
    return images.of_resource(resource)


def _place(resource: Postgres | Redis) -> str:
    return f"/opt/{_stage(resource)}"


def _stage(resource: Postgres | Redis) -> str:
    """One name for each image, whoever of those that share it is asked."""
    return re.sub(r"[^a-z0-9.]+", "-", _reference(resource).lower())


def _argument(resource: Postgres | Redis) -> str:
    return re.sub(r"[^A-Z0-9]", "_", _stage(resource).upper())
