"""The image of a Python service: how large it is, and how long a changed line takes, beside a plain `pip install`."""

from __future__ import annotations

from pathlib import Path

from bench import engine
from bench.checkout import Checkout
from bench.ejected import Ejected
from bench.measure import Measurement, Sample, Series, interleaved

_GROUP = "images (the API of inventr)"
_PLAIN = "bench-plain-pip"
_PEER = "a plain Dockerfile"
_BUILDS = 3
"""Rounds at most: a plain build takes minutes, and the two are far apart."""
_DOCKERFILE = """\
FROM {base}
WORKDIR /app
COPY . .
RUN --mount=type=secret,id=ca if [ -f /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi \\
    && pip install --no-cache-dir ./kit ./systems/inventr/api
CMD ["uvicorn", "inventr.app:create_app", "--factory"]
"""
_LEFT_OUT = "**/node_modules\n**/.stackyard\n**/__pycache__\nrendered\nsystems/inventr/web\n"
"""What nobody would send along; the peer is plain, and not careless."""


def measure(ours: Ejected, rounds: int) -> list[Measurement]:
    """Size and time of a rebuild, against one stage that copies everything and then installs."""
    context = ours.source.folder.parents[1]
    file = context / "plain.Dockerfile"
    base = _base(ours.folder / "images" / "api" / "Dockerfile")
    file.write_text(_DOCKERFILE.format(base=base))
    file.with_name("plain.Dockerfile.dockerignore").write_text(_LEFT_OUT)
    words = ("build", *engine.secrets(), "--file", str(file), "--tag", _PLAIN, str(context))
    engine.docker(*words)
    try:
        sizes = Series("ours", (_size(ours.image("api")),)), Series(_PEER, (_size(_PLAIN),))
        line = _Line(ours.source)
        own, plain = interleaved(
            min(rounds, _BUILDS),
            lambda: line.then(lambda: ours.build("api")),
            lambda: line.then(lambda: engine.docker(*words)),
        )
    finally:
        engine.forget_images(_PLAIN)
    note = f"the peer: {base}, COPY . . and pip install, in one stage"
    return [
        Measurement(_GROUP, "size / a plain pip install", "MB", *sizes, note=note),
        Measurement(
            _GROUP,
            "a changed line of the source, to its image / a plain pip install",
            "s",
            Series("ours", own),
            Series(_PEER, plain),
            note="what the packages need is in the cache of the engine and of the network, for both",
        ),
    ]


class _Line:
    """A line of the source that is different each time."""

    def __init__(self, source: Checkout) -> None:
        self._file = source.folder / "api" / "src" / "inventr" / "app.py"
        self._text = self._file.read_text()
        self._number = 0

    def then(self, build: Sample) -> float:
        self._number += 1
        self._file.write_text(f"{self._text}# {self._number}\n")
        return build()


def _base(dockerfile: Path) -> str:
    """The image that ours stands on."""
    line = next(line for line in dockerfile.read_text().splitlines() if line.startswith("ARG PYTHON="))
    return line.removeprefix("ARG PYTHON=")


def _size(image: str) -> float:
    return int(engine.told("image", "inspect", "--format", "{{.Size}}", image)) / 1e6
