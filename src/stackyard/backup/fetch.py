"""Getting the pieces of a set out of the repository, each checked against the manifest on its way."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

from stackyard.backup import aligning, listing, programs, store
from stackyard.backup.chunks import Chunks
from stackyard.backup.events import Tell, silent
from stackyard.backup.job import Account, FilesPart, Job, PostgresPart, RedisPart
from stackyard.backup.ownership import give
from stackyard.backup.pipes import Flow
from stackyard.backup.problem import BackupError, NotReadError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet, Finding, Piece
from stackyard.backup.steps import Steps
from stackyard.backup.unpacking import unpack

SMALL_KINDS = ("config", "globals", "redis", "secrets")
"""The kinds of pieces that share one snapshot."""

_AGE = b"age-encryption.org/v1\n"
_DAMAGED = ("failed to read header", "bad header MAC", "payload chunk")
"""What age says of a file that it cannot make sense of, or that was changed. (Where just the part was changed that says
whom it is for, it takes it for somebody else's.)"""


def base(
    job: Job, backup: BackupSet, part: PostgresPart, into: Path, tell: Tell = silent, *, settle: bool = False
) -> None:
    """Unpack the copy of the cluster into a new folder, private to the part's account.

    With `settle` it goes to the disk meanwhile, see `unpacking`. Raises BackupError when it is not what was stored;
    what lies in the folder then must not be used.
    """
    piece = _piece(backup, part.name, "base")
    _private(into, None)
    restic = Restic(job, job.repository)
    snapshot = store.snapshot_of(restic, backup, piece)
    # Sets of earlier versions hold the tar as it is.
    through = aligning.plain if piece.path.endswith(aligning.SUFFIX) else iter
    with (
        Steps(tell, backup.steps).step(f"fetching {part.name}", piece.size) as count,
        restic.dump(snapshot, piece.path, count) as taken,
    ):
        try:
            unpack(through(taken), into, part.account, settle=settle)
        except tarfile.TarError as error:
            # Most likely it was cut short, and whoever made it says why.
            Chunks(taken).drain()
            taken.flow()
            raise BackupError(
                f"the base of {part.name} in the repository is no copy of a cluster", details=(str(error),)
            ) from None
        _same(taken.flow(), piece)


def dump(job: Job, backup: BackupSet, part: PostgresPart, into: Path) -> None:
    """Write the logical copy, in pg_dump's custom format, to a new file. Raises BackupError."""
    _file(job, backup, _piece(backup, part.name, "dump"), into, None)


def sql(job: Job, backup: BackupSet, part: PostgresPart, into: Path) -> None:
    """Write the logical copy as SQL, which psql loads into the same version or a later one. Raises BackupError."""
    _file(job, backup, _piece(backup, part.name, "sql"), into, None)


def roles(job: Job, backup: BackupSet, part: PostgresPart, into: Path) -> None:
    """Write the roles, without their passwords, as SQL. Raises BackupError."""
    _file(job, backup, _piece(backup, part.name, "globals"), into, None)


def rdb(job: Job, backup: BackupSet, part: RedisPart, into: Path) -> None:
    """Write the copy of the cache to a new file of the part's account. Raises BackupError."""
    _file(job, backup, _piece(backup, part.name, "redis"), into, part.account)


def files(job: Job, backup: BackupSet, part: FilesPart, into: Path) -> None:
    """Put the files into a folder, with the owners they had where we may give them. Raises BackupError."""
    piece = _piece(backup, part.name, "objects")
    restic = Restic(job, job.repository)
    _private(into, part.account)
    if piece.path != listing.NOTHING:
        restic.restore(store.snapshot_of(restic, backup, piece), into)
    marks = listing.marks(into)
    found = {path: facts for path, mark in marks.items() if (facts := listing.read(into, path, mark))}
    if listing.digest(found).sha256 != piece.sha256:
        raise BackupError(f"the files of {part.name} came back from the repository as something else")


def config(job: Job, backup: BackupSet, into: Path) -> None:
    """Unpack what described the system into a folder, each under its label. Raises BackupError."""
    _unpack(_content(job, backup, _piece(backup, "", "config")), into)


def secrets(job: Job, backup: BackupSet, identity_file: Path, into: Path) -> None:
    """Decrypt the secrets into a private folder. Raises BackupError when the identity is not one of the recipients'."""
    encrypted = _content(job, backup, _piece(backup, "", "secrets"))
    content = decrypt(job, encrypted, identity_file)
    _private(into, None)
    _unpack(content, into)


def decrypt(job: Job, encrypted: bytes, identity_file: Path) -> bytes:
    """What age encrypted to the recipient that this identity is. Raises BackupError."""
    process = programs.start(
        (job.age, "-d", "-i", str(identity_file)), {},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    output, errors = process.communicate(encrypted)
    if process.returncode < 0:
        raise NotReadError(f"age was ended before it had decrypted anything ({programs.ending(process.returncode)})")
    if process.returncode:
        said = errors.decode(errors="replace")
        what = f"the identity in {identity_file} does not open what was encrypted"
        hint = "It must be an identity of one of the recipients that `stackyard backup show` names."
        if any(words in said for words in _DAMAGED):
            what = "what was encrypted is damaged: no identity opens it any more"
            hint = "Another copy of it may be whole: that off site, or that of another set."
        raise BackupError(what, hint=hint, details=said.splitlines()[-3:])
    return output


def look_into_secrets(job: Job, file: Path) -> Sequence[Finding]:
    """What is wrong with an encrypted file of secrets; its content only where this machine may decrypt it."""
    encrypted = file.read_bytes()
    if not encrypted.startswith(_AGE):
        return [Finding("secrets", "it is not encrypted with age")]
    if job.identity and Path(job.identity).exists():
        with tarfile.open(fileobj=io.BytesIO(decrypt(job, encrypted, Path(job.identity)))) as archive:
            if not any(member.isreg() for member in archive):
                return [Finding("secrets", "there is no secret in it")]
    return []


def _piece(backup: BackupSet, part: str, kind: str) -> Piece:
    piece = backup.piece(part, kind)
    if piece is None:
        raise BackupError(
            f"the set {backup.id} holds no {kind}{f' of {part}' if part else ''}",
            hint="`stackyard backup show` says what it holds.",
        )
    return piece


def _content(job: Job, backup: BackupSet, piece: Piece) -> bytes:
    restic = Restic(job, job.repository)
    with restic.dump(store.snapshot_of(restic, backup, piece), piece.path) as taken:
        content = b"".join(taken)
        _same(taken.flow(), piece)
    return content


def _file(job: Job, backup: BackupSet, piece: Piece, into: Path, account: Account | None) -> None:
    restic = Restic(job, job.repository)
    with restic.dump(store.snapshot_of(restic, backup, piece), piece.path) as taken:
        try:
            with open(into, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                for chunk in taken:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise BackupError(f"{into} cannot be written: {error.strerror}") from error
        _same(taken.flow(), piece)
    give(into, account)


def _same(flow: Flow, piece: Piece) -> None:
    if flow.sha256 != piece.sha256:
        raise BackupError(
            f"the {piece.kind} of {piece.part or 'the system'} came back from the repository as something else",
            hint="Use an older set: `stackyard backup list`.",
        )


def _private(folder: Path, account: Account | None) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BackupError(f"{folder} is not empty", hint="Name a folder that does not exist yet.")
    except OSError as error:
        raise BackupError(f"{folder} cannot be made: {error.strerror}") from error
    give(folder, account)


def _unpack(content: bytes, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        # Pythons before 3.11.4 know no filter; what is unpacked here is what we packed, by its checksum.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _path: member)
        archive.extractall(into)
