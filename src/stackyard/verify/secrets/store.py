"""Where the secrets are kept, and what they are worth."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from stackyard.model.system import System, Tls
from stackyard.observe.view import View
from stackyard.resources.secrets import needed, weakness
from stackyard.verify.check import Check, Look, Seen, saw


def _owner(view: View) -> int:
    return view.folders["home"].stat().st_uid


def _private(view: View) -> Iterator[Seen]:
    for folder, most in view.secret_folders():
        for path in (folder, *sorted(folder.rglob("*"))):
            yield access(path, 0o700 if stat.S_ISDIR(path.lstat().st_mode) else most, {_owner(view)})


def access(path: Path, most: int, owners: set[int]) -> Seen:
    """Whether a folder or file has at most the mode `most`, and belongs to one of these users."""
    found = path.lstat()
    mode = stat.S_IMODE(found.st_mode)
    faults = [f"{path.name} is a link"] if path.is_symlink() else []
    faults += [f"others can open {path.name} (mode {mode:04o})"] if mode & ~most and not path.is_symlink() else []
    faults += [f"{path.name} belongs to uid {found.st_uid}"] if found.st_uid not in owners else []
    return saw(f"access to {path}", f"mode {mode:04o}, owner {found.st_uid}", fault="; ".join(faults))


def _present(view: View) -> Iterator[Seen]:
    there = view.secrets()
    for spec in needed(view.system):
        how = f"{len(there[spec.name])} characters" if spec.name in there else "there is none"
        kind = "provided" if spec.provided else "generated"
        yield saw(
            f"the secret {spec.name} ({kind}), {spec.purpose}",
            how,
            fault=f"the secret {spec.name} is missing or empty",
            unless=bool(there.get(spec.name)),
        )


def _strong(view: View) -> Iterator[Seen]:
    for name, value in view.secrets().items():
        reason = weakness(value)
        yield saw(f"the strength of {name}", reason or "good", fault=f"the secret {name} {reason}", unless=not reason)


def _distinct(view: View) -> Iterator[Seen]:
    seen: dict[str, str] = {}
    for name, value in view.secrets().items():
        other = seen.setdefault(value, name)
        yield saw(
            f"{name} beside the others",
            "its own value" if other == name else f"the value of {other}",
            fault=f"the secrets {other} and {name} are the same",
            unless=other == name,
        )


def _keys(view: View) -> Iterator[Seen]:
    owners = {_owner(view), *view.key_users()}
    keys = sorted(view.folders["tls"].glob("*/*.key")) if view.folders["tls"].is_dir() else []
    keys += [view.edge.key] if view.edge and view.edge.key and view.edge.key not in keys else []
    for key in keys:
        yield access(key, 0o600, owners)
    if view.edge is not None and view.edge.authority is not None:
        # Whoever holds this key can speak for any site to the browsers of this machine.
        for key in sorted(view.edge.authority.parent.glob("*.key")):
            yield access(key, 0o600, {_owner(view)})


def _has_no_secrets(system: System) -> str:
    return "" if needed(system) else "the system has no secrets"


def _has_no_keys(system: System) -> str:
    has = (system.edge is not None and system.edge.tls is not Tls.OFF) or any(
        getattr(resource, "tls", False) for resource in system.resources
    )
    return "" if has else "nothing in the system speaks TLS"


CHECKS = (
    Check(
        "secrets.private",
        ("SEC-01",),
        "secrets are open to their owner only",
        Look.FILE,
        _private,
        unless=_has_no_secrets,
        next_step="`chmod 0700` the folder and `chmod 0600` its files; if others use this machine, count what was open "
        "as known, and change it.",
    ),
    Check(
        "secrets.present",
        ("SEC-01", "SEC-04"),
        "every secret that the system needs is there",
        Look.FILE,
        _present,
        unless=_has_no_secrets,
        next_step="`stackyard up` makes those that it can; set a provided one as STACKYARD_SECRET_<NAME>.",
    ),
    Check(
        "secrets.strong",
        ("SEC-04",),
        "no secret is weak or one that everybody knows",
        Look.FILE,
        _strong,
        unless=_has_no_secrets,
        next_step="Delete its file and `stackyard up` makes a new one; `stackyard secrets set` takes a provided one.",
    ),
    Check(
        "secrets.distinct",
        ("SEC-01",),
        "no two secrets are the same",
        Look.FILE,
        _distinct,
        unless=_has_no_secrets,
        next_step="Delete one of the two files and `stackyard up` makes a new one.",
    ),
    Check(
        "secrets.keys",
        ("SEC-01", "EDGE-04"),
        "the keys of certificates are open to their owner only",
        Look.FILE,
        _keys,
        unless=_has_no_keys,
    ),
)
