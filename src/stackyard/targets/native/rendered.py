"""Rendered files, kept: on a warm start the template engine would otherwise be most of what drawing costs."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from stackyard.model.files import File
from stackyard.targets.local.state import write_whole


def kept(store: Path, values: object, package: str, render: Callable[[], tuple[File, ...]]) -> tuple[File, ...]:
    """What `render` gives, out of `store` when it was given for the same `values` by the same `package`.

    `values` is all that `render` depends on, and its repr says all of it. A store that cannot be read is written anew,
    but nothing is written where nobody has made a folder for it yet: looking at a system leaves no trace.
    """
    key = _key(values, package)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        data = json.loads(store.read_text())
        if data["key"] == key:
            return tuple(File(PurePosixPath(path), content, mode) for path, content, mode in data["files"])
    files = render()
    rows = [(str(file.path), file.content, file.mode) for file in files]
    if store.parent.is_dir():
        with contextlib.suppress(OSError):
            write_whole(store, json.dumps({"key": key, "files": rows}), 0o600)
    return files


def _key(values: object, package: str) -> str:
    digest = hashlib.sha256(repr(values).encode())
    for path in _sources(package):
        status = path.stat()
        digest.update(f"{path} {status.st_mtime_ns} {status.st_size}\n".encode())
    return digest.hexdigest()


def _sources(package: str) -> Iterator[Path]:
    """The code and the templates of the package, and the template engine: another release means other files."""
    for name in (package, "jinja2"):
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            yield from sorted(path for path in Path(spec.origin).parent.rglob("*") if path.suffix in (".py", ".j2"))
