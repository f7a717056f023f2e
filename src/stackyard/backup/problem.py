"""What goes wrong with backups, in words that a person can act on."""

from __future__ import annotations

from stackyard.errors import StackyardError


class BackupError(StackyardError):
    """A backup, a restore or a look into either failed; what was there before is untouched."""


class NotReadError(BackupError):
    """Something could not be read this time. That says nothing about whether it is whole: try again."""


class DamagedError(BackupError):
    """What comes out of the repository is not what was put there, or not at all."""


class RepositoryBusyError(NotReadError):
    """Somebody else works in the repository, in a way that does not go together with what was asked. Try again."""


class RepositoryMissingError(NotReadError):
    """There is no repository where it should be."""
