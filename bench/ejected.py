"""The peer on Compose: what `stackyard render compose` writes, run by plain `docker compose`."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bench import engine
from bench.checkout import Checkout, ask, copied, free_ports
from bench.upping import HOST, PATH

_ENVIRONMENT = "development"
_GIVEN = (
    ("    port: 8000", "    port: {}"),
    ("    static: ./web", "    static: ./web\n    port: {}"),
    ("  db: {", "  db: {{port: {}, "),
    ("  cache: {", "  cache: {{port: {}, "),
    ("  host: inventr.localhost", "  host: inventr.localhost\n  http: {}"),
    ("  http: ", "  https: {}\n  http: "),
)
"""Where the reference system names no port, or the one that everybody knows, and what is written instead."""


def own_copy(place: Path, name: str) -> Checkout:
    """The reference system under a name of its own, for an engine has one of each, with ports that are free."""
    checkout = copied(place)
    file = checkout.folder / "stackyard.yaml"
    text = file.read_text().replace("system: inventr\n", f"system: {name}\n")
    for (usual, given), port in zip(_GIVEN, free_ports(), strict=False):
        text = text.replace(usual, given.format(port), 1)
    file.write_text(text)
    return checkout


@dataclass(frozen=True)
class Ejected:
    """A folder that was rendered for an environment. `source` is the checkout that it was rendered from."""

    folder: Path
    source: Checkout

    @property
    def words(self) -> tuple[str, ...]:
        """What each `docker compose` begins with."""
        files = (self.folder / "compose.yaml", self.folder / f"compose.{_ENVIRONMENT}.yaml")
        return ("compose", *(word for file in files for word in ("--file", str(file))))

    @cached_property
    def document(self) -> Any:
        """What Compose makes of the files."""
        return json.loads(engine.told(*self.words, "config", "--format", "json"))

    def image(self, service: str) -> str:
        """The name of a service's image."""
        return str(self.document["services"][service]["image"])

    def build(self, service: str) -> float:
        """How long building its image takes, in seconds."""
        how = self.document["services"][service]["build"]
        file = ("--file", str(Path(how["context"], how["dockerfile"])), "--tag", self.image(service))
        return engine.docker("build", *engine.secrets(), *file, how["context"])

    def warm(self) -> float:
        """Seconds until the API answers through the edge, with the data of the last time."""
        begun = time.perf_counter()
        engine.docker(*self.words, "up", "--detach", "--wait")
        published = self.document["services"]["edge"]["ports"]
        status = ask(int(next(one["published"] for one in published if one["target"] == 8443)), PATH, HOST)
        taken = time.perf_counter() - begun
        if status != 200:
            raise RuntimeError(f"{PATH} answered {status} through the edge of {self.folder}")
        engine.docker(*self.words, "down")
        return taken

    def cold(self) -> float:
        """The same without any data."""
        engine.docker(*self.words, "down", "--volumes")
        return self.warm()


@contextlib.contextmanager
def ejected(place: Path, name: str) -> Iterator[Ejected]:
    """The reference system, rendered and built, not up; all of it goes away at the end."""
    checkout = own_copy(place, name)
    made = Ejected(place / "rendered", checkout)
    checkout.stackyard("render", "compose", "-o", str(made.folder), "--env", _ENVIRONMENT)
    built = ("api", "edge")
    try:
        for service in built:
            made.build(service)
        yield made
    finally:
        engine.docker(*made.words, "down", "--volumes")
        engine.forget_images(*(made.image(service) for service in built))
