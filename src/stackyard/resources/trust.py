"""How to make this machine and its browsers trust the development authority."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stackyard.errors import MachineError
from stackyard.resources.certificates import Authority

NICKNAME = "Stackyard development authority"
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
_SYSTEMS = {
    "debian": (
        ("sudo", "install", "-m", "0644", "{certificate}", "/usr/local/share/ca-certificates/stackyard.crt"),
        ("sudo", "update-ca-certificates"),
    ),
    "fedora": (
        ("sudo", "install", "-m", "0644", "{certificate}", "/etc/pki/ca-trust/source/anchors/stackyard.pem"),
        ("sudo", "update-ca-trust"),
    ),
    "arch": (("sudo", "trust", "anchor", "{certificate}"),),
    "macos": (
        (
            *("security", "add-trusted-cert", "-r", "trustRoot"),
            *("-k", "{home}/Library/Keychains/login.keychain-db", "{certificate}"),
        ),
    ),
}


@dataclass(frozen=True)
class TrustCommand:
    """A command and what it makes trust the authority; to be run in order."""

    purpose: str
    argv: tuple[str, ...]


def trust_commands(authority: Authority, platform: str, home: Path) -> tuple[TrustCommand, ...]:
    """The commands that make the system and the browsers of the user with that `home` trust the authority.

    `platform` is debian (and what derives from it), fedora, arch or macos; there, browsers other than Firefox use the
    system's store on macOS and an NSS database on Linux. `certutil` is in Debian's libnss3-tools. Databases of Firefox
    are those that exist below `home` now. Raises MachineError for any other platform.
    """
    if platform not in _SYSTEMS:
        raise MachineError(
            f"how {platform!r} is told to trust a certificate is not known here",
            hint=f"Add {authority.certificate} to its trust store by hand. Known: {', '.join(sorted(_SYSTEMS))}.",
        )
    values = {"certificate": str(authority.certificate), "home": str(home)}
    system = [
        TrustCommand("the system", tuple(word.format_map(values) for word in argv)) for argv in _SYSTEMS[platform]
    ]
    chrome = [] if platform == "macos" else _chrome_commands(authority, home)
    firefox = [_import(authority, f"sql:{folder}", f"Firefox ({folder.name})") for folder in _firefox_profiles(home)]
    return (*system, *chrome, *firefox)


def is_trusted_by_system(authority: Authority, bundles: Iterable[Path] | None = None) -> bool:
    """True when the bundle that OpenSSL, curl and Python read holds the authority's certificate.

    `bundles` are the files to look into, by default those of this machine. The keychain of macOS and the databases of
    browsers are stores of their own and are not asked.
    """
    wanted = "".join(authority.certificate.read_text().split())
    return any(
        wanted in "".join(path.read_text().split()) for path in bundles or bundles_of_machine() if path.is_file()
    )


def bundles_of_machine() -> tuple[Path, ...]:
    """Where the bundle may be that programs of this machine read, the likeliest first; not all of them exist."""
    own = ssl.get_default_verify_paths().cafile
    return tuple(Path(name) for name in (*((own,) if own else ()), *_BUNDLES))


def _chrome_commands(authority: Authority, home: Path) -> list[TrustCommand]:
    database = home / ".pki/nssdb"
    create = [
        TrustCommand("Chrome and Chromium", ("mkdir", "-p", str(database))),
        TrustCommand("Chrome and Chromium", ("certutil", "-d", f"sql:{database}", "-N", "--empty-password")),
    ]
    exists = (database / "cert9.db").exists()
    return [*([] if exists else create), _import(authority, f"sql:{database}", "Chrome and Chromium")]


def _import(authority: Authority, database: str, purpose: str) -> TrustCommand:
    certificate = str(authority.certificate)
    return TrustCommand(purpose, ("certutil", "-d", database, "-A", "-t", "C,,", "-n", NICKNAME, "-i", certificate))


def _firefox_profiles(home: Path) -> list[Path]:
    roots = (".mozilla/firefox", "snap/firefox/common/.mozilla/firefox", "Library/Application Support/Firefox/Profiles")
    return sorted(found.parent for root in roots for found in (home / root).glob("*/cert9.db"))
