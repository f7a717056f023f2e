"""Reading back: files of the repository, what it knows of itself, and small parts of the newest good set."""

from __future__ import annotations

import hashlib
import io
import random
import tarfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stackyard.backup import database, programs, store
from stackyard.backup.fetch import SMALL_KINDS
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.mending import contents, is_as_named
from stackyard.backup.problem import BackupError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet

SECONDS = 2.0
"""How long files of the repository are read at the most."""

_HEAD = 8 << 20
"""Bytes of a dump within which its list of contents lies."""
_SAMPLE = "2%"
_RECIPIENT = b"-> "


@dataclass(frozen=True)
class Read:
    """`files` of `all_files` were read and `spoiled` are not what their names say; of a repository elsewhere restic
    reads a part. `complaints` are restic's own. `pieces` maps what was read of the set to what is wrong with it, ""
    for nothing. `recipients` counts whom the secrets are encrypted to, -1 when they are not.
    """

    set: str
    files: int
    all_files: int
    spoiled: tuple[str, ...]
    complaints: tuple[str, ...]
    pieces: Mapping[str, str]
    recipients: int
    seconds: float


def look(job: Job) -> dict[str, Any]:
    """See `Read`."""
    begun = time.monotonic()
    restic = Restic(job, job.repository)
    folder = restic.folder
    count, whole, spoiled = _hashed(folder) if folder else (0, 0, [])
    try:
        complaints = [one.what for one in restic.check(False if folder else _SAMPLE)]
    except BackupError as error:
        complaints = [error.what]
    good = next((one for one in store.sets(job) if one.is_good), None)
    pieces, recipients = _pieces(job, restic, good) if good else ({}, -1)
    return asdict(
        Read(
            good.id if good else "", count, whole, tuple(spoiled), tuple(complaints), pieces, recipients,
            time.monotonic() - begun,
        )
    )  # fmt: skip


def from_data(data: Mapping[str, Any]) -> Read:
    """What a look saw. Raises TypeError on anything else."""
    return Read(**{**data, "spoiled": tuple(data["spoiled"]), "complaints": tuple(data["complaints"])})


def _hashed(folder: Path) -> tuple[int, int, list[str]]:
    """Read as many files as time allows, in no order: in the end each has its turn."""
    found = contents(folder)
    order = random.sample(found, len(found))
    begun, count, spoiled = time.monotonic(), 0, []
    for path in order:
        if time.monotonic() - begun > SECONDS:
            break
        try:
            same = is_as_named(path)
        except FileNotFoundError:  # somebody prunes at this moment
            continue
        count += 1
        if not same:
            spoiled.append(str(path.relative_to(folder)))
    return count, len(found), spoiled


def _pieces(job: Job, restic: Restic, good: BackupSet) -> tuple[dict[str, str], int]:
    found, recipients = _small(restic, good)
    for part in job.postgres:
        found |= _dump(restic, good, part)
    return found, recipients


def _small(restic: Restic, good: BackupSet) -> tuple[dict[str, str], int]:
    """Everything that is small lies in one snapshot, and is read whole."""
    wanted = [one for one in good.pieces if one.kind in SMALL_KINDS]
    if not wanted:
        return {}, -1
    try:
        with restic.dump(wanted[0].snapshot, "/") as taken:
            content = taken.whole()
        there = dict(_files(content))
    except (BackupError, tarfile.TarError) as error:
        return {f"{one.part} {one.kind}".strip(): str(error) for one in wanted}, -1
    wrong = {}
    recipients = -1
    for one in wanted:
        data = there.get(one.path)
        same = data is not None and hashlib.sha256(data).hexdigest() == one.sha256
        wrong[f"{one.part} {one.kind}".strip()] = "" if same else "it is not what was stored"
        if one.kind == "secrets" and data is not None:
            recipients = recipients_of(data)
    return wrong, recipients


def recipients_of(encrypted: bytes) -> int:
    """Whom an age file is encrypted to, counted in its header; -1 for what is none."""
    if not encrypted.startswith(b"age-encryption.org/v1\n"):
        return -1
    header = encrypted.partition(b"\n---")[0]
    return sum(line.startswith(_RECIPIENT) and b"-grease" not in line for line in header.splitlines())


def _files(content: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is not None:
                yield member.name.lstrip("./"), file.read()


def _dump(restic: Restic, good: BackupSet, part: PostgresPart) -> dict[str, str]:
    """The dump's own list of contents names every table of the manifest."""
    piece = good.piece(part.name, "dump")
    if piece is None:
        return {}
    name = f"{part.name} dump"
    try:
        listed = programs.run(
            (database.program(part, "pg_restore"), "-l"),
            env=part.programs_environment,
            stdin=_head(restic, piece.snapshot, piece.path),
        )
    except BackupError as error:
        return {name: error.what}
    if not listed.is_done:
        return {name: "pg_restore cannot read its list of contents"}
    lacking = sorted(_wanted(good, part) - set(_listed(listed.output)))
    return {name: f"its list of contents lacks {', '.join(lacking)}" if lacking else ""}


def _wanted(good: BackupSet, part: PostgresPart) -> set[str]:
    """The tables of the manifest; names with blanks in them cannot be told apart in the list."""
    moment = good.database(part.name)
    left_out = good.facts.get(f"{part.name} tables of extensions", "").splitlines()
    names = {one.name for one in moment.tables} - set(left_out) if moment else set()
    return {name.replace('"', "") for name in names if " " not in name}


def _listed(contents: str) -> Iterator[str]:
    """The tables whose rows a dump holds, from lines like "3460; 0 16391 TABLE DATA public products owner"."""
    for line in contents.splitlines():
        words = line.split()
        if words[3:5] == ["TABLE", "DATA"] and len(words) > 6:
            yield f"{words[5]}.{words[6]}"


def _head(restic: Restic, snapshot: str, path: str) -> bytes:
    read = b""
    with restic.dump(snapshot, path) as taken:
        for chunk in taken:
            read += chunk
            if len(read) >= _HEAD:
                return read
        taken.flow()
    return read
