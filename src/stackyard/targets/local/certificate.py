"""Certificates of this system, issued by the development authority of the user, and renewed in time."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from stackyard.model.system import System
from stackyard.resources.certificates import (
    RENEW_BEFORE,
    ensure_authority,
    ensure_leaf,
    find_authority,
    hosts_of,
    needs_renewal,
)
from stackyard.targets.local.layout import Layout, user_data
from stackyard.targets.local.state import Record


def hosts(system: System, part: str) -> tuple[str, ...]:
    """The names that a certificate must hold: the edge's own, or just this machine for what is behind it."""
    if part == "edge" and system.edge is not None:
        return hosts_of(system.edge.host, tenants=bool(system.edge.tenants))
    return hosts_of("localhost", tenants=False)


def issue(system: System, layout: Layout, part: str, give: Callable[[Path], None] | None = None) -> None:
    """Issue the certificate of a part, valid for 90 days. Raises StateError for a broken authority.

    `give` hands each path over to the user that parts run as, where that is another than we are.
    """
    wanted = hosts(system, part)
    now = datetime.now(UTC)
    folder = layout.certificate(part).parent
    folder.mkdir(parents=True, exist_ok=True)
    if layout.key(part).exists() and layout.key(part).stat().st_mode & 0o077:
        # What was readable may have been read: the key goes, not only its mode.
        layout.key(part).unlink()
    pair, _ = ensure_leaf(folder, ensure_authority(user_data(), now, wanted), wanted, now)
    if give is not None:
        for path in (folder, pair.certificate, pair.key):
            give(path)


def take(path: Path) -> None:
    """Let whoever we are own the path: another target may have given it to another user."""
    if path.stat().st_uid != os.geteuid():
        os.chown(path, os.geteuid(), os.getegid(), follow_symlinks=False)


def reason(system: System, layout: Layout, record: Record, part: str, owner: int | None = None) -> str:
    """Why the certificate of a part must be made anew, or "". `owner` is the user id that its key must have.

    What was found good is remembered with the marks of the files, for reading a certificate costs more than all else
    that a warm start looks at.
    """
    now = datetime.now(UTC)
    files = (layout.certificate(part), layout.key(part))
    if not all(path.is_file() for path in files):
        return "there is none"
    if files[1].stat().st_mode & 0o077:
        return f"others can read its key (mode {files[1].stat().st_mode & 0o777:04o})"
    if owner is not None and files[1].stat().st_uid != owner:
        return f"its key belongs to uid {files[1].stat().st_uid}"
    wanted = hosts(system, part)
    authority = find_authority(user_data(), wanted)
    # Whoever has no authority here looks at somebody else's system, and cannot say who should have signed.
    signer = authority if authority.certificate.is_file() else None
    marks = {path.name: _mark(path) for path in (*files, *([authority.certificate] if signer else []))}
    known = dict(record.facets(f"judged:{part}") or {})
    until = known.pop("until", "")
    if known == {**marks, "hosts": ",".join(wanted)} and now < datetime.fromisoformat(until):
        return ""
    found = needs_renewal(files[0], wanted, now, authority=signer, key=files[1])
    if not found:
        judged = {**marks, "hosts": ",".join(wanted), "until": _renewal(layout, part).isoformat()}
        record.remember(f"judged:{part}", judged)
    return found


def _mark(path: Path) -> str:
    found = path.stat()
    return f"{found.st_mtime_ns}/{found.st_size}/{found.st_mode}"


def _renewal(layout: Layout, part: str) -> datetime:
    from cryptography.x509 import load_pem_x509_certificate

    leaf = load_pem_x509_certificate(layout.certificate(part).read_bytes())
    return leaf.not_valid_after_utc - RENEW_BEFORE
