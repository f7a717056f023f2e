"""What restic says, told apart: damaged, not read this time, not there, busy."""

from __future__ import annotations

import pytest

from stackyard.backup.complaints import explain
from stackyard.backup.problem import (
    BackupError,
    DamagedError,
    NotReadError,
    RepositoryBusyError,
    RepositoryMissingError,
)
from stackyard.backup.programs import Answer


@pytest.mark.parametrize(
    ("code", "said", "kind", "what"),
    [
        (1, "Load(<data/ab>, 9, 0) returned error: ciphertext verification failed", DamagedError, "is damaged"),
        (1, "Load(<data/ab>, 9, 0) failed: The specified key does not exist.", DamagedError, "is damaged"),
        (1, "Load(<data/ab>, 9, 0) failed: open /r/data/ab: no such file or directory", DamagedError, "is damaged"),
        (1, "Load(<data/ab>, 9, 0) failed: read: connection reset by peer", NotReadError, "does not answer"),
        (1, "Fatal: dial tcp: lookup s3: Temporary failure in name resolution", NotReadError, "does not answer"),
        (1, "Fatal: wrong password or no key found", NotReadError, "the password does not open"),
        (1, "write /r/data/ab: no space left on device", NotReadError, "no space left"),
        (1, "Fatal: something that nobody has heard of", BackupError, "restic failed on"),
        (-9, "", NotReadError, "it was killed"),
        (1, "unable to open config file\nIs there a repository at the following location?", RepositoryMissingError, ""),
        (1, "Fatal: Stat: The specified key does not exist.", RepositoryMissingError, "there is no repository"),
        (1, "unable to create lock in backend: repository is already locked by PID 7", RepositoryBusyError, ""),
    ],
)
def test_each_complaint_is_the_error_that_it_means(code: int, said: str, kind: type[BackupError], what: str) -> None:
    """BAK-03: only what is damaged breaks a set."""
    found = explain(Answer(code, "", said), "/r")
    assert type(found) is kind
    assert what in found.what
