"""What restic complains of, said for people. Its exit codes say little before version 0.17."""

from __future__ import annotations

import json

from stackyard.backup.problem import (
    BackupError,
    DamagedError,
    NotReadError,
    RepositoryBusyError,
    RepositoryMissingError,
)
from stackyard.backup.programs import Answer

_PASSING: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("wrong password", "no key found"),
        "the password does not open the repository {url}",
        "The secret `backups.repository` must be the one that it was made with; a recovery kit holds it.",
    ),
    (
        ("no space left on device", "disk quota exceeded"),
        "there is no space left for the repository {url}",
        "Make room on that disk, or keep backups for a shorter time; then run `stackyard backup prune`.",
    ),
    (
        ("read-only file system", "permission denied", "operation not permitted"),
        "the repository {url} may not be written or read",
        "See that its disk is mounted for writing, and that it belongs to the user who makes backups.",
    ),
    (
        (
            "connection refused", "connection reset", "connection timed out", "broken pipe", "no such host",
            "no route to", "timeout", "deadline exceeded", "network is unreachable", "network is down",
            "temporary failure in name", "server misbehaving", "internal server error", "bad gateway",
            "service unavailable", "slow down", "unable to open config file: 503", "subprocess ssh exited",
        ),
        "the repository {url} does not answer",
        "See that its server runs and can be reached from here.",
    ),
    (
        ("access denied", "accessdenied", "signature we calculated", "signaturedoesnotmatch", "invalidaccesskeyid"),
        "the server of the repository {url} refuses the credentials",
        "Check the secrets of the repository's access.",
    ),
)  # fmt: skip
"""What may be well again the next time, and says nothing of what is stored."""

_LASTING: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        (
            "ciphertext verification failed", "does not match id", "invalid data returned", "load(<data/",
            "unexpected eof", "hash mismatch", "invalid header", "invalid mac", "unable to load tree",
        ),
        "the repository {url} is damaged",
        "`stackyard backup verify --deep` names what is lost. `stackyard backup create` sets damaged files aside and"
        " makes a new set; older ones may still be whole.",
    ),
)  # fmt: skip


def explain(answer: Answer, url: str, otherwise: str = "") -> BackupError:
    """The error for what restic said."""
    said = f"{answer.errors}\n{answer.output if answer.code else ''}".lower()
    details = _plain(answer)
    if "repository is already locked" in said or "unable to create lock in backend: repository" in said:
        return RepositoryBusyError(
            f"somebody else works in the repository {url}", hint="Try again when that has ended.", details=details
        )
    # A store says the same of a piece of data that it lost while the repository is there.
    is_config = "specified key does not exist" in said and "load(<data/" not in said
    is_missing = "is there a repository at" in said or is_config
    if is_missing and "permission denied" not in said:
        return RepositoryMissingError(
            f"there is no repository at {url}", hint="Is its disk mounted, its bucket there?", details=details
        )
    for meanings, kind in ((_PASSING, NotReadError), (_LASTING, DamagedError)):
        for words, what, hint in meanings:
            if any(word in said for word in words):
                return kind(what.format(url=url), hint=hint, details=details)
    what = otherwise or f"restic failed on the repository {url}"
    return (
        NotReadError(f"{what}: it was killed", details=details)
        if answer.code < 0
        else BackupError(what, details=details)
    )


def _plain(answer: Answer) -> tuple[str, ...]:
    """The last lines, without the wrapping that restic puts around some."""
    lines = []
    for line in answer.tail:
        try:
            told = json.loads(line)
            lines.append(str(told["error"].get("message", told["error"])))
        except (ValueError, KeyError, TypeError, AttributeError):
            lines.append(line)
    return tuple(lines)
