"""How backups are asked: by looks that change nothing, each taken once however many checks want it."""

from __future__ import annotations

from datetime import datetime

from stackyard.backup.looks import chain, changes, known, offsite, places, reading, repository
from stackyard.backup.sets import BackupSet
from stackyard.model.system import Postgres, System
from stackyard.observe.view import View
from stackyard.verify.check import CannotSeeError, DoesNotApplyError

KEEPER = "backups"
"""The part that makes backups when they are due, on every target."""


def has_none(system: System) -> str:
    """Why no check of backups concerns this system, or ""."""
    return "" if system.backups is not None else "the system has no backups"


def follows_none(system: System) -> str:
    """Why no check of the changes between two sets concerns this system, or ""."""
    if system.backups is None:
        return "the system has no backups"
    if not any(isinstance(one, Postgres) for one in system.resources):
        return "the system has no database"
    return "" if system.backups.wal else "the file asks for sets only, and for no moments between them"


def of(view: View) -> known.Known:
    """What the files of the backups say."""
    return known.from_data(view.backups("known"))


def good(seen: known.Known) -> BackupSet:
    """The newest good set. Raises CannotSeeError when there is none."""
    if seen.good is None:
        raise CannotSeeError(none_yet(seen))
    return seen.good


def none_yet(seen: known.Known) -> str:
    """That there is no good set, and when there will be one."""
    first = seen.health.next_backup if seen.health else 0.0
    when = f"; the next is begun at {clock(first)}" if first > seen.now else ""
    return f"there is no good set{when}, or at once by `stackyard backup create`"


def repository_of(view: View) -> repository.Held:
    """What the repository holds. Raises CannotSeeError when it cannot be read: whether it reads back is a check."""
    found = repository.from_data(view.backups("repository"))
    if found.error:
        raise CannotSeeError(found.error)
    return found


def read_of(view: View) -> reading.Read:
    """What was read back."""
    return reading.from_data(view.backups("reading"))


def places_of(view: View) -> places.Places:
    """Who may open what."""
    return places.from_data(view.backups("places"))


def arrivals_of(view: View) -> tuple[changes.Arrival, ...]:
    """How a change of each database came in."""
    return changes.from_data(view.backups("changes"))


def chains_of(view: View) -> tuple[chain.Chain, ...]:
    """The changes since the newest good set."""
    return chain.from_data(view.backups("chain"))


def copied_of(view: View) -> offsite.Copied:
    """The copy off site. Raises DoesNotApplyError where the file wants none."""
    backups = view.system.backups
    if backups is None or not backups.offsite:
        raise DoesNotApplyError("the file wants no copy off site")
    return offsite.from_data(view.backups("offsite"))


def clock(moment: float) -> str:
    """A moment, in seconds since the epoch, as the clock of whoever looks shows it."""
    return datetime.fromtimestamp(moment).astimezone().isoformat(sep=" ", timespec="seconds")


def span(seconds: float) -> str:
    """Seconds as people say them."""
    from stackyard.backup.drill_report import span as said

    return said(seconds)
