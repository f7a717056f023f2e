"""What `backups:` promises: that it can be kept, and that nothing in it is for nothing."""

from __future__ import annotations

import re

from stackyard.model.system import Backups, Postgres
from stackyard.spec.checks import Draft
from stackyard.spec.tree import Entry, Mapping

_OLDEST = 14
"""The first major version of PostgreSQL with a role that reads everything and changes nothing."""
_PASSWORD = re.compile(r"//[^/@\s]*:[^/@\s]*@")


def check_backups(draft: Draft) -> None:
    """Every check of the section, where there is one."""
    wanted = draft.system.backups
    if wanted is None:
        return
    _check_name(draft)
    _check_wal(draft, wanted)
    _check_places(draft, wanted)
    _check_recipients(draft, wanted)
    if wanted.drill == "never" and _is_given(draft, "rto"):
        what = "rto is a promise that nothing measures: drill is never"
        draft.add(("backups", "rto"), what, "let it be drilled, or remove rto")


def _check_name(draft: Draft) -> None:
    for section, parts in (("services", draft.system.services), ("resources", draft.system.resources)):
        if any(part.name == "backups" for part in parts):
            draft.add((section, "backups"), 'the name "backups" is taken by what makes them', "choose another name")


def _check_wal(draft: Draft, wanted: Backups) -> None:
    databases = [part for part in draft.system.resources if isinstance(part, Postgres)]
    if wanted.wal and not databases and _is_given(draft, "wal"):
        draft.add(("backups", "wal"), "there is no postgres whose changes could be kept", "remove it")
    for part in databases:
        if not part.version.at_least and part.version.numbers[0] < _OLDEST:
            what = f"{part.name} cannot be backed up: that takes PostgreSQL {_OLDEST} or later"
            draft.add(("resources", part.name, "postgres"), what, f"write {_OLDEST} or later")


def _check_places(draft: Draft, wanted: Backups) -> None:
    for name, place in (("to", wanted.to), ("offsite", wanted.offsite)):
        if _PASSWORD.search(place):
            what = "this URL holds a password, and a secret never stands in this file"
            draft.add(
                ("backups", name), what, "take it out; the keys of an S3 store are secrets with names of their own"
            )
    if wanted.offsite and wanted.offsite.rstrip("/") == wanted.to.rstrip("/"):
        draft.add(("backups", "offsite"), "the copy would be the original", "name another place")


def _check_recipients(draft: Draft, wanted: Backups) -> None:
    if wanted.recipients and not wanted.encrypt:
        what = "nobody needs recipients: with encrypt: false no secret is backed up"
        draft.add(("backups", "recipients"), what, "remove one of the two")
    if draft.system.is_production and wanted.encrypt and not wanted.recipients:
        what = "production needs recipients: nobody could open the secrets in its backups"
        hint = (
            "`age-keygen -o recovery.txt` makes a pair: its public key belongs here, the file off this machine "
            "(or write encrypt: false, and secrets are not backed up)"
        )
        draft.add(("backups",), what, hint)


def _is_given(draft: Draft, name: str) -> bool:
    entry = draft.tree.entries.get("backups")
    return isinstance(entry, Entry) and isinstance(entry.node, Mapping) and name in entry.node.entries
