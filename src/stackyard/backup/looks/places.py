"""Who may open what belongs to the backups, and whether anything of it is plain."""

from __future__ import annotations

import stat
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stackyard.backup import kit, store
from stackyard.backup.job import Job
from stackyard.backup.looks.reading import recipients_of
from stackyard.backup.mending import contents

SECONDS = 2.0
"""How long files are looked into at the most."""

_PROBE = 1 << 16
"""Bytes of a file that are tried to be made smaller: what is encrypted cannot be."""
_SEARCHED = 1 << 20
"""Bytes at the beginning of a file that are searched for known words."""
_SHORTEST = 8
_OTHERS = 0o077
_HEADS = {
    b"PGDMP": "a dump of a database",
    b"REDIS0": "a copy of a cache",
    b"--\n-- PostgreSQL database": "a dump of a database as SQL",
    b"AGE-SECRET-KEY-": "an age identity",
}
_TAR = slice(257, 262)


@dataclass(frozen=True)
class Places:
    """`open` maps folders and files that others may open to their modes, `owned` those of another user to its number;
    `looked` counts what was looked at. `files` and `bytes` are those of a repository on this machine, `plain` what in
    it can be read by anybody and why, `words` the known words that were looked for there, `searched` the bytes.
    `beside` are copies in the clear beside it. `kit` counts whom the recovery kit is encrypted to, -1 when it is not,
    None when there is none.
    """

    folder: str
    repository: str
    looked: int
    open: dict[str, str]
    owned: dict[str, int]
    files: int
    bytes: int
    words: int
    searched: int
    plain: dict[str, str]
    beside: dict[str, str]
    kit: int | None


def look(job: Job) -> dict[str, Any]:
    """See `Places`."""
    folder = Path(job.folder)
    local = Path(job.repository.url) if job.repository.url.startswith("/") else None
    own = [folder, *(folder / name for name in ("sets", "drills")), *([local] if local else [])]
    # The recovery kit is to be carried away, and closed by itself.
    files = [*job.places.sets.glob("*"), *job.places.drills.glob("*"), job.places.state]
    looked = [path for path in (*own, *files) if path.exists()]
    words = _words(job)
    searched, plain = _plain(local, words) if local else (0, {})
    stored = contents(local) if local else []
    found = kit.place(job)
    return asdict(
        Places(
            folder=str(folder),
            repository=str(local) if local else "",
            looked=len(looked),
            open={str(path): f"{mode:04o}" for path in looked if (mode := _mode(path)) & _OTHERS},
            owned={str(path): path.stat().st_uid for path in looked if path.stat().st_uid != folder.stat().st_uid},
            files=len(stored),
            bytes=sum(path.stat().st_size for path in stored if path.exists()),
            words=len(words),
            searched=searched,
            plain=plain,
            beside=dict(_beside(folder, local)),
            kit=recipients_of(found.read_bytes()) if found.exists() else None,
        )
    )


def from_data(data: Mapping[str, Any]) -> Places:
    """What a look saw. Raises TypeError on anything else."""
    return Places(**data)


def kind_of(head: bytes) -> str:
    """What a file in the clear is, from its first bytes; "" for anything else."""
    if head[_TAR] == b"ustar":
        return "an archive of files"
    return next((what for start, what in _HEADS.items() if head.startswith(start)), "")


def is_smaller(head: bytes) -> bool:
    """Whether it can be compressed, as nothing can that is encrypted."""
    return len(head) >= 64 and len(zlib.compress(head, 6)) < len(head)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _words(job: Job) -> list[bytes]:
    """What must stand in no file of a repository: the secrets, and the names of tables."""
    found = {Path(job.repository.password_file).read_bytes().strip()}
    if job.secrets:
        found |= {path.read_bytes().strip() for path in Path(job.secrets).iterdir() if path.is_file()}
    for backup in store.sets(job)[:1]:
        found |= {table.name.encode() for one in backup.databases for table in one.tables}
    return sorted(word for word in found if len(word) >= _SHORTEST)


def _plain(folder: Path, words: list[bytes]) -> tuple[int, dict[str, str]]:
    """What in a repository is not encrypted; its keys are JSON, and hold the one key encrypted with the password."""
    begun, searched, plain = time.monotonic(), 0, {}
    for path in (folder / "config", *contents(folder)):
        if time.monotonic() - begun > SECONDS:
            break
        try:
            with path.open("rb") as file:
                head = file.read(_SEARCHED)
        except FileNotFoundError:  # somebody prunes at this moment
            continue
        searched += len(head)
        name = str(path.relative_to(folder))
        if any(word in head for word in words):
            plain[name] = "it holds a known word in the clear"
        elif path.parent.name != "keys" and is_smaller(head[:_PROBE]):
            plain[name] = "it can be compressed, so it is not encrypted"
    return searched, plain


def _beside(folder: Path, local: Path | None) -> Iterator[tuple[str, str]]:
    """Copies in the clear, besides the changes as they come in: those are as private as the data itself."""
    inner = [path for path in folder.glob("*") if path.name not in ("wal", "cache") and path != local]
    # Who names a folder for the repository may keep other things there: only what lies right beside it is looked at.
    outer = [path for path in local.parent.glob("*") if path.is_file()] if local and local.parent != folder else []
    for path in (*inner, *outer):
        for file in (path,) if path.is_file() else sorted(path.rglob("*")):
            if file.is_file() and (what := _clear(file)):
                yield str(file), what


def _clear(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return kind_of(opened.read(512))
    except OSError:
        return ""
