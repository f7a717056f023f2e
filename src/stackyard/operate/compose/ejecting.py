"""`render compose`: a folder that runs with Docker Compose alone, as a careful engineer would commit it.

What was written is noted in the folder with digests, so that a later render can tell its own files from those of
people: it replaces the former, never touches the latter, and changes nothing where nothing has changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stackyard import __version__
from stackyard.errors import SpecError, StackyardError, UsageError
from stackyard.model.system import System
from stackyard.spec.load import ENVIRONMENTS, load
from stackyard.targets.compose import assembling, slots, volumes
from stackyard.targets.compose.ejected import NOTE, noted
from stackyard.targets.compose.layout import Layout
from stackyard.targets.compose.rendering import Inputs, Places, Rendered, SecretFile
from stackyard.targets.compose.support import notices, refuse
from stackyard.targets.local import certificate, secrets
from stackyard.targets.local.backups import recipient
from stackyard.targets.local.state import Record, write_whole


@dataclass(frozen=True)
class Ejected:
    """What was written to `folder`: new or changed files, those that went, and how many were as they should be.

    `order` are the files as `docker compose -f ... -f ...` takes them, `left_out` sentences on environments that could
    not be rendered, `notices` on what is not there as the file says.
    """

    folder: Path
    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    order: tuple[str, ...]
    left_out: tuple[str, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True)
class _Wanted:
    """A file to be: its bytes, its mode, and whether it is a secret, of which nothing is noted but its name."""

    content: bytes
    mode: int
    is_secret: bool = False
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", "" if self.is_secret else hashlib.sha256(self.content).hexdigest())


def eject(path: Path, environment: str, folder: Path, *, force: bool = False, with_secrets: bool = True) -> Ejected:
    """Render the system at `path` into `folder`, with the secrets of this environment where they are wanted.

    Raises UsageError for a folder that holds something else, or files that people have changed since; `force` writes
    over them, and still touches nothing that is not rendered. Raises SpecError, StateError, and what cannot be kept.
    """
    system = load(path, environment)
    refuse(system)
    others, left_out = _others(path, environment)
    rendered = render(system, others, folder)
    wanted = {str(file.path): _Wanted(file.content.encode(), file.mode) for file in rendered.files}
    if with_secrets:
        wanted |= _secrets(system, rendered)
    known = noted(folder)
    _refuse(folder, wanted, known, force=force)
    written = tuple(name for name, one in sorted(wanted.items()) if _write(folder / name, one))
    removed = tuple(_gone(folder, wanted, known or {}))
    # Files of other people are none of ours; a secret is known by its name alone.
    note = {"system": system.name, "version": __version__, "files": {name: one.digest for name, one in wanted.items()}}
    _write(folder / NOTE, _Wanted((json.dumps(note, indent=1, sort_keys=True) + "\n").encode(), 0o644))
    return Ejected(folder, written, removed, len(wanted) - len(written), rendered.order, left_out, notices(system))


def render(system: System, others: tuple[System, ...], folder: Path) -> Rendered:
    """The project as it is to stand in `folder`: the same wherever it is rendered, until a replica has taken over."""
    from stackyard.targets.compose.dockerfiles import recipes
    from stackyard.targets.compose.render import render as draw

    places = Places(folder.absolute(), ejected=True)
    inputs = Inputs(
        ports=slots.documented(system),
        places=places,
        recipes=recipes(system, folder.absolute()),
        stack_file=system.file.read_text() if system.backups is not None else "",
        recipient=recipient(system, Layout(system.root, system.environment).secrets),
        # On the engine of this machine, these very volumes hold the data; on any other, names are just names.
        volumes={name: used for one in (system, *others) for name, used in _volumes(one).items()},
    )
    return draw(system, inputs, others)


def _volumes(system: System) -> volumes.Volumes:
    return volumes.read(Layout(system.root, system.environment))


def _others(path: Path, environment: str) -> tuple[tuple[System, ...], tuple[str, ...]]:
    """The same system in the other environments, and a sentence for each that has something wrong with it."""
    made: list[System] = []
    left_out: list[str] = []
    for name in ENVIRONMENTS:
        if name == environment:
            continue
        try:
            other = load(path, name)
            refuse(other)
            made.append(other)
        except SpecError as error:
            left_out.append(f"{name} is not rendered: {error.what} there; `stackyard check --env {name}` shows it")
        except StackyardError as error:
            left_out.append(f"{name} is not rendered: {error.what}")
    return tuple(made), tuple(left_out)


def _secrets(system: System, rendered: Rendered) -> dict[str, _Wanted]:
    """The files of secrets of this environment, out of the store of this machine; what can be made is made."""
    layout = Layout(system.root, system.environment)
    files = [file for file in rendered.secret_files if file.environment == system.environment]
    secrets.ensure(system, layout.secrets)
    _issue(system, layout, files)
    texts = assembling.contents(files, assembling.reader(system, layout))
    return {str(file.path): _Wanted(text.encode(), file.mode, is_secret=True) for file, text in texts.items()}


def _issue(system: System, layout: Layout, files: list[SecretFile]) -> None:
    """Certificates of our own authority, where there are none that are good."""
    record = Record(layout.state_file)
    for part in assembling.issued_for(files):
        is_ours = assembling.certificate_file(system, layout, part) == layout.certificate(part)
        if is_ours and certificate.reason(system, layout, record, part):
            certificate.issue(system, layout, part)


def _refuse(folder: Path, wanted: Mapping[str, _Wanted], known: Mapping[str, str] | None, *, force: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is no folder")
    if force or not folder.is_dir():
        return
    if known is None and any(folder.iterdir()):
        raise UsageError(
            f"{folder} is not empty, and nothing in it is of an earlier render",
            hint="Name an empty or new folder; or --force, which writes over files of the same names only.",
        )
    changed = [
        name for name, one in sorted(wanted.items()) if _is_of_people(folder / name, one, (known or {}).get(name))
    ]
    if changed:
        raise UsageError(
            f"somebody has changed {len(changed)} rendered {'file' if len(changed) == 1 else 'files'} in {folder}",
            hint="Carry the change over to the stack file, or render with --force, which writes over it.",
            details=changed[:10],
        )


def _is_of_people(path: Path, wanted: _Wanted, known: str | None) -> bool:
    """Whether a file is there that is neither what we wrote nor what we would write."""
    if wanted.is_secret or not path.exists():
        return False
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return digest not in (known, wanted.digest)


def _write(path: Path, wanted: _Wanted) -> bool:
    """Write one file where it is not as it should be; a folder of secrets is for its owner only."""
    folder_mode = 0o700 if wanted.is_secret else 0o755
    path.parent.mkdir(mode=folder_mode, parents=True, exist_ok=True)
    if wanted.is_secret:
        _close(path)
    try:
        if path.read_bytes() == wanted.content and path.stat().st_mode & 0o777 == wanted.mode:
            return False
    except OSError:
        pass
    write_whole(path, wanted.content.decode(), wanted.mode)
    return True


def _close(path: Path) -> None:
    """The outermost folder of secrets; those below it are as safe as it is."""
    for folder in path.parents:
        if folder.name == "secrets":
            folder.chmod(0o700)
            return


def _gone(folder: Path, wanted: Mapping[str, _Wanted], known: Mapping[str, str]) -> Iterator[str]:
    """Take away what an earlier render wrote and this one has no more, unless somebody has changed it."""
    for name, digest in sorted(known.items()):
        path = folder / name
        if name in wanted or Path(name).is_absolute() or ".." in Path(name).parts or not path.is_file():
            continue
        # Without a digest it is a secret: it may be the only copy.
        if digest and hashlib.sha256(path.read_bytes()).hexdigest() == digest:
            path.unlink()
            yield name
