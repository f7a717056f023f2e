"""Whether the list of sets is true, and nothing is left of work that never ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stackyard.backup import store
from stackyard.backup.looks.repository import Held
from stackyard.backup.sets import BackupSet, from_text
from stackyard.backup.snapshots import Snapshot
from stackyard.observe.seen import RestoresView
from stackyard.observe.view import View
from stackyard.verify.backups.asking import has_none, none_yet, repository_of
from stackyard.verify.check import CannotSeeError, Check, Look, Seen, saw


def _listed(view: View) -> Iterator[Seen]:
    held = repository_of(view)
    if not held.known.sets and not _manifests(held):
        raise CannotSeeError(none_yet(held.known))
    yield from _settled_down(held, listing(held))


def _settled_down(held: Held, found: Iterator[Seen]) -> Iterator[Seen]:
    """What somebody who works on the backups has not finished is no fault yet."""
    for one in found:
        if one.fault and held.under_way:
            raise CannotSeeError(f"somebody works on the backups at this moment: {held.under_way}")
        yield one


def listing(held: Held) -> Iterator[Seen]:
    """Whether the sets that are listed here are those of the repository, piece by piece."""
    seen = held.known
    here, there = {one.id for one in seen.sets}, _manifests(held)
    odd = sorted(here ^ there)
    yield saw(
        f"{len(here)} sets here, looked for among the manifests in the repository",
        f"not on both sides: {', '.join(odd)}" if odd else "the same",
        fault=f"the list and the repository differ in {', '.join(odd)}",
        unless=not odd,
    )
    yield saw(
        "files of sets that are none",
        ", ".join(seen.damaged) or "none",
        fault=f"{', '.join(seen.damaged)} cannot be read as a set",
        unless=not seen.damaged,
    )
    for one in seen.sets:
        lost = _lost(one, held)
        yield saw(
            f"{len(one.pieces)} pieces of {one.id} in the repository",
            f"missing: {', '.join(lost)}" if lost else "all are there",
            fault=f"{', '.join(lost)} of {one.id} is not in the repository",
            unless=not lost,
        )
    if seen.good is not None and seen.good.id in there:
        yield _same(seen.good, held)


def _same(backup: BackupSet, held: Held) -> Seen:
    """When it was copied off site stands here only."""
    try:
        stored = from_text(held.manifest)
        is_same = replace(stored, offsite="") == replace(backup, offsite="")
    except (ValueError, KeyError, TypeError):
        is_same = False
    return saw(
        f"the manifest of {backup.id} here, beside the one in the repository",
        "the same" if is_same else "they differ",
        fault=f"the manifest of {backup.id} is not the one in the repository",
        unless=is_same,
    )


def _manifests(held: Held) -> set[str]:
    return {one.tags["set"] for one in held.snapshots if one.has(store.MANIFEST) and "set" in one.tags}


def _lost(backup: BackupSet, held: Held) -> list[str]:
    own = [one for one in held.snapshots if one.tags.get("set") == backup.id]
    ids = [name for one in own for name in (one.id, one.original) if name]
    return [
        f"{one.part} {one.kind}".strip()
        for one in backup.pieces
        if not any(name.startswith(one.snapshot) for name in ids)
    ]


def _tidy(view: View) -> Iterator[Seen]:
    held = repository_of(view)
    yield from _settled_down(held, tidiness(held))


def tidiness(held: Held) -> Iterator[Seen]:
    """Whether something is left that belongs to no set."""
    useless = _useless(held)
    said = [" ".join(f"{name}={value}" for name, value in sorted(one.tags.items())) for one in useless]
    yield saw(
        f"{len(held.snapshots)} snapshots in the repository that are of use to no set",
        "; ".join(said[:10]) or "none",
        fault=f"{len(useless)} snapshots belong to no set, left by a run that never ended",
        unless=not useless,
    )
    left = held.known.left
    yield saw(
        "copies in the scratch space that nobody works on",
        ", ".join(left) or "none",
        fault=f"{', '.join(left)} was left by a run that never ended",
        unless=not left,
    )


def _useless(held: Held) -> list[Snapshot]:
    """Pieces without a manifest, and manifests that have been replaced."""
    newest = {one.tags["set"]: one.id for one in held.snapshots if one.has(store.MANIFEST) and "set" in one.tags}
    found = [one for one in held.snapshots if "set" in one.tags]
    return [
        one
        for one in found
        if one.tags["set"] not in newest or (one.has(store.MANIFEST) and newest[one.tags["set"]] != one.id)
    ]


def _settled(view: View) -> Iterator[Seen]:
    yield from settlement(view.restores())


def settlement(found: RestoresView) -> Iterator[Seen]:
    """Whether every restore has ended, and what they have kept is where they say."""
    yield saw(
        "a restore that was begun and never ended",
        found.under_way or "none",
        fault=f"a restore was interrupted: {found.under_way}",
        unless=not found.under_way,
    )
    for one in found.kept:
        shown = "there" if one.is_there else "gone" if one.is_there is False else "in its volume"
        yield saw(
            f"the data of {one.part} from before the {one.verb} {one.restore} to {one.target}: {one.place}",
            shown,
            fault=f"the data of {one.part} from before the {one.verb} {one.restore} is gone",
            unless=one.is_there is not False,
        )
    yield saw(
        "copies of data that belong to no restore",
        ", ".join(found.strays) or "none",
        fault=f"{', '.join(found.strays)} belongs to no restore",
        unless=not found.strays,
    )


CHECKS = (
    Check(
        "backups.listed",
        ("BAK-06",),
        "the sets that are listed are those in the repository, with all their pieces",
        Look.INSIDE,
        _listed,
        unless=has_none,
        next_step="`stackyard backup verify SET` says what is lost of it; `stackyard backup create` makes a whole one.",
    ),
    Check(
        "backups.tidy",
        ("BAK-06",),
        "nothing is left of runs that never ended",
        Look.INSIDE,
        _tidy,
        unless=has_none,
        next_step="`stackyard backup prune` removes what belongs to no set.",
    ),
    Check(
        "backups.restores",
        ("BAK-05",),
        "no restore was left half-way, and what restores have kept is there",
        Look.FILE,
        _settled,
        unless=has_none,
        next_step="The next `stackyard` command ends an interrupted restore; `stackyard restore --finish` "
        "removes what is kept.",
    ),
)
