"""How sets are kept: encrypted, private, as long as the file says, and off site."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from stackyard.backup import retention
from stackyard.backup.looks.known import Known
from stackyard.backup.looks.offsite import Copied
from stackyard.backup.looks.places import Places
from stackyard.backup.looks.reading import Read
from stackyard.backup.sets import BackupSet, Kind
from stackyard.model.system import Backups, System
from stackyard.observe.view import View
from stackyard.verify.backups.asking import copied_of, good, has_none, none_yet, of, places_of, read_of, span
from stackyard.verify.check import CannotSeeError, Check, DoesNotApplyError, Look, Seen, saw


def _encrypted(view: View) -> Iterator[Seen]:
    seen = of(view)
    if not seen.sets:
        raise CannotSeeError(none_yet(seen))
    yield from encryption(places_of(view), sum(one.size for one in seen.sets))


def encryption(places: Places, stored: int) -> Iterator[Seen]:
    """Whether the repository is encrypted and compressed; `stored` is what was put into it, in bytes."""
    if not places.repository:
        raise DoesNotApplyError("the repository is elsewhere, where its files cannot be looked at")
    yield saw(
        f"{places.searched:,} bytes of {places.files} files of the repository: "
        f"{places.words} known words, and whether they can be compressed",
        "nothing can be read, and nothing compressed" if not places.plain else _said(places.plain),
        fault=f"{len(places.plain)} files of the repository are not encrypted: {', '.join(list(places.plain)[:3])}",
        unless=not places.plain,
    )
    yield saw(
        f"what {stored:,} bytes of sets take in the repository",
        f"{places.bytes:,} bytes",
        fault="the repository is larger than what was put into it",
        unless=places.bytes < stored or stored < _SMALL,
    )


_SMALL = 1 << 20
"""Bytes below which the order that a repository keeps weighs more than what it saves."""


def _private(view: View) -> Iterator[Seen]:
    yield from privacy(places_of(view))


def privacy(places: Places) -> Iterator[Seen]:
    """Whether only their owner gets at the backups, and no copy lies about in the clear."""
    yield saw(
        f"access to {places.folder} and {places.looked - 1} things in it",
        _said(places.open) if places.open else "for their owner only",
        fault=f"others can open {', '.join(list(places.open)[:3])}",
        unless=not places.open,
    )
    yield saw(
        "whom they belong to",
        f"others own {', '.join(places.owned)}" if places.owned else "all to one user",
        fault=f"{', '.join(list(places.owned)[:3])} belongs to another user",
        unless=not places.owned,
    )
    yield saw(
        "copies in the clear beside the repository",
        _said(places.beside) if places.beside else "none",
        fault=f"a copy lies there in the clear: {', '.join(list(places.beside)[:3])}",
        unless=not places.beside,
    )


def _said(found: dict[str, str]) -> str:
    return "; ".join(f"{name}: {what}" for name, what in list(found.items())[:10])


def _secrets(view: View) -> Iterator[Seen]:
    wanted = view.system.backups
    assert wanted is not None
    seen = of(view)
    yield from sealing(wanted, seen, good(seen), read_of(view), places_of(view))


def sealing(wanted: Backups, seen: Known, backup: BackupSet, read: Read, places: Places) -> Iterator[Seen]:
    """Whether secrets are in the set as ciphertext for whom the file names, and a kit leads back to the repository."""
    named = wanted.recipients or seen.recipients
    yield saw(
        f"whom the set {backup.id} is encrypted to, {len(named)} by the file",
        ", ".join(backup.recipients) or "nobody",
        fault="the newest set is encrypted to others than the file names",
        unless=set(backup.recipients) == set(named),
    )
    yield saw(
        "the header of the secrets, read back from the repository",
        f"age, for {read.recipients}" if read.recipients >= 0 else "not encrypted with age, or not there",
        fault="the secrets in the newest set are not encrypted to those whom the file names",
        unless=read.recipients == len(named),
    )
    yield saw(
        "the recovery kit beside the repository",
        "there is none" if places.kit is None else "in the clear" if places.kit < 0 else f"age, for {places.kit}",
        fault="there is no recovery kit that those whom the file names could open",
        unless=places.kit == len(named),
    )


def _retention(view: View) -> Iterator[Seen]:
    wanted = view.system.backups
    assert wanted is not None
    yield from keeping_time(wanted, of(view))


def keeping_time(wanted: Backups, seen: Known) -> Iterator[Seen]:
    """Whether what is kept is what the file says, as of the last run: each run lets go of what has had its time."""
    policy = seen.policy
    asked = (wanted.keep, wanted.weekly, wanted.monthly)
    told = f"{span(policy.keep)}, {policy.weekly} weekly and {policy.monthly} monthly ones beyond"
    yield saw(
        "how long the keeper keeps sets",
        told,
        fault="the keeper does not keep sets as long as the file says",
        unless=asked == (policy.keep, policy.weekly, policy.monthly),
    )
    if not seen.sets:
        raise CannotSeeError(none_yet(seen))
    gone = beyond(seen.sets, seen)
    yield saw(
        f"{len(seen.sets)} sets, the oldest {seen.sets[-1].id}; a dry run of pruning",
        f"would remove {', '.join(one.id for one in gone)}" if gone else "would remove none",
        fault=f"{', '.join(one.id for one in gone)} should be gone by now",
        unless=not gone,
    )


def beyond(sets: Sequence[BackupSet], seen: Known) -> tuple[BackupSet, ...]:
    """The sets that the last run should have let go."""
    runs = [one for one in sets if one.is_good and one.kind != Kind.SAFETY]
    if not runs:
        return ()
    last = max(runs, key=lambda one: one.id)
    now = datetime.fromisoformat(last.ended).astimezone(UTC)
    known = [one for one in sets if one.id <= last.id]
    return retention.expired(known, seen.policy, now, continuous=bool(seen.received))


def _offsite(view: View) -> Iterator[Seen]:
    yield from copying(copied_of(view))


def copying(copied: Copied) -> Iterator[Seen]:
    """Whether everything is off site, too."""
    if copied.error:
        yield saw(f"the repository {copied.url}", copied.error, fault=f"off site: {copied.error}")
        return
    if not copied.newest:
        raise CannotSeeError("there is no good set yet that could be off site")
    yield saw(
        f"the set {copied.newest} off site",
        f"copied {copied.told}" if copied.told else "never copied",
        fault=f"the newest good set {copied.newest} was never copied off site",
        unless=bool(copied.told),
    )
    yield saw(
        f"{copied.here} snapshots, looked for in {copied.url}, which holds {copied.there}",
        "; ".join(copied.missing[:10]) or "all are there",
        fault=f"{len(copied.missing)} snapshots are not off site",
        unless=not copied.missing,
    )


def _keeps_no_secrets(system: System) -> str:
    if system.backups is None:
        return "the system has no backups"
    return "" if system.backups.encrypt else "the file keeps secrets out of backups"


CHECKS = (
    Check(
        "backups.encrypted",
        ("BAK-02",),
        "what lies in the repository is encrypted and compressed",
        Look.FILE,
        _encrypted,
        unless=has_none,
        next_step="Remove what is in the clear; it is none of the repository's, or the repository is damaged.",
    ),
    Check(
        "backups.private",
        ("BAK-02", "SEC-01"),
        "backups are open to their owner only, and no copy lies about in the clear",
        Look.FILE,
        _private,
        unless=has_none,
        next_step="`chmod 0700` the folder and what is in it; move copies in the clear to where only you get at them.",
    ),
    Check(
        "backups.secrets",
        ("BAK-02", "SEC-01"),
        "secrets are in the newest set as ciphertext for those whom the file names, and a recovery kit is there",
        Look.INSIDE,
        _secrets,
        unless=_keeps_no_secrets,
        next_step="`stackyard backup create` makes a set and a kit for them.",
    ),
    Check(
        "backups.retention",
        ("BAK-02", "BAK-06"),
        "sets are kept as long as the file says, and no longer",
        Look.FILE,
        _retention,
        unless=has_none,
        next_step="`stackyard backup prune` removes what has had its time.",
    ),
    Check(
        "backups.offsite",
        ("BAK-02",),
        "the copy off site holds everything that is here",
        Look.INSIDE,
        _offsite,
        unless=has_none,
        next_step="See that it can be reached; `stackyard backup create` copies what is missing.",
    ),
)
