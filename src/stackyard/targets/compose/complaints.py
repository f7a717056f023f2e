"""What Docker and Compose complain about, in one sentence with the next step. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from stackyard.errors import MachineError, PartError, StackyardError
from stackyard.targets.compose.engine import unreachable

Owner = Callable[[int], str]
"""Who holds a port of this machine, "" when that cannot be told."""

_PORT = re.compile(
    r"(?:failed to bind host port|bind(?:ing)? for|listen tcp\d?|exposing port TCP)\D*(?:[\d.]+|\[[^\]]*\]|:*):(\d+)",
    re.I,
)
_BUSY = re.compile(r"port is already allocated|address already in use|ports are not available", re.I)
_NOISE = re.compile(
    r"^(#\d+ (sha256:|extracting|resolve |transferring|DONE|CACHED)|\s*$|-+\s*$|time=|\s*\d+ \||Dockerfile:\d+)"
)
"""Progress of a build, the excerpt from its Dockerfile, and what a client says about itself."""

_LINES = 15


@dataclass(frozen=True)
class _Known:
    pattern: re.Pattern[str]
    what: str
    hint: str


_MACHINE = (
    _Known(
        re.compile(r"no space left on device|disk quota exceeded", re.I),
        "the disk of the engine is full",
        "`docker system df` shows what fills it, `docker system prune` frees what nothing uses. Volumes stay.",
    ),
    _Known(
        re.compile(r"pool overlaps with other one|invalid pool request|overlaps with existing", re.I),
        "a network of this system overlaps one that is there already",
        "Choose another range with `network:` in the stack file; `docker network ls` shows who has which.",
    ),
    _Known(
        re.compile(r"non-overlapping IPv4 address pool|predefined address pools have been fully subnetted", re.I),
        "the engine has no range of addresses left for another network",
        "`docker network prune` frees those that nothing uses, or choose one with `network:` in the stack file.",
    ),
)

_IMAGE = (
    _Known(
        re.compile(r"toomanyrequests|rate limit", re.I),
        "the registry has answered enough questions for now",
        "Wait an hour, or `docker login` with an account.",
    ),
    _Known(
        re.compile(r"unauthorized|authentication required|pull access denied|requested access .* denied", re.I),
        "it does not exist, or the registry wants to know who you are",
        "Check its name in the stack file (`image:`), or `docker login` to its registry.",
    ),
    _Known(
        re.compile(r"manifest unknown|manifest for .* not found|not found|no such image", re.I),
        "the registry has no such image",
        "Check its name and tag in the stack file (`image:`).",
    ),
    _Known(
        re.compile(r"no such host|i/o timeout|connection refused|network is unreachable|temporary failure|EOF", re.I),
        "the registry cannot be reached",
        "Check the network, or load the image by hand: `docker load -i FILE`.",
    ),
)


def general(what: str, lines: Iterable[str], *, part: str = "", owner: Owner | None = None) -> StackyardError:
    """The error for a command that failed; `what` begins its sentence ("the image cannot be built")."""
    said = tuple(lines)
    text = "\n".join(said)
    if re.search(
        r"cannot connect to the docker daemon|error during connect|docker daemon socket|docker API at", text, re.I
    ):
        return unreachable(text)
    if _BUSY.search(text):
        return _port(text, said, owner)
    for known in _MACHINE:
        if known.pattern.search(text):
            return MachineError(known.what, hint=known.hint, details=telling(said))
    return PartError(part, what, details=telling(said))


def pull(reference: str, lines: Sequence[str]) -> StackyardError:
    """The error for an image that could not be fetched."""
    text = "\n".join(lines)
    for known in _IMAGE:
        if known.pattern.search(text):
            return MachineError(
                f"the image {reference} cannot be fetched: {known.what}", hint=known.hint, details=telling(lines)
            )
    return general(f"the image {reference} cannot be fetched", lines, part=reference)


def build(service: str, lines: Sequence[str], log: str) -> StackyardError:
    """The error for an image that could not be built, with what its build said last."""
    error = general(f"the image of {service} cannot be built", lines, part=service)
    if isinstance(error, PartError):
        error.hint = f"What runs is as it was. The whole output is in {log}."
    return error


def telling(lines: Iterable[str], count: int = _LINES) -> tuple[str, ...]:
    """The last lines that say something: no progress, no empty ones."""
    return tuple(line.rstrip() for line in lines if not _NOISE.match(line))[-count:]


def _port(text: str, said: Sequence[str], owner: Owner | None) -> StackyardError:
    match = _PORT.search(text)
    if match is None:
        return MachineError("a port is taken", hint="`ss -ltnp` shows who listens where.", details=telling(said))
    port = int(match[1])
    holder = owner(port) if owner is not None else ""
    return MachineError(
        f"port {port} is held by {holder or 'another process'}",
        hint="Stop it, choose another port in the stack file, or `stackyard up --new-ports`.",
        details=telling(said, 3),
    )
