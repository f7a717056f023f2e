"""How secrets get into a container: an assembled file that its first command reads into its environment.

So no secret stands in `environment:`, where `docker inspect` would show it to everybody who may ask the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from urllib.parse import quote

from stackyard.resources import redis
from stackyard.resources.environment import Environment, Pieces, SecretPiece
from stackyard.targets.compose.draft import SecretMount
from stackyard.targets.compose.names import ENVIRONMENT, SECRETS
from stackyard.targets.compose.rendering import SecretFile

_READ = f"set -a; . {SECRETS}/{ENVIRONMENT}; set +a"


def entrypoint(first: str = "") -> list[str]:
    """The entrypoint that reads the environment, does `first` (shell) and becomes the command."""
    return ["/bin/sh", "-ec", f'{_READ}; {first + "; " if first else ""}exec "$@"', "enter"]


def told(environment: Environment) -> tuple[dict[str, str], Environment]:
    """What may stand plainly in a document, and what holds a secret and must not."""
    plain = {key: "".join(map(str, value)) for key, value in environment.items() if not _is_secret(value)}
    return plain, {key: value for key, value in environment.items() if _is_secret(value)}


def _is_secret(value: Pieces) -> bool:
    return any(isinstance(piece, SecretPiece) for piece in value)


def of_environment(service: str, environment: str, entries: Mapping[str, Pieces]) -> SecretMount:
    """The file that the entrance of a Compose service reads, in one environment."""
    file = SecretFile(
        PurePosixPath("secrets", f"{service}.env"), environment, service, "environment", tuple(entries.items())
    )
    return SecretMount(f"{service}.env", file, ENVIRONMENT)


def whole(service: str, environment: str, name: str, *value: str | SecretPiece, target: str = "") -> SecretMount:
    """A file with one secret, or text with secrets in it, and nothing around."""
    file = SecretFile(PurePosixPath("secrets", name), environment, service, "whole", (("", value),))
    return SecretMount(name, file, target or name)


def assemble(file: SecretFile, read: Callable[[str], str]) -> str:
    """The content of a secret file; `read` gives the value of a secret by its name, and raises what it raises.

    Raises ValueError for a value with a NUL, which no environment can hold.
    """
    if file.form == "whole":
        return "".join(_text(piece, read) for _, value in file.entries for piece in value)
    values = {name: "".join(_text(piece, read) for piece in value) for name, value in file.entries}
    if file.form == "acl":
        return redis.users(values, probed=True)
    return "".join(f"{name}={_quoted(value)}\n" for name, value in values.items())


def _text(piece: str | SecretPiece, read: Callable[[str], str]) -> str:
    if isinstance(piece, str):
        return piece
    value = read(piece.name)
    return quote(value, safe="") if piece.quoted else value


def _quoted(value: str) -> str:
    """The value as one word of sh: nothing within single quotes means anything but itself."""
    if "\0" in value:
        raise ValueError("a NUL cannot stand in an environment")
    return "'" + value.replace("'", "'\\''") + "'"
