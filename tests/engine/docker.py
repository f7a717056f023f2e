"""The docker command line, for tests: containers that are gone afterwards, and images built from recipes."""

from __future__ import annotations

import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stackyard.targets.compose.rendering import Recipe

from .standins import AUTHORITIES


def docker(*argv: str, check: bool = True, merged: bool = False) -> str:
    """What it says; with `merged`, on its standard error, too. Fails the test with its complaint when it fails."""
    done = subprocess.run(["docker", *argv], capture_output=True, text=True, check=False, timeout=280)
    if check and done.returncode != 0:
        raise AssertionError(f"docker {' '.join(argv)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return (done.stdout + (done.stderr if merged else "")).strip()


def code_of(*argv: str) -> int:
    """The exit code of docker."""
    return subprocess.run(["docker", *argv], capture_output=True, check=False, timeout=60).returncode


@contextmanager
def container(image: str, *command: str, options: tuple[str, ...] = ()) -> Iterator[str]:
    """A running container; it and its volumes are gone afterwards."""
    name = f"stackyard-test-{uuid.uuid4().hex[:10]}"
    try:
        docker("run", "--detach", "--name", name, *options, image, *command)
        yield name
    finally:
        docker("rm", "--force", "--volumes", name, check=False)


def wait(condition: Callable[[], bool], what: str, *, within: float = 60.0) -> None:
    """Until it holds; fails when it does not in time."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def build(recipe: Recipe, folder: Path, tag: str, *, context: Path | None = None) -> float:
    """Build an image from a recipe written into `folder`; the seconds that it took."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in recipe.files:
        (folder / file.path).write_text(file.content)
    secret = ("--secret", f"id=ca,src={AUTHORITIES}") if AUTHORITIES.is_file() else ()
    begun = time.monotonic()
    docker(
        "build", "--quiet", *secret, "--tag", tag, "--file", str(folder / "Dockerfile"), str(context or recipe.context)
    )
    return time.monotonic() - begun
