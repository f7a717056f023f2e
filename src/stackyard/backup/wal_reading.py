"""Reading WAL back from the repository, each segment compared with what it was when it was received."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Container, Mapping, Sequence
from typing import IO

from stackyard.backup.archive import look
from stackyard.backup.chunks import Chunks
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.problem import DamagedError
from stackyard.backup.restic import Restic
from stackyard.backup.segments import lsn
from stackyard.backup.sets import BackupSet, Finding
from stackyard.backup.spool import Seal

_BLOCK = 1 << 20


def require(job: Job, part: PostgresPart, snapshot: str, seals: Mapping[str, Seal]) -> None:
    """Raises DamagedError when one of those segments does not come back from the snapshot as it was."""
    spoilt = _spoilt(Restic(job, job.repository), snapshot, seals) if seals else ()
    if spoilt:
        raise DamagedError(
            f"{len(spoilt)} segments of the WAL of {part.name} do not come back from the repository",
            details=spoilt[:10],
        )


def spoilt_since(job: Job, part: PostgresPart, backup: BackupSet, until: str | None) -> tuple[Finding, ...]:
    """What of the WAL since the set, or up to that position, does not come back from the repository as it was received.

    What is not there at all is for others to say. Raises BackupError when it cannot be read.
    """
    end = lsn(until) if until else None
    archive = look(job, part, backup).up_to(end)
    wanted: dict[str, dict[str, Seal]] = {}
    for segment in archive.needed(end):
        name = archive.name(segment)
        if name in archive.stored and name in archive.ledger.segments:
            wanted.setdefault(archive.stored[name].snapshot, {})[name] = archive.ledger.segments[name]
    restic = Restic(job, job.repository)
    spoilt = [name for snapshot, seals in wanted.items() for name in _spoilt(restic, snapshot, seals)]
    return tuple(Finding(f"wal {part.name}", f"{name} comes back damaged from the repository") for name in spoilt)


def _spoilt(restic: Restic, snapshot: str, seals: Mapping[str, Seal]) -> Sequence[str]:
    with restic.dump(snapshot, "/") as taken:
        stream = Chunks(taken)
        try:
            came = _sums(stream, seals)
        except tarfile.TarError as error:
            # Most likely it was cut short, and whoever made it says why.
            stream.drain()
            taken.flow()
            raise DamagedError(f"the snapshot {snapshot[:8]} cannot be read", details=(str(error),)) from None
        stream.drain()
        taken.flow()
    return sorted(name for name, seal in seals.items() if came.get(name) != seal.sha256)


def _sums(stream: Chunks, names: Container[str]) -> dict[str, str]:
    """The SHA-256 of each file of that name in a tar."""
    came: dict[str, str] = {}
    with tarfile.open(fileobj=stream, mode="r|", bufsize=_BLOCK) as tar:  # type: ignore[call-overload]
        for member in tar:
            name = member.name.rpartition("/")[2]
            content = tar.extractfile(member) if member.isfile() and name in names else None
            if content is not None:
                came[name] = _sum(content)
    return came


def _sum(content: IO[bytes]) -> str:
    whole = hashlib.sha256()
    while block := content.read(_BLOCK):
        whole.update(block)
    return whole.hexdigest()
