"""Files of secrets: assembled from the store when they are written, and marked so that a change is seen.

A mark is a keyed digest. It stands in labels, which everybody can read who may ask the engine; without the key, which
lies in the store itself, nobody can try out what the secret might be.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from stackyard.errors import StateError
from stackyard.model.system import System, Tls
from stackyard.resources.secrets import generate
from stackyard.targets.compose.entrance import assemble
from stackyard.targets.compose.layout import Layout
from stackyard.targets.compose.rendering import SecretFile
from stackyard.targets.local import secrets

KEY = "stackyard.mark"
"""The name of the secret that marks are keyed with."""

_CERTIFICATE, _KEY = "certificate:", "key:"
Read = Callable[[str], str]


def reader(system: System, layout: Layout) -> Read:
    """How a secret, or a certificate or its key, is read by its name. It raises StateError for what is not there."""

    def read(name: str) -> str:
        for prefix, place in ((_CERTIFICATE, certificate_file), (_KEY, key_file)):
            if name.startswith(prefix):
                return _text(place(system, layout, name.removeprefix(prefix)))
        return secrets.read(layout.secrets, name)

    return read


def certificate_file(system: System, layout: Layout, part: str) -> Path:
    """The certificate of a part: the user's own for an edge that was given one."""
    edge = system.edge
    own = edge.certificate if edge is not None and part == "edge" and edge.tls is Tls.FILES else None
    return own or layout.certificate(part)


def key_file(system: System, layout: Layout, part: str) -> Path:
    """The key that belongs to it."""
    edge = system.edge
    own = edge.key if edge is not None and part == "edge" and edge.tls is Tls.FILES else None
    return own or layout.key(part)


def issued_for(files: Iterable[SecretFile]) -> tuple[str, ...]:
    """The parts whose certificates stand in the files, in their order."""
    names = (name for file in files for name in file.secrets if name.startswith(_CERTIFICATE))
    return tuple(dict.fromkeys(name.removeprefix(_CERTIFICATE) for name in names))


def ensure_key(layout: Layout) -> None:
    """Make the key of marks where there is none. Raises StateError."""
    if not (layout.secrets / KEY).exists():
        secrets.put(layout.secrets, KEY, generate())


def contents(files: Iterable[SecretFile], read: Read) -> dict[SecretFile, str]:
    """What stands in each file. Raises StateError for a secret that is not there, or can be in no environment."""
    made = {}
    for file in files:
        try:
            made[file] = assemble(file, read)
        except ValueError as error:
            raise StateError(f"a secret of {file.service} cannot be used: {error}") from error
    return made


def marks(files: Iterable[SecretFile], layout: Layout, read: Read) -> dict[str, str]:
    """The marks of services by name; a service with a secret that is not made yet has none."""
    try:
        key = secrets.read(layout.secrets, KEY).encode()
    except StateError:
        return {}
    by_service: dict[str, list[SecretFile]] = {}
    for file in files:
        by_service.setdefault(file.service, []).append(file)
    made = {}
    for service, own in by_service.items():
        try:
            texts = contents(own, read)
        except StateError:
            continue
        made[service] = mark(key, {str(file.path): text for file, text in texts.items()})
    return made


def mark(key: bytes, texts: Mapping[str, str]) -> str:
    """A digest of texts by name that tells nothing to whoever does not have the key."""
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for name, text in sorted(texts.items()):
        digest.update(f"{name}\0{len(text)}\0{text}".encode())
    return digest.hexdigest()[:16]


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise StateError(f"{path} cannot be read: {error.strerror}") from None
